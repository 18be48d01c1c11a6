"""Frequencies of values and words among all records, counted by tasks in tables of fixed size."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.hashing import Hashes
from tieout.matching.kinds import KINDS
from tieout.matching.prepare.batch import Batch
from tieout.matching.prepare.frequency_sketch import Frequencies, add, compress, table_bits
from tieout.matching.prepare.packed import tables

Batches = Iterator[pa.RecordBatch]

CHUNK = 1 << 16
COUNTED = "field string, chunk int, places binary, counts binary"
COUNTED_NAMES = ["field", "chunk", "places", "counts"]
COUNTED_TYPES = [pa.string(), pa.int32(), pa.binary(), pa.binary()]


def count_tables(
    prepared: DataFrame, fields: Callable[[pa.Table], Iterator[tuple[str, Hashes]]], bits: int
) -> dict[str, NDArray[np.int32]]:
    """Count hashes by field over all packed records, in tables of 2**bits places.

    Each task sends the places that it has filled, and these are added up by chunks of a table.
    """
    width = min(CHUNK, 1 << bits)

    def count(batches: Iterable[pa.RecordBatch]) -> Batches:
        counted: dict[str, NDArray[np.int32]] = {}
        for table in tables(batches):
            for field, hashes in fields(table):
                add(counted.setdefault(field, np.zeros(1 << bits, dtype=np.int32)), hashes)
        for field, counts in counted.items():
            yield from _chunks(field, counts, width)

    def total(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        summed = np.zeros(width, dtype=np.int64)
        for row in table.to_pylist():
            _unpack(row, summed)
        return pa.Table.from_batches([_packed(key[0].as_py(), key[1].as_py(), summed)])

    found = prepared.mapInArrow(count, COUNTED).groupBy("field", "chunk").applyInArrow(total, COUNTED)
    # Bounded: the tables' size does not depend on the number of records.
    result: dict[str, NDArray[np.int32]] = {}
    for row in found.toArrow().to_pylist():
        counts = result.setdefault(row["field"], np.zeros(1 << bits, dtype=np.int32))
        _unpack(row, counts[row["chunk"] * width : (row["chunk"] + 1) * width])
    return result


def _chunks(field: str, counts: NDArray[np.int32], width: int) -> Batches:
    parts = counts.reshape(-1, width)
    for chunk in np.flatnonzero(parts.any(axis=1)):
        yield _packed(field, int(chunk), parts[chunk])


def _packed(field: str, chunk: int, counts: NDArray[Any]) -> pa.RecordBatch:
    """Return one row with the filled places of a chunk and their counts."""
    filled = np.flatnonzero(counts)
    values = [[field], [chunk], [filled.astype(np.int32).tobytes()], [counts[filled].astype(np.int32).tobytes()]]
    arrays = [pa.array(value, kind) for value, kind in zip(values, COUNTED_TYPES, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=COUNTED_NAMES)


def _unpack(row: dict[str, Any], counts: NDArray[np.signedinteger[Any]]) -> None:
    """Add one row that `_packed` made to the counts of its chunk."""
    counts[np.frombuffer(row["places"], dtype=np.int32)] += np.frombuffer(row["counts"], dtype=np.int32)


def count_values(prepared: DataFrame, config: MatchingConfig, records: int) -> Frequencies:
    """Count how often values and words occur among the prepared records."""

    def fields(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table)
        for name, column in batch.columns.items():
            for counted, hashes in KINDS[config.columns[name].kind].counted(column).items():
                yield f"{name}.{counted}", hashes

    counted = count_tables(prepared, fields, table_bits(records))
    return Frequencies(records, {name: compress(counts) for name, counts in counted.items()})
