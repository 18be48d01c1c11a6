"""Workbooks and CSV files: values stay what they are, never formulas; drop-downs, marks, widths, panes."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from tieout.errors import UsageError
from tieout.platform.sheets import Column, Sheet, cell_value, csv_text, plain_text, workbook, write_csv, write_workbook

LIVE = ["=1+1", '=HYPERLINK("http://x","y")', "+1 and more", "-cmd", "@SUM(A1)", "\t=1", "#N/A", "'=1"]


@pytest.mark.parametrize("value", LIVE)
def test_a_text_stays_a_text_in_a_workbook(tmp_path: Path, value: str) -> None:
    write_workbook(tmp_path / "x.xlsx", [Sheet("s", pd.DataFrame({value: [value]}))])
    for cell in (sheet := load_workbook(tmp_path / "x.xlsx")["s"])["A1"], sheet["A2"]:
        assert (cell.value, cell.data_type, cell.quotePrefix) == (value, "s", True)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@x", "'@x"),
        ("+49 30 12", "'+49 30 12"),
        ("-12.5", "-12.5"),
        ("'=1", "''=1"),
        ("'tis", "'tis"),
        (-3, -3),
        (None, None),
    ],
)
def test_a_csv_value_is_never_a_formula(value: object, written: object) -> None:
    assert csv_text(value) == written


@given(st.text(alphabet="=+-@'\t\r1a."))
def test_what_is_read_back_from_csv_is_what_was_there(text: str) -> None:
    assert plain_text(csv_text(text)) == text


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (float("nan"), None),
        (float("inf"), None),
        (pd.NaT, None),
        (["a", "b"], "a, b"),
        ({"crm": "1"}, "crm: 1"),
        ("a\x00b", "ab"),
        (Decimal("1.50"), Decimal("1.50")),
        (datetime(2026, 1, 2, 3, tzinfo=UTC), datetime(2026, 1, 2, 3)),
        (date(2026, 1, 2), date(2026, 1, 2)),
    ],
)
def test_every_value_has_a_cell(value: object, cell: object) -> None:
    assert cell_value(value) == cell


def test_drop_downs_marks_widths_and_panes_are_there(tmp_path: Path) -> None:
    rows = pd.DataFrame({"name": ["Acme", "A" * 100], "verdict": [None, None], "money": [1234.5, None]})
    columns = [
        Column("name"),
        Column("verdict", "Verdict", width=12, choices=["match", "no_match"]),
        Column("money", "Money", format="#,##0"),
    ]
    marks = {"name": [None, "FFE0B2"]}
    write_workbook(tmp_path / "x.xlsx", [Sheet("a/b", rows, columns, marks, frozen=1), Sheet("a b", rows)])
    book = load_workbook(tmp_path / "x.xlsx")
    assert book.sheetnames == ["a b", "a b 2"]
    sheet = book["a b"]
    assert [cell.value for cell in sheet[1]] == ["name", "Verdict", "Money"]
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("B2:B3", '"match,no_match"')
    assert (sheet["A2"].fill.fill_type, sheet["A3"].fill.start_color.rgb) == (None, "FFFFE0B2")
    assert (sheet.freeze_panes, sheet.auto_filter.ref, sheet["C2"].number_format) == ("B2", "A1:C3", "#,##0")
    assert (sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width) == (60, 12)


def test_too_many_rows_and_a_place_that_cannot_be_written_are_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    for write in (
        lambda path: write_workbook(path, [Sheet("s", pd.DataFrame({"a": [1]}))]),
        lambda path: write_csv(path, pd.DataFrame({"a": [1]})),
    ):
        with pytest.raises(UsageError, match="cannot be written"):
            write(tmp_path / "file" / "x.out")
    monkeypatch.setattr(workbook, "MOST_ROWS", 1)
    with pytest.raises(UsageError, match="sheet s would have 2 rows"):
        write_workbook(tmp_path / "x.xlsx", [Sheet("s", pd.DataFrame({"a": [1, 2]}))])
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
