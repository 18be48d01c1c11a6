"""Which silver rows point to a record that their system does not have? Counted, where config only warns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.quality import ReferenceConfig
from tieout.quality.rules import Rule


@dataclass(frozen=True)
class Reference:
    """A reference field of an entity whose orphans are only reported."""

    entity: str
    field: str
    target: str
    config: ReferenceConfig

    @property
    def rule(self) -> Rule:
        """Return the reference as a rule, for results."""
        return Rule(f"{self.field}: exists", self.config.reason, "warning", "warn", "FALSE", None, self.field)


def count_orphans(references: list[Reference], silver: Mapping[str, DataFrame]) -> list[tuple[Reference, int]]:
    """Return each reference of which rows point to nothing, and how many; `silver` are the entities' tables.

    All references are counted by one job. A system that has no record of the target is not asked.
    """
    asked = [(n, item) for n, item in enumerate(references) if item.entity in silver and item.target in silver]
    if not asked:
        return []
    parts = [_orphans(item, silver).select(F.lit(n).alias("reference")) for n, item in asked]
    # Bounded: one row a reference.
    rows = reduce(DataFrame.union, parts).groupBy("reference").count().collect()
    return [(references[row["reference"]], row["count"]) for row in rows]


def _orphans(item: Reference, silver: Mapping[str, DataFrame]) -> DataFrame:
    target = silver[item.target]
    rows = silver[item.entity].where(F.col(item.field).isNotNull())
    if item.config.systems:
        rows = rows.where(F.col("source_system").isin(item.config.systems))
    has_target = F.broadcast(target.select("source_system").distinct())
    asked = rows.join(has_target, "source_system", "left_semi")
    # Keys are compared by their hashes alone, a fraction of the work: of ten million records one has the hash of a
    # given missing one once in 10^12 times.
    return _hashed(asked, item.field).join(_hashed(target, "source_id"), "_hash", "left_anti")


def _hashed(rows: DataFrame, key: str) -> DataFrame:
    return rows.select(F.xxhash64("source_system", key).alias("_hash"))
