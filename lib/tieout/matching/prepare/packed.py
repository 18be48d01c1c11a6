"""Records and pairs as whole Arrow tables, one a row, which Spark moves but need not read.

Were each record a row, Spark would take its texts apart and put them together again between any two steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.platform.worker import settle_worker

# `part` says which partition a table is for, `rows` how many rows it has.
PACKED = "part int, rows bigint, packed binary"
# Compressed here, in fewer steps than the JVM would, the bytes are fewer on all their ways.
OPTIONS = pa.ipc.IpcWriteOptions(compression="lz4")


def packed(tables: Iterable[pa.Table], parts: Iterable[int] | None = None) -> pa.RecordBatch:
    """Return a row for each table, for the part that is named for it or 0."""
    sink, ends, rows = pa.BufferOutputStream(), [0], []
    for table in tables:
        with pa.ipc.new_stream(sink, table.schema, options=OPTIONS) as writer:
            writer.write_table(table)
        ends.append(sink.tell())
        rows.append(table.num_rows)
    places = pa.array(list(parts) if parts is not None else np.zeros(len(rows)), pa.int32())
    offsets = pa.array(ends, pa.int32())
    whole = pa.Array.from_buffers(pa.binary(), len(rows), [None, offsets.buffers()[1], sink.getvalue()])
    return pa.RecordBatch.from_arrays([places, pa.array(rows, pa.int64()), whole], names=["part", "rows", "packed"])


def unpacked(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Yield the part and the table of each row."""
    for batch in batches:
        for part, one in zip(batch.column("part").to_pylist(), batch.column("packed"), strict=True):
            yield part, pa.ipc.open_stream(one.as_buffer()).read_all()


def tables(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Yield the table of each row; for a worker."""
    settle_worker()
    for _, table in unpacked(batches):
        yield table


def by_part(batches: Iterable[pa.RecordBatch]) -> Iterator[tuple[int, pa.Table]]:
    """Yield each part and all its rows as one table; for a worker."""
    settle_worker()
    found: dict[int, list[pa.Table]] = {}
    for part, table in unpacked(batches):
        found.setdefault(part, []).append(table)
    for part in list(found):
        yield part, pa.concat_tables(found.pop(part))


def rows_of(frame: DataFrame) -> int:
    """Return how many rows all tables have together. Runs one Spark job."""
    row = frame.agg(F.sum("rows").alias("rows")).first()
    return int(row["rows"] or 0) if row else 0
