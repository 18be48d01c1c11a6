"""What is in bronze? The tables of the config's objects, how many rows each has, and whether that changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from pyspark.sql import DataFrame

from tieout.config import Config
from tieout.conform.bronze_count import Contents, count, source_if_large
from tieout.conform.joins import Reader
from tieout.conform.lane_source import Source, source_of
from tieout.lakehouse import Lakehouse
from tieout.sources.bronze import OPENED_AT_ONCE
from tieout.sources.exported import bronze_table

# Up to here one task does an object's work faster than several that must exchange its rows.
ONE_TASK_ROWS = 50_000


@dataclass
class Bronze:
    """The bronze tables of one lakehouse, each opened once."""

    lake: Lakehouse
    config: Config
    _frames: dict[tuple[str, str], DataFrame] = field(default_factory=dict)
    _sources: dict[tuple[str, str], Source] = field(default_factory=dict)
    contents: Contents = field(default_factory=dict)

    def open(self) -> None:
        """Open the tables that exist and count their rows."""
        spots = [(system, name) for system, source in self.config.sources.items() for name in source.objects]
        with ThreadPoolExecutor(OPENED_AT_ONCE) as pool:
            opened = zip(spots, pool.map(self._opened, spots), strict=True)
            self._frames = {spot: frame for spot, frame in opened if frame is not None}
            sources = zip(self._frames, pool.map(self._large, self._frames), strict=True)
            self._sources = {spot: source for spot, source in sources if source is not None}
        self.contents = count(self.lake.spark, self._frames, self._sources)
        for spot, frame in self._frames.items():
            if self.rows(*spot) <= ONE_TASK_ROWS:
                self._frames[spot] = frame.coalesce(1)

    def _opened(self, spot: tuple[str, str]) -> DataFrame | None:
        table = bronze_table(*spot)
        return self.lake.read("bronze", table) if self.lake.exists("bronze", table) else None

    def _large(self, spot: tuple[str, str]) -> Source | None:
        return source_if_large(self.lake, bronze_table(*spot))

    def read(self, system: str, name: str) -> DataFrame | None:
        """Return the object's rows, or None when nothing of it was ever ingested."""
        return self._frames.get((system, name))

    def source(self, system: str, name: str) -> Source:
        """Return the files of the object's table; raises NotColumnarError where workers cannot read them."""
        return self._sources.get((system, name)) or source_of(self.lake, "bronze", bronze_table(system, name))

    def reader(self, system: str) -> Reader:
        """Return the function that reads this system's objects."""
        return lambda name: self.read(system, name)

    def rows(self, system: str, name: str) -> int:
        """Return the object's number of rows; 0 for an empty table or none."""
        content = self.contents.get((system, name))
        return content.rows if content else 0
