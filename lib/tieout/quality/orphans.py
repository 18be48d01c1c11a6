"""Orphans: silver rows that point to a record that their system does not have, counted where config only warns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse
from tieout.quality.references import Reference


def count_orphans(lake: Lakehouse, references: Sequence[Reference]) -> list[tuple[Reference, int]]:
    """Return each reference of which silver rows point to nothing, and how many, by one job.

    A system that has no record of the target is not asked.
    """
    silver = {
        name: lake.read("silver", name)
        for name in dict.fromkeys(name for item in references for name in (item.entity, item.target))
        if lake.exists("silver", name)
    }
    asked = [item for item in references if item.entity in silver and item.target in silver]
    if not asked:
        return []
    parts = [_orphans(item, silver).select(F.lit(n).alias("reference")) for n, item in enumerate(asked)]
    # Bounded: one row a reference.
    rows = reduce(DataFrame.union, parts).groupBy("reference").count().collect()
    return [(asked[row["reference"]], row["count"]) for row in rows]


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
