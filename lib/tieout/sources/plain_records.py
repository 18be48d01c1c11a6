"""Which records of a delimited file are plainly written, and what are their values?

A plain record has as many values as its file has columns, each without a quote or wholly inside quotes, as nearly all
records of nearly all exports. Such records mean the same to every CSV parser, so Arrow's splits them, a batch at a
time; whatever else there is keeps its text, for Spark's parser, whose reading of odd records is the one that counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from tieout.config.reading import ReadingOptions
from tieout.sources import plain
from tieout.sources.check import TextStyle
from tieout.sources.lines import INDEX, LINE, SPLIT

# Arrow's engine for patterns takes no longer repetition.
MOST_COLUMNS = 1000
PARSED = "_parsed"
Batches = Iterable[pa.RecordBatch]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PlainForm:
    """How plain records look.

    `header` is the file's, which is no record where it comes again; `keys` are the positions of key columns; `ends`
    tells from which index on a split's lines are near the file's end. Records that `judge` may find to be no records,
    by these three, keep their text beside their values.
    """

    style: TextStyle
    columns: int
    header: str
    keys: tuple[int, ...]
    ends: dict[int, int]


def plain_form(
    options: ReadingOptions, style: TextStyle, columns: Sequence[str], header: str, keys: Sequence[str],
    ends: dict[int, int],
) -> PlainForm | None:  # fmt: skip
    """Return how a file's plain records look; None where a record's text may matter whatever it looks like."""
    fits = 2 <= len(columns) <= MOST_COLUMNS and plain.is_simple(style) and bool(style.quote or not style.escape)
    if options.format != "csv" or options.not_rows_when or not fits:
        return None
    places = tuple(position for position, name in enumerate(columns) if name in keys)
    return PlainForm(style, len(columns), header, places, ends)


def value_columns(count: int) -> list[str]:
    """Return the names of the columns that `parsed` adds."""
    return [f"_value{position}" for position in range(count)]


def parsed_schema(count: int) -> str:
    """Return the schema of what a `parser` gives for records of so many values."""
    values = ", ".join(f"{name} string" for name in value_columns(count))
    return f"{LINE} string, {SPLIT} bigint, {INDEX} bigint, {PARSED} boolean, {values}"


def parser(form: PlainForm, assemble: Callable[[Batches], Batches]) -> Callable[[Batches], Batches]:
    """Return a function that splits plain records; `assemble` makes them, as batches of `_line`, `_split`, `_index`.

    It gives `_line` as text, or null where the values are all that can matter; `_split`, `_index`; `_parsed`, whether
    the record is plain; and its values (see `value_columns`), empty ones null.
    """

    def parse(batches: Batches) -> Batches:
        for batch in assemble(batches):
            yield _parsed(form, batch)

    return parse


def _parsed(form: PlainForm, batch: pa.RecordBatch) -> pa.RecordBatch:
    lines = batch.column(LINE)
    found = _plain(form, lines)
    values = _values(form, lines, found)
    if values is None:
        found, values = np.zeros(len(lines), dtype=bool), [pa.nulls(len(lines), pa.string())] * form.columns
    kept = ~found | _doubtful(form, batch, values)
    text = pc.if_else(pa.array(kept), lines, pa.scalar(None, lines.type)).cast(pa.string())
    names = [LINE, SPLIT, INDEX, PARSED, *value_columns(form.columns)]
    arrays = [text, batch.column(SPLIT), batch.column(INDEX), pa.array(found), *values]
    return pa.RecordBatch.from_arrays(arrays, names=names)


def _plain(form: PlainForm, lines: pa.Array) -> Flags:
    found = _flags(pc.match_substring_regex(lines, plain.record(form.style, form.columns)))
    if form.style.delimiter.isspace():
        # Such a line may hold nothing but delimiters, which is a blank one and no record.
        found &= _flags(pc.greater_equal(lines, pa.scalar(b"!", lines.type)))
    # The parser would take it for a mark of the encoding, and leave it out.
    return found & ~_flags(pc.starts_with(lines, "\ufeff"))


def _values(form: PlainForm, lines: pa.Array, found: Flags) -> list[pa.Array] | None:
    """Return each column's values, null in records that are not plain; None where the parser refuses the batch."""
    if not found.any():
        return None
    chosen = lines if found.all() else lines.filter(pa.array(found))
    whole = pa.ListArray.from_arrays(pa.array([0, len(chosen)], type=pa.int32()), chosen)
    names = value_columns(form.columns)
    try:
        block = pc.binary_join(whole, b"\n")[0].as_buffer()
        table = csv.read_csv(
            pa.BufferReader(block),
            csv.ReadOptions(use_threads=False, block_size=len(block) + 1, column_names=names),
            csv.ParseOptions(
                delimiter=form.style.delimiter,
                quote_char=form.style.quote or False,
                double_quote=bool(form.style.quote) and form.style.escape == form.style.quote,
                newlines_in_values=bool(form.style.quote),
                ignore_empty_lines=False,
            ),
            csv.ConvertOptions(
                check_utf8=False,
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != len(chosen):
        return None
    columns = [column.combine_chunks() for column in table.columns]
    if len(chosen) == len(lines):
        return columns
    places = pa.array(np.cumsum(found) - 1, mask=~found)
    return [column.take(places) for column in columns]


def _doubtful(form: PlainForm, batch: pa.RecordBatch, values: Sequence[pa.Array]) -> Flags:
    """Tell of each record whether it may turn out to be none, though it is plain."""
    lines = batch.column(LINE)
    doubtful = np.zeros(len(lines), dtype=bool)
    if form.header:
        for end in (b"", b"\r"):
            doubtful |= _flags(pc.equal(lines, pa.scalar(form.header.encode() + end, lines.type)))
    for key in form.keys:
        # A key that a spreadsheet rounded, such as 1.2E+10.
        doubtful |= _flags(pc.match_substring(values[key], "+").fill_null(False))
    near = form.ends.get(batch.column(SPLIT)[0].as_py()) if len(lines) else None
    if near is not None:
        doubtful |= batch.column(INDEX).to_numpy() >= near
    return doubtful


def _flags(found: pa.Array) -> Flags:
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool).copy()


def _byte(sign: str) -> str:
    return f"\\x{ord(sign):02x}" if sign else ""
