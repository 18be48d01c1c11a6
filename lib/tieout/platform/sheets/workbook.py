"""Workbooks (XLSX) for people: widths, frozen panes, filters, drop-downs, marked cells; no live formulas."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import wrap
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from tieout.errors import UsageError
from tieout.platform.sheets.safe import cell_value

# Excel's own limits.
MOST_ROWS = 1_048_575
LONGEST_TITLE = 31
NARROWEST, WIDEST = 6, 60
# Points of one line of text.
LINE = 15.0
# So many rows tell how wide a column has to be.
MEASURED = 200
_HEAD = PatternFill("solid", start_color="FF1F3A5F")
_HEAD_FONT = Font(bold=True, color="FFFFFFFF")
# Filled cells hide the grid lines of the program.
_LINES = Border(*[Side("thin", color="FFD0D0D0")] * 4)
_TOP = Alignment(vertical="top")
_WRAPPED = Alignment(vertical="top", wrap_text=True)
_CENTRED = Alignment(vertical="center", wrap_text=True)


@dataclass(frozen=True)
class Column:
    """One column of a sheet: the frame's `name`, the `title` that people read, and how its cells look.

    `width` in characters (None: as its values need), `format` a number format of Excel (`#,##0`),
    `choices` the only words that a drop-down lets people enter (each of them without a comma), `note` a
    comment on the header, `fill` a colour (RRGGBB) for cells that people write into.
    """

    name: str
    title: str | None = None
    width: float | None = None
    format: str | None = None
    choices: Sequence[str] = ()
    wrap: bool = False
    hidden: bool = False
    note: str | None = None
    fill: str | None = None


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title, rows, columns (None: all of the frame's), and what is marked in it.

    `marks` has, by name of a column, one colour (RRGGBB) or None a row. `frozen` columns stay at the left
    when people scroll, the header always.
    """

    title: str
    rows: pd.DataFrame
    columns: Sequence[Column] | None = None
    marks: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    frozen: int = 0
    filter: bool = True

    def titled(self) -> pd.DataFrame:
        """Return the rows under the titles of their columns, as a CSV file has them."""
        columns = self.columns if self.columns is not None else [Column(str(name)) for name in self.rows.columns]
        titles = {column.name: column.title or column.name for column in columns}
        return self.rows[list(titles)].rename(columns=titles)


def write_workbook(path: str | Path, sheets: Sequence[Sheet]) -> None:
    """Write sheets into one XLSX file, whole or not at all.

    Every text stays a text, whatever it starts with. Raises UsageError when a sheet has more rows than
    Excel takes, or the file cannot be written.
    """
    for sheet in sheets:
        if len(sheet.rows) > MOST_ROWS:
            raise UsageError(
                f"{path}: sheet {sheet.title} would have {len(sheet.rows):,} rows, and Excel takes {MOST_ROWS:,}; "
                "write a .csv file instead"
            )
    with whole_file(Path(path)) as partial:
        book = Workbook(write_only=True)
        titles: set[str] = set()
        for sheet in sheets:
            titles.add(title := _title(sheet.title, titles))
            _write_sheet(book.create_sheet(title), sheet)
        book.save(partial)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which takes the place of `path` once all is written.

    Raises UsageError when it cannot be written.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        partial = Path(name)
        os.close(handle)
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror or error})") from error
    finally:
        if partial is not None:
            partial.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _title(wanted: str, taken: Collection[str]) -> str:
    """Return a title that Excel takes and no other sheet has."""
    base = re.sub(r"[\[\]:*?/\\]", " ", wanted).strip("' ")[:LONGEST_TITLE] or "Sheet"
    title, number = base, 2
    while title.lower() in {other.lower() for other in taken}:
        ending = f" {number}"
        title, number = base[: LONGEST_TITLE - len(ending)] + ending, number + 1
    return title


def _write_sheet(target: Any, sheet: Sheet) -> None:
    columns = sheet.columns if sheet.columns is not None else [Column(str(name)) for name in sheet.rows.columns]
    values = [[cell_value(value) for value in sheet.rows[column.name]] for column in columns]
    # Openpyxl's write-only mode wants all of this before the first row.
    target.freeze_panes = f"{get_column_letter(sheet.frozen + 1)}2"
    widths = [column.width or _width(column, listed) for column, listed in zip(columns, values, strict=True)]
    for number, (column, width) in enumerate(zip(columns, widths, strict=True), start=1):
        place = target.column_dimensions[get_column_letter(number)]
        place.width, place.hidden = width, column.hidden
    titles = [column.title or column.name for column in columns]
    target.row_dimensions[1].height = _height(titles, widths)
    target.append([_head(target, column) for column in columns])
    wrapped = [number for number, column in enumerate(columns) if column.wrap]
    styles = [_Style(column) for column in columns]
    marks = [sheet.marks.get(column.name) for column in columns]
    for number, row in enumerate(zip(*values, strict=True)):
        if wrapped:
            # Not every program fits the height of a row to wrapped text by itself.
            height = _height([row[place] for place in wrapped], [widths[place] for place in wrapped])
            target.row_dimensions[number + 2].height = height
        colours = [mark[number] if mark is not None else None for mark in marks]
        target.append(
            [style.cell(target, value, colour) for style, value, colour in zip(styles, row, colours, strict=True)]
        )
    _add_choices(target, columns, len(sheet.rows))
    if sheet.filter and columns:
        target.auto_filter.ref = f"A1:{get_column_letter(len(columns))}{len(sheet.rows) + 1}"


def _width(column: Column, values: Sequence[Any]) -> float:
    longest = max((len(str(value)) for value in values[:MEASURED] if value is not None), default=0)
    return float(min(WIDEST, max(NARROWEST, longest, len(column.title or column.name)) + 2))


def _height(texts: Sequence[Any], widths: Sequence[float]) -> float:
    """Return the height in points of a row whose texts are broken at word ends to their widths."""
    lines = (len(wrap(str(text), max(1, int(width * 0.95)))) for text, width in zip(texts, widths, strict=True))
    return LINE * max(1, *lines)


def _head(target: Any, column: Column) -> Any:
    cell = WriteOnlyCell(target, cell_value(column.title or column.name))
    cell.data_type, cell.quotePrefix = "s", True
    cell.font, cell.fill, cell.alignment = _HEAD_FONT, _HEAD, _CENTRED
    if column.note:
        cell.comment = Comment(column.note, "Tieout", height=120, width=280)
    return cell


class _Style:
    """How the cells of one column look; fills are made once, since openpyxl hashes each that it is given."""

    def __init__(self, column: Column):
        self.column = column
        self.alignment = _WRAPPED if column.wrap else _TOP
        self.fills: dict[str, PatternFill] = {}

    def cell(self, target: Any, value: Any, colour: str | None) -> Any:
        cell = WriteOnlyCell(target, value)
        cell.alignment, cell.border = self.alignment, _LINES
        if isinstance(value, str):
            # A text stays one, also after someone has edited the cell and pressed Enter.
            cell.data_type, cell.quotePrefix = "s", True
        elif self.column.format:
            cell.number_format = self.column.format
        if wanted := colour or self.column.fill:
            if wanted not in self.fills:
                self.fills[wanted] = PatternFill("solid", start_color=f"FF{wanted}")
            cell.fill = self.fills[wanted]
        return cell


def _add_choices(target: Any, columns: Sequence[Column], rows: int) -> None:
    for number, column in enumerate(columns, start=1):
        if not column.choices or not rows:
            continue
        listed = ",".join(column.choices)
        rule = DataValidation("list", formula1=f'"{listed}"', allow_blank=True, showErrorMessage=True)
        rule.errorTitle, rule.error = column.title or column.name, f"Choose one of: {', '.join(column.choices)}"
        letter = get_column_letter(number)
        rule.add(f"{letter}2:{letter}{rows + 1}")
        target.data_validations.append(rule)
