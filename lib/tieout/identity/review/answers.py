"""Answered review sheets, read back: every sheet of a workbook, or a CSV file, with the rows as people see them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from pandas.errors import EmptyDataError, ParserError

from tieout.errors import UsageError
from tieout.identity.review.queue import ANSWER, KEYS, Answer, numbered_answers
from tieout.identity.review.sheet import HELP
from tieout.platform.sheets import plain_text
from tieout.platform.sheets.cells import SheetRows, read_sheets

CSV, EXCEL = ".csv", ".xlsx"
_OURS = {*KEYS, "verdict"}


def check_ending(path: Path) -> None:
    """Raise UsageError for a file that is neither a CSV file nor a workbook."""
    if path.suffix.lower() not in (CSV, EXCEL):
        raise UsageError(f"{path}: want a file ending in {CSV} or {EXCEL}")


def is_workbook(path: Path) -> bool:
    """Tell whether a file's name is that of a workbook."""
    return path.suffix.lower() == EXCEL


def read_answered(path: Path, who: str) -> list[Answer]:
    """Read the answers of all sheets; rows without a verdict, and sheets that are none of ours, are left out.

    Raises UsageError, naming sheet and row, for a file that cannot be read or is empty, a missing column or
    key, an unknown verdict, and for two different verdicts on one pair.
    """
    check_ending(path)
    tables = _tables(path)
    places = {f"{path}: sheet {name}" if name else str(path): table for name, table in tables.items()}
    ours = {place: table for place, table in places.items() if _OURS & set(table.columns)}
    if not ours:
        raise UsageError(
            f"{path}: no sheet has the columns {', '.join(KEYS)} and verdict; "
            "import a file that `tieout review export` made"
        )
    answers = [(place, *found) for place, table in ours.items() for found in numbered_answers(table, who, place)]
    _check_contradictions(answers)
    return [answer for _, _, answer in answers]


def _check_contradictions(answers: list[tuple[str, int, Answer]]) -> None:
    said: dict[tuple[str, frozenset[str]], tuple[str, int, Answer]] = {}
    for place, row, answer in answers:
        other = said.setdefault((answer.entity, frozenset(answer.ends)), (place, row, answer))
        if other[2].verdict != answer.verdict:
            raise UsageError(
                f"{place}: row {row} says {answer.verdict} and row {other[1]}"
                f"{'' if other[0] == place else f' of {other[0]}'} says {other[2].verdict} "
                f"of {answer.ends[0]} and {answer.ends[1]}; keep one of them"
            )


def _tables(path: Path) -> dict[str, pd.DataFrame]:
    """Return the sheets as text columns in lower case, by name; the index is the row number that people see."""
    try:
        if not is_workbook(path):
            return {"": _csv(path)}
        sheets = read_sheets(path.read_bytes(), ["*"])
        return {sheet.name: _frame(sheet) for sheet in sheets if sheet.name != HELP}
    except FileNotFoundError as error:
        raise UsageError(f"{path}: no such file") from error
    except EmptyDataError as error:
        raise UsageError(f"{path}: the file is empty; export the queue again") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: the file is not UTF-8; save it as `CSV UTF-8`, or use {EXCEL}") from error
    except (ValueError, ParserError, OSError) as error:
        raise UsageError(f"{path}: cannot be read as a table: {error}") from error


def _csv(path: Path) -> pd.DataFrame:
    with path.open(encoding="utf-8-sig") as file:
        header = file.readline()
    # Excel writes semicolons where the comma is for decimals.
    separator = max(",;\t", key=header.count)
    table = pd.read_csv(
        path, dtype=str, keep_default_na=False, encoding="utf-8-sig", sep=separator, skip_blank_lines=False
    )
    table.columns = [str(name).strip().lower() for name in table.columns]
    for name in table.columns.intersection([*KEYS, *ANSWER, "who"]):
        table[name] = table[name].map(plain_text, na_action="ignore")
    return table.set_index(pd.RangeIndex(2, len(table) + 2))


def _frame(sheet: SheetRows) -> pd.DataFrame:
    rows = list(sheet.rows)
    if not rows:
        return pd.DataFrame()
    names = [str(cell or "").strip().lower() for cell in rows[0][1]]
    cells = [(line + [None] * len(names))[: len(names)] for _, line in rows[1:]]
    return pd.DataFrame(cells, columns=names, index=[number for number, _ in rows[1:]], dtype=object)
