"""What values do records have of which each value is in quotes that hold none? What is between the quotes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.sources.cut import Cut, Flags, Places


def quoted_cells(found: Cut, wanted: Flags, columns: int) -> list[pa.Array] | None:
    """Return the values of these records by column, null for nothing, which is what Spark takes it for.

    None if not all records of the block are written like that, or one has another number of columns.
    """
    if found.closing is None:
        return None
    closing = found.closing[: columns * len(found.ends)]
    last = closing[columns - 1 :: columns]
    if len(closing) < columns * len(found.ends) or not np.array_equal(last + len('"\n'), found.ends):
        return None
    rows = np.flatnonzero(wanted) * columns
    # Values and what is between them, by turns: the values are every other one, here column by column.
    places = (np.arange(columns)[:, None] + rows).ravel() * 2
    values = _pieces(found.data, closing).take(pa.array(places))
    cells = _without_empty(values)
    return [cells.slice(start, len(rows)) for start in range(0, len(cells), len(rows))]


def _pieces(data: bytes, closing: Places) -> pa.StringArray:
    """Return all values, and after each what stands between it and the next."""
    ends = np.empty(2 * len(closing) + 1, dtype=np.int32)
    ends[0] = len('"')
    np.add(closing[:-1], len('","'), out=ends[2:-1:2], casting="unsafe")
    ends[1::2] = closing
    ends[-1] = closing[-1]
    return pa.StringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))


def _without_empty(values: pa.StringArray) -> pa.StringArray:
    """Return the same with null for values without any sign."""
    _, offsets, data = values.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[: len(values) + 1]
    filled = pa.py_buffer(np.packbits(ends[1:] > ends[:-1], bitorder="little"))
    return pa.StringArray.from_buffers(len(values), offsets, data, filled)
