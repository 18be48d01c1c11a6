"""Which pieces of Parquet files hold a table's rows, and how are these read by a worker?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from py4j.protocol import Py4JError
from pyarrow import parquet

from tieout.columnar.plan import NotColumnarError
from tieout.delta_files import Field
from tieout.delta_snapshot import snapshot_of
from tieout.lakehouse import Lakehouse
from tieout.session import workers_here
from tieout.table_file import arrow_type

BATCH_ROWS = 2**16


@dataclass(frozen=True)
class Piece:
    """One group of rows of a Parquet file, and about how many bytes these take."""

    path: str
    group: int
    size: int


@dataclass(frozen=True)
class Source:
    """A table at one version: its columns and all its rows."""

    fields: tuple[Field, ...]
    pieces: tuple[Piece, ...]


def source_of(lake: Lakehouse, layer: str, table: str) -> Source:
    """Return a table as it is now.

    Raises NotColumnarError where workers cannot read its files as Spark does: tables elsewhere, with deleted rows
    that are still in the files, partitions, or columns that are not plain.
    """
    if not lake.is_local or not workers_here(lake.spark):
        raise NotColumnarError("files that are not on this machine")
    try:
        found = snapshot_of(lake.spark, lake.path(layer, table))
    except (Py4JError, TypeError) as error:
        raise NotColumnarError("another Delta than the one that this was written for") from error
    if found is None:
        raise NotColumnarError(f"table {table} with more to it than its files")
    for field in found.fields:
        if arrow_type(field.kind) is None:
            raise NotColumnarError(f"column {field.name} of table {table}, which is of type {field.kind}")
    pieces = tuple(piece for path in sorted(found.files) for piece in _pieces(str(path)))
    return Source(found.fields, pieces)


def _pieces(path: str) -> Iterator[Piece]:
    described = parquet.read_metadata(path)
    for number in range(described.num_row_groups):
        group = described.row_group(number)
        if group.num_rows:
            yield Piece(path, number, group.total_byte_size)


class GroupReader:
    """Reads the rows of one piece, columns by the table's names.

    Of `dictionaries`, which are columns of texts, each batch has the values that there are, and which a row has.
    """

    def __init__(self, piece: Piece, fields: Sequence[Field], dictionaries: Collection[str] = ()) -> None:
        self._piece = piece
        self._fields = {field.name: field for field in fields}
        self._dictionaries = dictionaries
        self._file = parquet.ParquetFile(
            piece.path,
            memory_map=True,
            coerce_int96_timestamp_unit="us",
            read_dictionary=[self._fields[name].physical for name in dictionaries],
        )

    def batches(self, names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield all rows with these columns, of which there is at least one, up to BATCH_ROWS at a time."""
        fields = [self._fields[name] for name in names]
        kinds = [self._kind(field) for field in fields]
        physical = [field.physical for field in fields]
        read = self._file.iter_batches(BATCH_ROWS, row_groups=[self._piece.group], columns=physical, use_threads=False)
        for batch in read:
            there = dict(zip(batch.schema.names, batch.columns, strict=True))
            columns = [_as(kind, there.get(name), batch.num_rows) for kind, name in zip(kinds, physical, strict=True)]
            yield pa.RecordBatch.from_arrays(columns, names=list(names))

    def _kind(self, field: Field) -> pa.DataType:
        kind = arrow_type(field.kind)
        return pa.dictionary(pa.int32(), kind) if field.name in self._dictionaries else kind

    def rows_at(self, places: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return the rows at these places of the piece, which ascend, with these columns."""
        found, start = [], 0
        for batch in self.batches(names):
            first, last = np.searchsorted(places, [start, start + batch.num_rows])
            found.append(batch.take(pa.array(places[first:last] - start)))
            start += batch.num_rows
        return pa.Table.from_batches(found)

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def _as(kind: pa.DataType, values: pa.Array | None, rows: int) -> pa.Array:
    """Return a column as it is read; files that are older than a column have none of it."""
    if values is None:
        return pa.nulls(rows, kind)
    return values if values.type == kind else values.cast(kind)
