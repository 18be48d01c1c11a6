"""Bronze tables of the config's objects: how many rows each has, and whether that changed."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.bronze.exported import CORRUPT, FILE_HASH, ROW, bronze_table
from tieout.bronze.landing import OPENED_AT_ONCE
from tieout.config import Config
from tieout.lakehouse.tables import Lakehouse
from tieout.silver.mapping.joins import Reader

# Up to here one task does an object's work faster than several that must exchange its rows.
ONE_TASK_ROWS = 50_000


@dataclass(frozen=True)
class Content:
    """One bronze table: `rows`, how many of them could not be read, and a digest of which rows they are."""

    rows: int
    corrupt: int
    digest: int


Contents = dict[tuple[str, str], Content]


@dataclass
class Bronze:
    """The bronze tables of one lakehouse, each opened once."""

    lake: Lakehouse
    config: Config
    _frames: dict[tuple[str, str], DataFrame] = field(default_factory=dict)
    contents: Contents = field(default_factory=dict)

    def open(self) -> None:
        """Open the tables that exist and count their rows."""
        keys = [(system, name) for system, source in self.config.sources.items() for name in source.objects]
        with ThreadPoolExecutor(OPENED_AT_ONCE) as pool:
            opened = zip(keys, pool.map(self._opened, keys), strict=True)
            self._frames = {key: frame for key, frame in opened if frame is not None}
        self.contents = contents_of(self._frames)
        for key, frame in self._frames.items():
            if self.rows(*key) <= ONE_TASK_ROWS:
                self._frames[key] = frame.coalesce(1)

    def _opened(self, key: tuple[str, str]) -> DataFrame | None:
        table = bronze_table(*key)
        return self.lake.read("bronze", table) if self.lake.exists("bronze", table) else None

    def read(self, system: str, name: str) -> DataFrame | None:
        """Return the object's rows, or None when nothing of it was ever ingested."""
        return self._frames.get((system, name))

    def reader(self, system: str) -> Reader:
        """Return the function that reads this system's objects."""
        return lambda name: self.read(system, name)

    def rows(self, system: str, name: str) -> int:
        """Return the object's number of rows; 0 for an empty table or none."""
        content = self.contents.get((system, name))
        return content.rows if content else 0


def contents_of(frames: Mapping[tuple[str, str], DataFrame]) -> Contents:
    """Return what is in bronze tables, but for those without rows, by one job over all of them."""
    if not frames:
        return {}
    parts = [
        frame.select(
            F.lit(system).alias("system"),
            F.lit(name).alias("object"),
            F.xxhash64(FILE_HASH, ROW).alias("row"),
            F.col(CORRUPT).isNotNull().alias("corrupt"),
        )
        for (system, name), frame in frames.items()
    ]
    counted = (
        reduce(DataFrame.union, parts)
        .groupBy("system", "object")
        .agg(F.count(F.lit(1)).alias("rows"), F.count_if("corrupt").alias("corrupt"), F.bit_xor("row").alias("digest"))
    )
    # Bounded: one row an object.
    return {
        (row["system"], row["object"]): Content(row["rows"], row["corrupt"], row["digest"]) for row in counted.collect()
    }
