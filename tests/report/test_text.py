from __future__ import annotations

import pytest

from tieout.report.layout import text


@pytest.mark.parametrize(
    ("value", "currency", "written"),
    [
        (12_400_000, "USD", "$12.4M"),
        (-310_000, "EUR", "−€310k"),
        (2_000_000_000, "CHF", "CHF 2.0B"),
        (12, "USD", "$12"),
        (None, "USD", "–"),
    ],
)
def test_money_is_written_as_people_say_it(value: float | None, currency: str, written: str) -> None:
    assert text.money(value, currency) == written


def test_nothing_of_nothing_is_no_share() -> None:
    assert text.share(3, 0) == 0
    assert text.percent(text.share(1, 4), 0) == "25 %"


def test_words_and_names_read_as_a_sentence() -> None:
    assert text.words(["a", "b", "c"]) == "a, b and c"
    assert text.title("not_in_crm") == "Not in CRM"
    assert text.plural(1, "customer") == "1 customer"


def test_labels_of_charts_lose_markup_and_line_breaks() -> None:
    assert text.plain("<b>A</b>\n& B") == "&lt;b&gt;A&lt;/b&gt; &amp; B"
    assert text.plain("x" * 80, 10) == "xxxxxxxxx…"


def test_durations() -> None:
    assert [text.seconds(value) for value in (0.42, 12.3, 185)] == ["0.4 s", "12 s", "3 min 5 s"]
