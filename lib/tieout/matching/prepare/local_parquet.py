"""Parquet files of this machine, read without the JVM: by Python, and by Spark's Python workers in pieces.

Spark would read each text, take it apart into rows and hand it to a worker; where that worker sees the same disk, it
reads as fast by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray
from pyarrow.fs import LocalFileSystem
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from tieout.matching.prepare.batch import RECORD_ID, SOURCE, grouped
from tieout.platform.session import workers_here
from tieout.platform.spark_hash import xxhash64
from tieout.platform.worker import task_numbers

OWN_ID = "_id"
ROWS_AT_ONCE = 100_000
# A piece is for one task: large enough to be worth one.
ROWS_A_PIECE = 250_000
# Of others, Spark writes some values in another way: it is left to do so.
PLAIN = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_signed_integer,
    pa.types.is_boolean,
    pa.types.is_date32,
)

Run = Callable[[Iterable[pa.Table]], Iterator[pa.RecordBatch]]


@dataclass(frozen=True)
class LocalParquet:
    """A local Parquet file, or a folder of nothing else; `called` has the files' own names of renamed columns."""

    files: tuple[str, ...]
    schema: pa.Schema
    rows: int
    called: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str) -> LocalParquet | None:
        """Return the files at a path, None where it is of another kind or cannot be read."""
        place = Path(path)
        found = sorted(place.iterdir()) if place.is_dir() else [place]
        files = tuple(str(file) for file in found if not file.name.startswith(("_", ".")))
        if not files or any(Path(file).suffix != ".parquet" or not Path(file).is_file() for file in files):
            return None
        try:
            dataset = ds.dataset(list(files), format="parquet")
            return cls(files, dataset.schema, dataset.count_rows())
        except (OSError, pa.ArrowException):
            return None  # Spark, which reads it next, says what is wrong

    @property
    def names(self) -> list[str]:
        """Return the columns' names: the new ones where columns were renamed, and the files' own of the others."""
        new = {own: name for name, own in self.called.items()}
        return [new.get(name, name) for name in self.schema.names]

    def renamed(self, called: Mapping[str, str]) -> LocalParquet:
        """Return the files with other names for some columns: new name → the files' own."""
        return replace(self, called={name: own for name, own in called.items() if name != own})

    def _own(self, name: str) -> str:
        return self.called.get(name, name)

    def is_plain(self, names: Iterable[str]) -> bool:
        """Tell whether these columns are there, once each, and Spark and Arrow write their values alike as text."""
        there, wanted = self.schema.names, [self._own(name) for name in names]
        known = all(there.count(name) == 1 for name in wanted)
        return known and all(any(plain(self.schema.field(name).type) for plain in PLAIN) for name in wanted)

    def frame(self, spark: SparkSession, names: Sequence[str]) -> DataFrame:
        """Return these columns as text, read by Spark, which need not look for the schema first."""
        schema = from_arrow_schema(pa.schema([self.schema.field(self._own(name)) for name in names]))
        frame = spark.read.schema(schema).parquet(*self.files)
        return frame.select([quoted(self._own(name)).cast("string").alias(name) for name in names])

    def table(self, names: Sequence[str]) -> pa.Table:
        """Return these columns as text; the caller knows that they fit."""
        return as_text(self._dataset().to_table(columns=self._columns(names)))

    def head(self, rows: int, names: Sequence[str]) -> pa.Table:
        """Return the first rows of these columns as text."""
        return as_text(self._dataset().head(rows, columns=self._columns(names)))

    def _columns(self, names: Sequence[str]) -> dict[str, ds.Expression]:
        return {name: ds.field(self._own(name)) for name in names}

    def _dataset(self) -> ds.Dataset:
        return ds.dataset(list(self.files), schema=self.schema, format="parquet")

    def tables(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Yield these columns as text, little at a time: there may be more than fits."""
        for piece in self.pieces(1):
            yield from piece.tables(names)

    def pieces(self, tasks: int) -> list[Piece]:
        """Return the pieces that tasks read, at least about `tasks` of them."""
        groups = [(file, number, rows) for file in self.files for number, rows in enumerate(_groups(file))]
        pieces: list[Piece] = []
        waiting: list[int] = []
        held = 0
        for place, (file, number, rows) in enumerate(groups):
            waiting.append(number)
            held += rows
            last = place + 1 == len(groups) or groups[place + 1][0] != file
            if last or held >= ROWS_A_PIECE:
                pieces.append(Piece(file, tuple(waiting), self.schema, called=self.called))
                waiting, held = [], 0
        shares = -(-tasks // max(len(pieces), 1))
        return [replace(one, share=share, shares=shares) for one in pieces for share in range(shares)]


def _groups(file: str) -> list[int]:
    """Return how many rows each row group has."""
    found = ds.ParquetFileFormat().make_fragment(file, LocalFileSystem())
    return [group.num_rows for group in found.row_groups]


@dataclass(frozen=True)
class Piece:
    """Row groups of a file, or of `shares` shares of their batches the one of number `share`."""

    file: str
    groups: tuple[int, ...]
    schema: pa.Schema
    share: int = 0
    shares: int = 1
    called: Mapping[str, str] = field(default_factory=dict)

    def tables(self, names: Sequence[str]) -> Iterator[pa.Table]:
        """Yield these columns as text, some rows at a time."""
        fragment = ds.ParquetFileFormat().make_fragment(self.file, LocalFileSystem(), row_groups=list(self.groups))
        reading = {"batch_size": ROWS_AT_ONCE, "batch_readahead": 1, "use_threads": False}
        columns = {name: ds.field(self.called.get(name, name)) for name in names}
        batches = fragment.to_batches(schema=self.schema, columns=columns, **reading)
        mine = (batch for number, batch in enumerate(batches) if number % self.shares == self.share)
        yield from map(as_text, grouped(mine, ROWS_AT_ONCE))


def quoted(name: str) -> Column:
    """Return the column of exactly this name, whatever characters it has."""
    return F.col(f"`{name.replace('`', '``')}`")


def as_text(table: pa.Table) -> pa.Table:
    """Return a table whose columns are texts."""
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


@dataclass(frozen=True)
class LocalRecords:
    """The records of local Parquet files, by source, whose own ids are in the column `id_column`."""

    spark: SparkSession
    files: tuple[tuple[str, LocalParquet], ...]
    id_column: str

    @property
    def sizes(self) -> dict[str, int]:
        """Return the number of records by source."""
        return {source: file.rows for source, file in self.files}

    def mapped(self, run: Run, names: Sequence[str], schema: str) -> DataFrame:
        """Return what `run` makes of the records: tables with record_id, source and the columns `names`, as texts."""
        tasks = -(-workers_here(self.spark) // len(self.files))
        pieces = [(source, piece) for source, file in self.files for piece in file.pieces(tasks)]
        own = self.id_column

        def read(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for number in task_numbers(batches):
                source, piece = pieces[number]
                yield from run(_keyed(table, source, own, names) for table in piece.tables([own, *_but(names, own)]))

        return self.spark.range(0, len(pieces), 1, len(pieces)).mapInArrow(read, schema)

    def keys(self) -> pa.Table:
        """Return record_id, source and `_id` of all records; the caller knows that they fit."""
        found = [
            _keyed(table := file.table([self.id_column]), source, self.id_column, []).append_column(
                OWN_ID, table.column(self.id_column)
            )
            for source, file in self.files
        ]
        return pa.concat_tables(found)

    def some(self, ids: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return record_id, source, `_id` and the columns `names` of the records with these ids."""
        own, wanted = self.id_column, pa.array(ids)
        parts = []
        for source, file in self.files:
            for table in file.tables([own, *_but(names, own)]):
                keyed = _keyed(table, source, own, names).add_column(2, OWN_ID, table.column(own))
                parts.append(keyed.filter(pc.is_in(keyed.column(RECORD_ID), wanted)))
        return pa.concat_tables(parts)


def all_of(source: str, rows: int) -> pa.Array:
    """Return the column `source` of so many records of one source."""
    return pa.repeat(pa.scalar(source, pa.string()), rows)


def _but(names: Sequence[str], one: str) -> list[str]:
    return [name for name in names if name != one]


def _keyed(table: pa.Table, source: str, own: str, names: Sequence[str]) -> pa.Table:
    sources = all_of(source, table.num_rows)
    ids = pa.array(xxhash64(sources, table.column(own)))
    columns = {name: table.column(name) for name in names}
    return pa.table({RECORD_ID: ids, SOURCE: sources} | columns)


def sample(files: Sequence[tuple[str, LocalParquet]], names: Sequence[str], most: int, seed: int) -> pa.Table:
    """Return a random sample of about `most` records: these columns and `source`."""
    records = sum(file.rows for _, file in files)
    draw, share, parts = np.random.default_rng(seed), min(1.0, 1.1 * most / records), []
    for source, file in files:
        for table in file.tables(names):
            chosen = table.filter(pa.array(draw.random(table.num_rows) < share))
            parts.append(chosen.append_column(SOURCE, all_of(source, chosen.num_rows)))
    found = pa.concat_tables(parts)
    return found.take(pa.array(np.sort(draw.permutation(found.num_rows)[:most])))
