"""How does one entity go from the bronze of every system to silver and quarantine, with the counts checked?"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from tieout.config import Config
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED, SUPERSEDED, quarantine_orphans, with_ends
from tieout.conform.lookups import Lookups
from tieout.conform.mapped import Mapper
from tieout.conform.places import Place
from tieout.errors import SourceError
from tieout.lakehouse import Lakehouse

Counts = dict[str, int]
ENDS = (CURRENT, SUPERSEDED, DELETED, QUARANTINED)


@dataclass
class Bronze:
    """The bronze tables of one lakehouse, each opened and counted once."""

    lake: Lakehouse
    _frames: dict[str, DataFrame | None] = field(default_factory=dict)
    _counts: dict[str, int] = field(default_factory=dict)

    def read(self, system: str, name: str) -> DataFrame | None:
        """Return the object's rows, or None when nothing of it was ever ingested."""
        table = f"{system}__{name.lower()}"
        if table not in self._frames:
            there = self.lake.exists("bronze", table)
            self._frames[table] = self.lake.read("bronze", table) if there else None
        return self._frames[table]

    def count(self, system: str, name: str) -> int:
        """Return the object's number of rows, which Delta knows without reading them."""
        table = f"{system}__{name.lower()}"
        if table not in self._counts:
            frame = self.read(system, name)
            self._counts[table] = 0 if frame is None else frame.count()
        return self._counts[table]


def mapped_rows(config: Config, bronze: Bronze, entity: str) -> DataFrame | None:
    """Return the mapped rows of one entity from every object of every system that has bronze rows."""
    lookups = Lookups(config.directory / "lookups")
    frames = []
    for system, source in config.sources.items():
        place = Place(config.directory / "sources" / f"{system}.yml")

        def read(name: str, system: str = system) -> DataFrame | None:
            return bronze.read(system, name)

        mapper = Mapper(source, read, lookups, place)
        for name, item in source.objects.items():
            if entity in item.to and bronze.read(system, name) is not None:
                frame = mapper.mapped(name, config.entities[entity])
                # As text, objects of different columns fit one frame; a plan that never reads it never makes it.
                frames.append(frame.withColumn("_raw", F.to_json("_raw")))
    return reduce(DataFrame.unionByName, frames) if frames else None


def judged_rows(config: Config, mapped: DataFrame, entity: str, targets: dict[str, DataFrame]) -> DataFrame:
    """Return mapped rows with their end, cached: counting, writing and the gate all read them.

    `_raw` is left out: only the few quarantined rows need it, and `with_raw` fetches theirs.
    """
    quality = config.quality.get(entity)
    ended = with_ends(mapped.drop("_raw"), config.entities[entity], quality)
    ended = quarantine_orphans(ended, config.entities[entity], quality, targets)
    return ended.persist(StorageLevel.MEMORY_AND_DISK)


def with_raw(rejected: DataFrame, mapped: DataFrame) -> DataFrame:
    """Add `_raw`, the bronze row as JSON, to quarantined rows."""
    return rejected.join(mapped.select("_rejected_id", "_raw"), "_rejected_id", "left")


def count_ends(ended: DataFrame) -> dict[tuple[str, str], Counts]:
    """Return rows by end for each (system, object)."""
    # Bounded: systems x objects x ends.
    rows = ended.groupBy("source_system", "_object", "_end").count().collect()
    counts: dict[tuple[str, str], Counts] = defaultdict(dict)
    for row in rows:
        counts[row["source_system"], row["_object"]][row["_end"]] = row["count"]
    return counts


def balanced(bronze_rows: int, listed: bool, ends: Counts, what: str) -> Counts:
    """Return the counts of one object and entity, with `bronze` and `not_applicable`.

    Rows that the mapping's `where` gives to another entity are not applicable here. Where each row
    becomes several (`each:`), elements are counted instead of rows. Raises SourceError when more
    rows ended than there were.
    """
    ended = sum(ends.values())
    total = max(ended, bronze_rows) if listed else bronze_rows
    if ended > total:
        raise SourceError(f"{what}: {bronze_rows} bronze rows but {ended} ends; a join or a key gives rows twice")
    return {"bronze": total, **{end: ends.get(end, 0) for end in ENDS}, "not_applicable": total - ended}
