"""How are rows written to a Parquet file of a bronze table, as Spark would write them?"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from tieout.delta_files import DataFile, Field
from tieout.lakehouse import DICTIONARY_BYTES
from tieout.sources.exported import CORRUPT, FILE, FILE_HASH, INGESTED_AT, REASON, ROW, RUN_ID

TYPES = {ROW: pa.int64(), INGESTED_AT: pa.timestamp("us", tz="UTC")}
# Of these the log and the file know the least and the greatest value.
STATISTICS = (FILE, ROW, FILE_HASH, RUN_ID)
# Rows wait until they are worth a group: small ones pack badly and are read slowly.
GROUP_BYTES = 2**26


class BronzeFile:
    """A Parquet file in a table's folder, of a name that no other has, which appears when it has rows."""

    def __init__(self, folder: str, columns: Sequence[str], fields: Mapping[str, Field]) -> None:
        self.path = Path(folder) / f"part-{uuid.uuid4()}.snappy.parquet"
        self._columns = [*columns, FILE, ROW, FILE_HASH, RUN_ID, INGESTED_AT, CORRUPT, REASON]
        self._fields = fields
        self._schema = pa.schema([_stored(fields[name.lower()], name) for name in self._columns])
        self._writer: parquet.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []
        self._rows = 0
        self._ends: dict[str, tuple[Any, Any]] = {}

    def add(self, table: pa.Table) -> None:
        """Write rows; what they lack of the columns is null."""
        if not table.num_rows:
            return
        there = set(table.column_names)
        values = [
            table.column(name).cast(field.type) if name in there else pa.nulls(table.num_rows, field.type)
            for name, field in zip(self._columns, self._schema, strict=True)
        ]
        self._waiting.append(pa.Table.from_arrays(values, schema=self._schema))
        self._rows += table.num_rows
        if sum(rows.nbytes for rows in self._waiting) >= GROUP_BYTES:
            self._write()
        for name in STATISTICS:
            found = pc.min_max(table.column(name)).as_py()
            least, most = self._ends.get(name, (found["min"], found["max"]))
            self._ends[name] = (min(least, found["min"]), max(most, found["max"]))

    def close(self) -> DataFile | None:
        """End the file; return what the table must know of it, None where there are no rows."""
        self._write()
        if self._writer is None:
            return None
        self._writer.close()
        state = self.path.stat()
        least, most = ({self._physical(name): ends[end] for name, ends in self._ends.items()} for end in (0, 1))
        return DataFile(self.path.name, state.st_size, state.st_mtime_ns // 10**6, self._rows, least, most)

    def discard(self) -> None:
        """End the file and remove it."""
        if self._writer is not None:
            self._writer.close()
        self.path.unlink(missing_ok=True)

    def _write(self) -> None:
        """Write the rows that wait as one group."""
        if self._waiting:
            rows = pa.concat_tables(self._waiting)
            self._opened().write_table(rows, row_group_size=rows.num_rows)
            self._waiting = []

    def _opened(self) -> parquet.ParquetWriter:
        if self._writer is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._writer = parquet.ParquetWriter(
                self.path, self._schema, compression="snappy", dictionary_pagesize_limit=DICTIONARY_BYTES,
                write_statistics=[self._physical(name) for name in STATISTICS], store_schema=False,
            )  # fmt: skip
        return self._writer

    def _physical(self, name: str) -> str:
        return self._fields[name.lower()].physical


def _stored(field: Field, name: str) -> pa.Field:
    """Return how a column is stored: by the names and numbers of the table's schema."""
    marks = {} if field.number is None else {b"PARQUET:field_id": str(field.number).encode()}
    return pa.field(field.physical, TYPES.get(name, pa.string()), metadata=marks)
