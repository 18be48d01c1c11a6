"""The review sheet: what people read first, what is marked, and what comes back from an edited file."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook

from tieout.config import load_config
from tieout.errors import UsageError
from tieout.identity.review.answers import read_answered
from tieout.identity.review.queue import Answer
from tieout.identity.review.sheet import help_sheet, question_sheet
from tieout.platform.sheets import write_csv, write_workbook

QUEUE = {
    "match_probability": 0.72, "reason": "between the thresholds", "value": 125_000.0, "amount": None,
    "evidence": None, "verdict": None, "note": None,
}  # fmt: skip
ACCOUNT = {
    "entity": "account", "source_system_l": "crm", "source_id_l": "=001", "source_system_r": "erp",
    "source_id_r": "0007", "name_l": "=Acme GmbH", "name_r": "ACME  gmbh.", "city_l": "Bonn", "city_r": "Köln",
    "country_l": "DE", "country_r": "DE", "phone_l": "+49 228 1", "phone_r": None,
}  # fmt: skip
PRODUCT = {
    "entity": "product", "source_system_l": "crm", "source_id_l": "p1", "source_system_r": "erp",
    "source_id_r": "p2", "name_l": "Drill", "name_r": "Drill 500", "code_l": "D-5", "code_r": "D-5",
}  # fmt: skip


@pytest.fixture(scope="module")
def configs(conf_dir: Path) -> dict:
    return load_config(conf_dir).matching


@pytest.fixture
def book(configs: dict, tmp_path: Path) -> Path:
    """Return a workbook with two questions on accounts and one on products."""
    more = ACCOUNT | {"source_id_l": "2", "amount": 9_000.0, "evidence": "order 17", "match_probability": 0.01}
    rows = {"account": pd.DataFrame([ACCOUNT | QUEUE, QUEUE | more]), "product": pd.DataFrame([PRODUCT | QUEUE])}
    sheets = [question_sheet(asked, configs[entity], None, "EUR") for entity, asked in rows.items()]
    write_workbook(tmp_path / "queue.xlsx", [*sheets, help_sheet()])
    return tmp_path / "queue.xlsx"


def fill(path: Path, *cells: tuple[str, str, object]) -> Path:
    """Write into cells of a workbook, as a person does: (sheet, cell or column name and row, value)."""
    book = load_workbook(path)
    for sheet, place, value in cells:
        column, row = place.split(":")
        names = [cell.value for cell in book[sheet][1]]
        cell = book[sheet].cell(int(row), names.index(column) + 1)
        cell.value = value
        if isinstance(value, str):
            cell.data_type = "s"
    book.save(path)
    return path


def test_what_a_person_needs_comes_first_and_the_keys_last(book: Path) -> None:
    sheet = load_workbook(book)["account"]
    titles = [cell.value for cell in sheet[1]]
    assert titles[:13] == [
        "#", "Name A", "Name B", "Town A", "Town B", "Country A", "Country B", "At stake (EUR)",
        "Money that agrees (EUR)", "How likely", "Why asked", "verdict", "note",
    ]  # fmt: skip
    assert titles[-5:] == ["entity", "source_system_l", "source_id_l", "source_system_r", "source_id_r"]
    first, second = ([cell.value for cell in row] for row in (sheet[2], sheet[3]))
    assert first[:3] == [1, "=Acme GmbH", "ACME  gmbh."]
    assert first[9:11] == ["rather the same (72\u00a0%)", "between the thresholds"]
    assert second[8:11] == [9_000, "probably not the same (1\u00a0%)", "between the thresholds: order 17"]
    assert load_workbook(book).sheetnames == ["account", "product", "Help"]


def test_an_entity_without_questions_has_an_empty_sheet(configs: dict, tmp_path: Path) -> None:
    nothing = pd.DataFrame(columns=list(ACCOUNT | QUEUE))
    write_workbook(tmp_path / "x.xlsx", [question_sheet(nothing, configs["account"], None, "EUR")])
    assert load_workbook(tmp_path / "x.xlsx")["account"].max_row == 1
    assert read_answered(tmp_path / "x.xlsx", "ann") == []


def test_the_verdict_is_a_drop_down_and_panes_are_frozen(book: Path) -> None:
    sheet = load_workbook(book)["account"]
    (rule,) = sheet.data_validations.dataValidation
    assert (str(rule.sqref), rule.formula1) == ("L2:L3", '"match,no_match,open"')
    assert sheet.freeze_panes == "D2"


def test_differences_are_marked_and_form_is_none(book: Path) -> None:
    sheet = load_workbook(book)["account"]
    names = [cell.value for cell in sheet[1]]
    fills = {name: cell.fill.start_color.rgb for name, cell in zip(names, sheet[2], strict=True) if cell.fill.fill_type}
    assert {name: colour for name, colour in fills.items() if name not in ("verdict", "note")} == {
        "Town A": "FFFFE0A3", "Town B": "FFFFE0A3", "Phone A": "FFE6E6E6", "Phone B": "FFE6E6E6",
    }  # fmt: skip


def test_answers_of_all_sheets_come_back_with_their_keys(book: Path) -> None:
    fill(book, ("account", "verdict:2", "Match"), ("account", "note:2", "=seen"), ("product", "verdict:2", "no"))
    assert read_answered(book, "ann") == [
        Answer("account", "crm", "=001", "erp", "0007", "match", "ann", "=seen"),
        Answer("product", "crm", "p1", "erp", "p2", "no_match", "ann", None),
    ]


def test_a_csv_file_comes_back_too(configs: dict, tmp_path: Path) -> None:
    rows = pd.DataFrame([ACCOUNT | QUEUE | {"verdict": "match", "note": "-"}])
    sheet = question_sheet(rows, configs["account"], None, "EUR")
    write_csv(tmp_path / "queue.csv", sheet.titled())
    text = (tmp_path / "queue.csv").read_text(encoding="utf-8-sig")
    assert "'=Acme GmbH" in text
    (tmp_path / "german.csv").write_text(text.replace(",", ";"), encoding="utf-8")
    for name in ("queue.csv", "german.csv"):
        assert read_answered(tmp_path / name, "ann") == [
            Answer("account", "crm", "=001", "erp", "0007", "match", "ann", "-")
        ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([("product", "verdict:2", "perhaps")], "sheet product: row 2: verdict 'perhaps'; want match, no_match"),
        ([("account", "verdict:3", "match"), ("account", "entity:3", None)], "account: row 3: entity is empty"),
        ([("account", "entity:1", "what")], "sheet account: no column entity"),
        (
            [
                ("account", "verdict:2", "match"),
                ("account", "verdict:3", "no_match"),
                ("account", "source_id_l:3", "=001"),
            ],
            "sheet account: row 3 says no_match and row 2 says match of crm:=001 and erp:0007; keep one",
        ),
    ],
)
def test_what_is_wrong_is_told_with_sheet_and_row(book: Path, cells: list[tuple[str, str, object]], message: str):
    with pytest.raises(UsageError, match=message):
        read_answered(fill(book, *cells), "ann")


def test_files_without_questions_are_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "broken.xlsx").write_bytes(b"PK no workbook")
    (tmp_path / "latin.csv").write_bytes("entity,verdict\nä,b".encode("latin-1"))
    Workbook().save(tmp_path / "other.xlsx")
    for name, message in {
        "empty.csv": "empty", "folder.csv": "cannot be read", "broken.xlsx": "no whole XLSX",
        "gone.csv": "no such file", "latin.csv": "UTF-8", "other.xlsx": "no sheet has the columns",
        "x.ods": "want a file ending",
    }.items():  # fmt: skip
        with pytest.raises(UsageError, match=message):
            read_answered(tmp_path / name, "ann")
