from __future__ import annotations

import base64
import io
import itertools
import json
import re
from html.parser import HTMLParser

import pytest
from openpyxl import load_workbook

from tieout.report.chapters.rows import rule_chart
from tieout.report.facts import Facts
from tieout.report.layout.page import figure_json, render
from tieout.report.run_report import write_page

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
    assert all(str(link["href"]).startswith(("#", "data:application/vnd.")) for link in elements.all("a"))


def test_every_link_of_the_contents_leads_to_a_section(elements: Elements) -> None:
    ids = {attributes.get("id") for _, attributes in elements.found}
    assert {str(link["href"])[1:] for link in elements.all("a") if "download" not in link} <= ids
    anchors = [section["id"] for section in elements.all("section")]
    assert anchors[0] == "summary"
    assert anchors[1:4] == ["worklist", "tie-out", "risk"]
    assert anchors[-3:] == ["accuracy", "model", "lineage"]
    assert len(anchors) == len(set(anchors)) == 14


def test_every_chart_has_a_place_words_and_figures_that_parse(html: str, elements: Elements) -> None:
    places = {p["id"]: p for p in elements.all("div") if p.get("class") == "plot"}
    drawn = dict(re.findall(r'<script type="application/json" data-chart="([^"]+)">(.*?)</script>', html, re.S))
    assert set(drawn) == set(places)
    assert len(places) >= 11
    for name, text in drawn.items():
        assert len(str(places[name]["aria-label"])) > 20
        assert json.loads(text)["data"]


def test_labels_in_charts_are_escaped_for_the_chart_library_too() -> None:
    rules = examples.QUARANTINE.rules.assign(rule="<script>x")
    text = figure_json(rule_chart(rules))
    assert "<" not in text
    assert "&lt;script&gt;" in json.dumps(json.loads(text))


def test_the_first_chapter_answers_how_much_why_and_who_acts(html: str) -> None:
    first = html[html.index('id="summary"') : html.index('id="worklist"')]
    for answer in ("$55.5M", "763 cases", "$100k has no reason", "Who must act, USD", "Receivables", "Due, not paid"):
        assert answer in first
    assert "103 of 107 known differences have the right reason." in first
    assert "41 cases cleared ($2.5M) and 3 cases new ($500k)" in first


def test_the_rest_of_a_long_table_is_there_but_folded(elements: Elements) -> None:
    folded = [row for row in elements.all("tr") if row.get("class") == "extra"]
    assert len(folded) == 2 + 2
    assert [button for button in elements.all("button") if button.get("class") == "more"]


def test_the_page_brings_its_tables_as_a_workbook(elements: Elements) -> None:
    (link,) = [link for link in elements.all("a") if "download" in link]
    data = base64.b64decode(str(link["href"]).partition("base64,")[2])
    book = load_workbook(io.BytesIO(data))
    sheet = book["Worklist"]
    heads = [cell.value for cell in sheet[1]]
    row = dict(zip(heads, [cell.value for cell in sheet[12]], strict=True))
    assert (row["Who acts"], row["Customer"], row["Amount"]) == ("Receivables", "=Delta Foods & Söhne", 1.2e6)
    assert sheet[12][heads.index("Customer")].data_type == "s"
    assert {"Reasons", "Receivables by age", "At risk", "Quarters", "By quarter"} <= set(book.sheetnames)


def test_who_reads_the_page_with_a_keyboard_or_a_screen_reader_finds_a_way(html: str, elements: Elements) -> None:
    assert elements.all("html")[0]["lang"] == "en"
    assert len(elements.all("main")) == len(elements.all("nav")) == len(elements.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in elements.found if tag in {"h1", "h2", "h3"}]
    assert all(later - earlier <= 1 for earlier, later in itertools.pairwise(levels))
    assert len(elements.all("caption")) == len(elements.all("table"))
    assert all(one.get("tabindex") == "0" for one in elements.all("div") if one.get("class") == "table")
    assert 'content="light"' in html


def test_without_any_table_the_report_says_so_in_words() -> None:
    html = render(write_page(Facts()))
    assert "application/json" not in html
    for sentence in (
        "No customers were published yet.",
        "No records were matched yet.",
        "There is nothing to tie out",
        "This run recorded no rows that were read.",
    ):
        assert sentence in html
