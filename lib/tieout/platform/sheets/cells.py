"""What the cells of a spreadsheet (XLSX) say, as text; plain Python that runs where the file is."""

from __future__ import annotations

import fnmatch
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

PADDED = re.compile(r"^0+$")
Cells = list[str | None]


@dataclass(frozen=True)
class SheetRows:
    """One sheet: its name, and its rows that are not empty, each with its number as the sheet shows it."""

    name: str
    rows: Iterator[tuple[int, Cells]]


@dataclass(frozen=True)
class SheetSummary:
    """What is known of a sheet before its rows are read; `hash` is that of its cells, not of the file."""

    name: str
    header: Cells
    rows: int
    last: int
    hash: str


def cell_text(value: Any, number_format: str = "General") -> str | None:
    """Return a cell's value as text, as close to what the sheet shows as a machine can read.

    Dates in ISO form; whole numbers without `.0`, padded with zeros where the cell's format is
    something like `0000000000`; yes and no as true and false.
    """
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        value = int(value)
    if isinstance(value, int) and PADDED.match(number_format):
        return str(value).zfill(len(number_format))
    return str(value)


def read_sheets(content: bytes, wanted: Sequence[str]) -> Iterator[SheetRows]:
    """Read the sheets whose name fits one of `wanted` (globs), or the first when there are none.

    Raises ValueError, in words for people, when the file is no whole workbook or no sheet fits.
    """
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, OSError, EOFError) as error:
        raise ValueError(f"no whole XLSX workbook ({error}); export or upload it again") from error
    fits = [sheet for sheet in book.worksheets if any(fnmatch.fnmatchcase(sheet.title, pattern) for pattern in wanted)]
    chosen = fits if wanted else book.worksheets[:1]
    if not chosen:
        names = ", ".join(sheet.title for sheet in book.worksheets)
        raise ValueError(f"no sheet named {' or '.join(wanted)}; there are {names}")
    for sheet in chosen:
        yield SheetRows(sheet.title, _rows(sheet))


def _rows(sheet: Any) -> Iterator[tuple[int, Cells]]:
    # The size that a file claims for its sheet is often wrong, so it is not relied on.
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(), start=1):
        cells = [cell_text(cell.value, getattr(cell, "number_format", None) or "General") for cell in row]
        while cells and cells[-1] is None:
            cells.pop()
        if cells:
            yield number, cells


def summarise_sheet(sheet: SheetRows, header_row: int) -> SheetSummary:
    """Read a sheet once for its header (at row `header_row`, or the first after it), size and content hash."""
    digest = hashlib.sha256(sheet.name.encode())
    header: Cells = []
    count, last = 0, 0
    for number, cells in sheet.rows:
        digest.update(json.dumps([number, cells]).encode())
        last = number
        if header:
            count += 1
        elif number >= header_row:
            header = cells
    return SheetSummary(sheet.name, header, count, last, digest.hexdigest())
