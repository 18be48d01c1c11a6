"""Files of records as tables of texts: local ones as Parquet files, remote ones as Spark reads them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from tieout.errors import SourceError
from tieout.platform.rows import arrow_frame
from tieout.platform.session import no_pattern, spark_errors, workers_here
from tieout.platform.sql import quoted

# The row's number in its file, from 1: the id of records that have none of their own.
ROW = "_row"
# Of others, Spark and Arrow write some values differently as text.
PLAIN = (
    pa.types.is_string,
    pa.types.is_large_string,
    pa.types.is_signed_integer,
    pa.types.is_boolean,
    pa.types.is_date32,
)


class TextTable(Protocol):
    """A table whose columns are texts. `rows` is their number."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""

    def renamed(self, called: Mapping[str, str]) -> TextTable:
        """Return the table with other names for some columns: new name → the file's own."""

    def head(self, rows: int) -> pa.Table:
        """Return the first rows."""

    def sample(self, names: Sequence[str], share: float, draw: np.random.Generator) -> pa.Table:
        """Return these columns of a random share of the rows, which fit in memory."""

    def frame(self, spark: SparkSession, names: Sequence[str]) -> DataFrame:
        """Return these columns as a DataFrame."""


@dataclass(frozen=True)
class ParquetTable:
    """Local Parquet files of one table; `called` has the files' own names of renamed columns."""

    files: tuple[str, ...]
    schema: pa.Schema
    rows: int
    called: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def open(cls, path: str) -> ParquetTable | None:
        """Return a file, or a folder of nothing else; None where it is of another kind or cannot be read."""
        place = Path(path)
        found = sorted(place.iterdir()) if place.is_dir() else [place]
        files = tuple(str(file) for file in found if not file.name.startswith(("_", ".")))
        if not files or any(Path(file).suffix != ".parquet" or not Path(file).is_file() for file in files):
            return None
        try:
            dataset = ds.dataset(list(files), format="parquet")
            return cls(files, dataset.schema, dataset.count_rows())
        except (OSError, pa.ArrowException):
            return None  # whoever reads it next says what is wrong

    @property
    def names(self) -> list[str]:
        """Return the columns' names: the new ones where columns were renamed, and the files' own of the others."""
        new = {own: name for name, own in self.called.items()}
        return [new.get(name, name) for name in self.schema.names]

    @property
    def is_plain(self) -> bool:
        """Tell whether each column is there once, and Spark and Arrow write its values alike as text."""
        names = self.schema.names
        return len(set(names)) == len(names) and all(any(plain(one.type) for plain in PLAIN) for one in self.schema)

    def renamed(self, called: Mapping[str, str]) -> ParquetTable:
        """Return the table with other names for some columns: new name → the files' own."""
        return replace(self, called={name: own for name, own in called.items() if name != own})

    def head(self, rows: int) -> pa.Table:
        """Return the first rows."""
        return _as_text(self._dataset().head(rows, columns=self._columns(self.names)))

    def sample(self, names: Sequence[str], share: float, draw: np.random.Generator) -> pa.Table:
        """Return these columns of a random share of the rows."""
        batches = self._dataset().to_batches(columns=self._columns(names))
        chosen = [batch.filter(pa.array(draw.random(batch.num_rows) < share)) for batch in batches]
        return _as_text(pa.Table.from_batches(chosen))

    def frame(self, spark: SparkSession, names: Sequence[str]) -> DataFrame:
        """Return these columns, read by Spark, or sent to it where it does not see this machine's disk."""
        if not workers_here(spark):
            return arrow_frame(spark, _as_text(self._dataset().to_table(columns=self._columns(names))))
        own = [self.called.get(name, name) for name in names]
        # With a schema Spark need not look for it first.
        schema = from_arrow_schema(pa.schema([self.schema.field(name) for name in own]))
        frame = spark.read.schema(schema).parquet(*map(no_pattern, self.files))
        return frame.select([_text(name).alias(new) for name, new in zip(own, names, strict=True)])

    def _columns(self, names: Iterable[str]) -> dict[str, ds.Expression]:
        return {name: ds.field(self.called.get(name, name)) for name in names}

    def _dataset(self) -> ds.Dataset:
        return ds.dataset(list(self.files), schema=self.schema, format="parquet")


@dataclass(frozen=True)
class RemoteTable:
    """A remote table as Spark reads it."""

    texts: DataFrame
    rows: int

    @classmethod
    def open(cls, spark: SparkSession, path: str) -> RemoteTable:
        """Read CSV with commas, TSV or Parquet at a URI. Raises SourceError when Spark cannot. Runs one Spark job."""
        try:
            with spark_errors():
                if ".csv" in path.lower() or ".tsv" in path.lower():
                    options = {"header": "true", "multiLine": "true", "escape": '"', "mode": "FAILFAST"}
                    frame = spark.read.options(**options, sep="\t" if ".tsv" in path.lower() else ",").csv(path)
                else:
                    frame = spark.read.parquet(path)
                texts = frame.select([_text(name).alias(name) for name in frame.columns])
                return cls(texts, texts.count())
        except PySparkException as error:
            raise SourceError(f"{path}: cannot be read as CSV or Parquet: {str(error).splitlines()[0]}") from error

    @property
    def names(self) -> list[str]:
        """Return the names of the columns."""
        return self.texts.columns

    def numbered(self) -> RemoteTable:
        """Return the table with a number for each row, which another run may give to another one."""
        return replace(self, texts=self.texts.withColumn(ROW, F.monotonically_increasing_id().cast("string")))

    def renamed(self, called: Mapping[str, str]) -> RemoteTable:
        """Return these columns under other names: new name → the file's own."""
        return replace(self, texts=self.texts.select([F.col(quoted(own)).alias(name) for name, own in called.items()]))

    def head(self, rows: int) -> pa.Table:
        """Return some rows. Runs one Spark job."""
        return self.texts.limit(rows).toArrow()

    def sample(self, names: Sequence[str], share: float, draw: np.random.Generator) -> pa.Table:
        """Return these columns of a random share of the rows. Runs one Spark job."""
        chosen = self.texts.sample(fraction=min(share, 1.0), seed=int(draw.integers(2**31)))
        return chosen.select([F.col(quoted(name)) for name in names]).toArrow()  # bounded by the share

    def frame(self, spark: SparkSession, names: Sequence[str]) -> DataFrame:
        """Return these columns."""
        return self.texts.select([F.col(quoted(name)) for name in names])


def sample(tables: Mapping[str, TextTable], names: Sequence[str], most: int, seed: int) -> pa.Table:
    """Return these columns of about `most` records at random, and `source`, of tables by source."""
    draw, records = np.random.default_rng(seed), sum(table.rows for table in tables.values())
    share, parts = min(1.0, 1.1 * most / max(records, 1)), []
    for source, table in tables.items():
        chosen = table.sample(names, share, draw)
        parts.append(chosen.append_column("source", pa.repeat(pa.scalar(source), chosen.num_rows)))
    found = pa.concat_tables(parts)
    return found.take(pa.array(np.sort(draw.permutation(found.num_rows)[:most])))


def _text(name: str) -> Column:
    return F.col(quoted(name)).cast("string")


def _as_text(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))
