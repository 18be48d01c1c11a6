"""What did workers do with an entity's rows, past the JVM, and how does it become a part of silver?

Their files lie in the table's folder, but belong to no version of it until they are committed.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tieout.conform.accounts import Tally
from tieout.conform.lane_orders import Target
from tieout.delta_files import DataFile, Field, FileAppend
from tieout.rows import frame_of
from tieout.sql import quoted


@dataclass
class Lane:
    """Silver's files of one entity, to be committed by `append`; those of `bad` rows, in a folder of the lane's own.

    The `tally` is that of all rows.
    """

    spark: SparkSession
    append: FileAppend
    target: Target
    scratch: Path
    files: list[DataFile] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)

    @property
    def fields(self) -> Mapping[str, Field]:
        """Return the table's columns."""
        return self.target.fields

    @property
    def made_table(self) -> bool:
        """Tell whether the table is not there before `commit`, which then makes its first version."""
        return self.append.version is None

    def folder(self, spot: tuple[str, str]) -> Path:
        """Return the folder of what workers get, and leave, of an object: they know its files by their paths."""
        return self.scratch / "__".join(spot)

    def rows(self) -> DataFrame:
        """Return the rows of the files, by the table's names of their columns."""
        schema = plain_struct({column.physical: column.kind for column in self.fields.values()})
        rows = _read(self.spark, schema, [str(Path(self.target.folder, file.name)) for file in self.files])
        return rows.select(*(F.col(quoted(column.physical)).alias(column.name) for column in self.fields.values()))

    def rejected(self) -> DataFrame:
        """Return the rows that end in quarantine, as judged rows."""
        return _read(self.spark, plain_struct(self.target.held_kinds), self.bad)

    def commit(self) -> None:
        """Make the files a part of the table."""
        self.append.commit(self.files)
        self.files = []

    def discard(self) -> None:
        """Remove what was not committed, and what was left."""
        for file in self.files:
            Path(self.target.folder, file.name).unlink(missing_ok=True)
        self.files = []
        shutil.rmtree(self.scratch, ignore_errors=True)


def plain_struct(kinds: Mapping[str, str]) -> StructType:
    """Return a schema of columns whose types have these names in a Delta log."""
    fields = [{"name": name, "type": kind, "nullable": True, "metadata": {}} for name, kind in kinds.items()]
    return StructType.fromJson({"type": "struct", "fields": fields})


def _read(spark: SparkSession, schema: StructType, paths: list[str]) -> DataFrame:
    return spark.read.schema(schema).parquet(*paths) if paths else frame_of(spark, [], schema)
