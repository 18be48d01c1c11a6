from __future__ import annotations

import json
import re
from html.parser import HTMLParser

import pytest

from tieout.report.book import write_page
from tieout.report.facts import Facts
from tieout.report.page import figure_json, render
from tieout.report.sections.metrics import risk_chart

from . import examples


class Elements(HTMLParser):
    """Collects what a browser would see: elements with attributes, ids, links, headings."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.fixture(scope="module")
def html() -> str:
    return render(write_page(examples.WHOLE))


@pytest.fixture(scope="module")
def elements(html: str) -> Elements:
    parser = Elements()
    parser.feed(re.sub(r"<script nonce.*?</script>", "", html, flags=re.S))
    return parser


def test_a_hostile_customer_name_never_becomes_markup(html: str, elements: Elements) -> None:
    assert "&lt;script&gt;alert(&#39;pwned&#39;)" in html
    assert "<script>alert" not in html
    assert not elements.all("img")
    assert not [link for link in elements.all("a") if "javascript" in str(link.get("href"))]


def test_only_the_pages_own_two_scripts_run(html: str) -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    nonce = re.search(r"script-src 'nonce-([^']+)'", policy[1])
    assert nonce is not None
    running = [tag for tag in re.findall(r"<script[^>]*>", html) if "application/json" not in tag]
    assert running == [f'<script nonce="{nonce[1]}">'] * 2


def test_the_page_loads_nothing(elements: Elements) -> None:
    loading = [
        attributes
        for tag, attributes in elements.found
        if tag in {"link", "img", "iframe", "object", "embed"} or (tag == "script" and "src" in attributes)
    ]
    assert loading == []
    assert all(str(link["href"]).startswith("#") for link in elements.all("a"))


def test_every_link_of_the_contents_leads_to_a_section(elements: Elements) -> None:
    ids = {attributes.get("id") for _, attributes in elements.found}
    assert {str(link["href"])[1:] for link in elements.all("a")} <= ids
    anchors = [section["id"] for section in elements.all("section")]
    assert anchors[0] == "summary"
    assert len(anchors) == len(set(anchors)) == 11


def test_every_chart_has_a_place_words_and_figures_that_parse(html: str, elements: Elements) -> None:
    places = {p["id"]: p for p in elements.all("div") if p.get("class") == "plot"}
    drawn = dict(re.findall(r'<script type="application/json" data-chart="([^"]+)">(.*?)</script>', html, re.S))
    assert set(drawn) == set(places)
    assert len(places) >= 14
    for name, text in drawn.items():
        assert len(str(places[name]["aria-label"])) > 20
        assert json.loads(text)["data"]


def test_labels_in_charts_are_escaped_for_the_chart_library_too() -> None:
    text = figure_json(risk_chart(examples.METRICS.at_risk, "USD"))
    assert "<" not in text
    assert "&lt;script&gt;" in json.dumps(json.loads(text))


def test_two_customers_of_one_name_keep_a_bar_each() -> None:
    labels = risk_chart(examples.METRICS.at_risk, "USD").data[0].y
    assert len(set(labels)) == 3


def test_without_any_table_the_report_says_so_in_words() -> None:
    html = render(write_page(Facts()))
    assert "data-chart" not in html
    for sentence in (
        "No customers were published yet.",
        "No records were matched yet.",
        "There is nothing to tie out",
        "This run recorded no rows that were read.",
    ):
        assert sentence in html
