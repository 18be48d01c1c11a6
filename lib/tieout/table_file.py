"""How are rows written to a Parquet file of a Delta table, as Spark would write them?"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from tieout.delta_files import DataFile, Field
from tieout.lakehouse import DICTIONARY_BYTES

TYPES = {
    "string": pa.string(),
    "integer": pa.int32(),
    "long": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
}
DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
# Rows wait until they are worth a group: small ones pack badly and are read slowly.
GROUP_BYTES = 2**26
# The log is not for texts that are longer than this.
MOST_CHARACTERS = 200


def arrow_type(kind: str) -> pa.DataType | None:
    """Return Arrow's type of the columns of a kind, see `Field`; None for kinds that are not written here."""
    decimal = DECIMAL.fullmatch(kind)
    return pa.decimal128(int(decimal[1]), int(decimal[2])) if decimal else TYPES.get(kind)


class TableFile:
    """A Parquet file in a table's folder, of a name that no other has, which appears when it has rows.

    `columns` are the rows' columns and how the table has each, of kinds with an `arrow_type`. Of those in
    `statistics`, which are texts and integers, the log and the file know the least and the greatest value. A `label`
    is part of the name. In `repeated` columns many rows have the same value: rows are best given with dictionaries of
    their own values.
    """

    def __init__(
        self,
        folder: str,
        columns: Mapping[str, Field],
        statistics: Collection[str] = (),
        label: str = "",
        repeated: Collection[str] = (),
    ) -> None:
        self.path = Path(folder) / f"part-{label}{uuid.uuid4()}.snappy.parquet"
        self._schema = pa.schema([_stored(field, name in repeated) for name, field in columns.items()])
        self._columns = list(columns)
        self._ends = {name: _Ends(columns[name].physical) for name in statistics}
        self._writer: parquet.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._rows = 0

    def add(self, table: pa.Table) -> None:
        """Write rows; what they lack of the columns is null."""
        if not table.num_rows:
            return
        there = set(table.column_names)
        values = [
            table.column(name).cast(field.type) if name in there else pa.nulls(table.num_rows, field.type)
            for name, field in zip(self._columns, self._schema, strict=True)
        ]
        rows = pa.Table.from_arrays(values, schema=self._schema)
        for ends in self._ends.values():
            ends.add(rows.column(ends.physical))
        self._waiting.append(rows)
        self._rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes >= GROUP_BYTES:
            self._write()

    def close(self) -> DataFile | None:
        """End the file; return what the table must know of it, None where there are no rows."""
        self._write()
        if self._writer is None:
            return None
        self._writer.close()
        state = self.path.stat()
        ends = self._ends.values()
        return DataFile(
            name=self.path.name,
            size=state.st_size,
            modified=state.st_mtime_ns // 10**6,
            rows=self._rows,
            least={one.physical: one.least for one in ends if one.is_short()},
            most={one.physical: one.most for one in ends if one.is_short()},
            nulls={one.physical: one.nulls for one in ends},
        )

    def discard(self) -> None:
        """End the file and remove it."""
        if self._writer is not None:
            self._writer.close()
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        """Write the rows that wait as one group."""
        if self._waiting:
            # Where a dictionary is another than before, it is given up.
            rows = pa.concat_tables(self._waiting).unify_dictionaries()
            self._opened().write_table(rows, row_group_size=rows.num_rows)
            self._waiting, self._bytes = [], 0

    def _opened(self) -> parquet.ParquetWriter:
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = parquet.ParquetWriter(
                self.path, self._schema, compression="snappy", dictionary_pagesize_limit=DICTIONARY_BYTES,
                write_statistics=[ends.physical for ends in self._ends.values()], store_schema=False,
                store_decimal_as_integer=True,
            )  # fmt: skip
        return self._writer


class _Ends:
    """The least and the greatest value of a column, None where there is none, and its number of nulls."""

    def __init__(self, physical: str) -> None:
        self.physical = physical
        self.least: str | int | None = None
        self.most: str | int | None = None
        self.nulls = 0

    def add(self, values: pa.ChunkedArray) -> None:
        self.nulls += values.null_count
        if values.null_count == len(values):
            return
        if pa.types.is_dictionary(values.type):
            # All of them are values.
            values = pa.chunked_array([chunk.dictionary for chunk in values.chunks])
        ends = pc.min_max(values).as_py()
        self.least = ends["min"] if self.least is None else min(self.least, ends["min"])
        self.most = ends["max"] if self.most is None else max(self.most, ends["max"])

    def is_short(self) -> bool:
        """Tell whether there are values, and they are none that would swell the log."""
        ends = (self.least, self.most)
        return all(end is not None and not (isinstance(end, str) and len(end) > MOST_CHARACTERS) for end in ends)


def _stored(field: Field, is_repeated: bool) -> pa.Field:
    """Return how a column is stored: by the names and numbers of the table's schema."""
    marks = {} if field.number is None else {b"PARQUET:field_id": str(field.number).encode()}
    kind = arrow_type(field.kind)
    return pa.field(field.physical, pa.dictionary(pa.int32(), kind) if is_repeated else kind, metadata=marks)
