"""What values do plainly written CSV records have? Parsed by Arrow, which here gives just what Spark would give.

Where all values are in quotes that hold none, they need no parser: they are copied from between their quotes. Records
of which it is not certain what Spark would give are handed back as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from tieout.sources.byte_ranges import Block, ByteRange, read_blocks
from tieout.sources.check import TextStyle
from tieout.sources.cut import Cut, Flags, Places, TooOddError, blank, is_utf8
from tieout.sources.here import BYTE_ORDER_MARK
from tieout.sources.judge import LAST_ROWS
from tieout.sources.quoted_cells import quoted_cells

# What `judge` may find wrong, and more: whoever is suspected is judged there.
SUSPECTED_TOTALS = re.compile(rb"tot|sum|gesamt|somme", re.IGNORECASE)
SUSPECTED_KEY = r"^[0-9]([.,][0-9]+)?[eE][+][0-9]+"


@dataclass(frozen=True)
class CsvFile:
    """A file's columns, those of them that are keys, and what rows must be known by.

    `header` is the text of its header, `first` the last line before its data, `last` its number of lines; `valid` says
    that all of it is UTF-8.
    """

    style: TextStyle
    columns: tuple[str, ...]
    keys: tuple[str, ...]
    header: bytes
    first: int
    last: int
    valid: bool


@dataclass(frozen=True)
class Parsed:
    """Records with their lines, and those that are to be read in another way, as they are, with theirs."""

    table: pa.Table
    lines: Places
    odd: list[bytes]
    odd_lines: Places


def parse_split(split: ByteRange, file: CsvFile, size: int) -> Iterator[Parsed]:
    """Yield the rows of a split, those of about so many bytes at a time. Raises TooOddError."""
    for block in read_blocks(split, file.style, size):
        yield _parse(block, file)


def _parse(block: Block, file: CsvFile) -> Parsed:
    found, lines = block.found, block.line + block.found.lines
    wanted = lines > file.first
    wanted[blank(found)] = False
    odd = found.odd | _suspected(found, lines, file)
    if not file.valid:
        odd |= _invalid(found)
    table = _table(found, wanted & ~odd, file)
    if table is None:
        odd |= _ragged(found, file)
        table = _table(found, wanted & ~odd, file)
    if table is None:
        raise TooOddError
    plain = np.flatnonzero(wanted & ~odd)
    rounded = _rounded(table, file)
    if rounded.any():
        odd[plain[rounded]] = True
        table, plain = table.filter(pa.array(~rounded)), plain[~rounded]
    aside = np.flatnonzero(wanted & odd)
    return Parsed(table, lines[plain], [found.text(number) for number in aside.tolist()], lines[aside])


def _suspected(found: Cut, lines: Places, file: CsvFile) -> Flags:
    """Tell which records may be the header again, or totals."""
    suspected = np.zeros(len(found.ends), dtype=bool)
    if file.header:
        lengths = np.diff(found.ends, prepend=0) - 1 - len(file.header)
        alike = np.flatnonzero((lengths == 0) | (lengths == 1)).tolist()
        suspected[[one for one in alike if found.text(one).removesuffix(b"\r") == file.header]] = True
    near_end = np.flatnonzero(lines > file.last - LAST_ROWS).tolist()
    suspected[[one for one in near_end if SUSPECTED_TOTALS.search(found.text(one))]] = True
    return suspected


def _invalid(found: Cut) -> Flags:
    """Tell which records are not UTF-8."""
    invalid = np.zeros(len(found.ends), dtype=bool)
    if not is_utf8(found.data):
        invalid[[number for number in range(len(found.ends)) if not is_utf8(found.text(number))]] = True
    return invalid


def _ragged(found: Cut, file: CsvFile) -> Flags:
    """Tell which records have more or fewer values than there are columns."""
    signs = np.frombuffer(found.data, dtype=np.uint8)[: found.end]
    records, outside = found.outside(np.flatnonzero(signs == ord(file.style.delimiter)))
    values = np.bincount(records[outside], minlength=len(found.ends)) + 1
    return np.asarray(values != len(file.columns))


def _table(found: Cut, wanted: Flags, file: CsvFile) -> pa.Table | None:
    """Return the values of these records; None where one has too many or too few."""
    if not wanted.any():
        return pa.table({name: pa.array([], pa.string()) for name in file.columns})
    if (cells := quoted_cells(found, wanted, len(file.columns))) is not None:
        return pa.Table.from_arrays(cells, list(file.columns))
    data = _joined(found, wanted)
    several = found.breaks != len(found.ends)
    size = data.size + 1
    reading = csv.ReadOptions(use_threads=False, block_size=size, column_names=list(file.columns))
    parsing = csv.ParseOptions(
        delimiter=file.style.delimiter,
        quote_char=file.style.quote or False,
        double_quote=bool(file.style.quote),
        newlines_in_values=several,
    )
    # Spark takes nothing in quotes, too, for null. Records that are not UTF-8 are not among these.
    converting = csv.ConvertOptions(
        check_utf8=False,
        column_types=dict.fromkeys(file.columns, pa.string()),
        null_values=[""],
        strings_can_be_null=True,
        quoted_strings_can_be_null=True,
    )
    try:
        table = csv.read_csv(pa.BufferReader(data), reading, parsing, converting)
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == np.count_nonzero(wanted) else None


def _joined(found: Cut, wanted: Flags) -> pa.Buffer:
    """Return the bytes of these records, without copying them where they follow each other."""
    changes = np.flatnonzero(np.diff(wanted.astype(np.int8), prepend=0, append=0))
    bounds = np.append(found.starts, found.end)[changes].tolist()
    runs = list(zip(bounds[0::2], bounds[1::2], strict=True))
    if found.data.startswith(BYTE_ORDER_MARK, runs[0][0]):
        # The parser passes over one, and here it is text.
        return pa.py_buffer(BYTE_ORDER_MARK + b"".join(found.data[start:end] for start, end in runs))
    if len(runs) > 1:
        return pa.py_buffer(b"".join(found.data[start:end] for start, end in runs))
    ((start, end),) = runs
    return pa.py_buffer(found.data).slice(start, end - start)


def _rounded(table: pa.Table, file: CsvFile) -> Flags:
    """Tell which records' keys may be numbers that were rounded."""
    rounded = np.zeros(table.num_rows, dtype=bool)
    for key in file.keys:
        values = table.column(key)
        signed = np.flatnonzero(pc.match_substring(values, "+").fill_null(False).to_numpy())
        if len(signed):
            numbers = pc.match_substring_regex(values.take(pa.array(signed)), SUSPECTED_KEY)
            rounded[signed[numbers.to_numpy()]] = True
    return rounded
