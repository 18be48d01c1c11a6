"""Records from lines where values in quotes may hold line breaks; each split assembles its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.bronze.text.check import TextStyle, has_open_quote
from tieout.bronze.text.lines import INDEX, LINE, SPLIT
from tieout.bronze.text.quoting import ODD, SplitStart, inside_flags

RECORD_SCHEMA = f"{LINE} binary, {SPLIT} bigint, {INDEX} bigint"
Batches = Iterable[pa.RecordBatch]


def marked_lines(lines: DataFrame, style: TextStyle) -> DataFrame:
    """Return `_line` as bytes (it may be in any encoding, and Arrow strings are UTF-8), `_split`, `_index`, `_odd`."""
    odd = (has_open_quote(style) == 1).alias(ODD)
    return lines.select(F.col(LINE).cast("binary").alias(LINE), SPLIT, INDEX, odd)


def assembler(style: TextStyle, starts: dict[int, SplitStart]) -> Callable[[Batches], Batches]:
    """Return a function from batches of `marked_lines`, of one split, to batches of records (RECORD_SCHEMA).

    A record has its line breaks in `_line`, and the `_index` of its first line.
    """

    def records(batches: Batches) -> Batches:
        open_lines: pa.Array = pa.array([], type=pa.binary())
        start: SplitStart | None = None
        split, seen, inside = 0, 0, False
        for batch in batches:
            lines = batch.column(LINE)
            if start is None:
                split = batch.column(SPLIT)[0].as_py()
                start = starts[split]
                inside = start.inside
            flags = inside_flags(lines, batch.column(ODD), inside, style)
            inside = bool(flags[-1])
            held = np.arange(len(open_lines)) > 0
            together = pa.concat_arrays([open_lines, lines])
            firsts = np.flatnonzero(~np.concatenate([held, flags[:-1]]))
            base = seen - len(open_lines)
            seen += len(lines)
            complete = firsts[:-1] if inside else firsts
            if len(complete):
                end = int(firsts[-1]) if inside else len(together)
                yield _joined(together, complete, end, split, base)
            first_open = int(firsts[-1]) if inside and len(firsts) else len(together)
            open_lines = together[first_open:]
        if len(open_lines) and start is not None:
            yield _joined(_with_tail(open_lines, start.tail), np.array([0]), None, split, seen - len(open_lines))

    return records


def _with_tail(lines: pa.Array, tail: bytes | None) -> pa.Array:
    return lines if tail is None else pa.concat_arrays([lines, pa.array([tail], type=pa.binary())])


def _joined(lines: pa.Array, firsts: npt.NDArray[np.int64], end: int | None, split: int, base: int) -> pa.RecordBatch:
    end = len(lines) if end is None else end
    offsets = pa.array(np.append(firsts, end), type=pa.int32())
    text = pc.binary_join(pa.ListArray.from_arrays(offsets, lines[:end]), b"\n")
    indexes = pa.array(firsts + base, type=pa.int64())
    splits = pa.array(np.full(len(firsts), split), type=pa.int64())
    return pa.RecordBatch.from_arrays([text, splits, indexes], names=[LINE, SPLIT, INDEX])
