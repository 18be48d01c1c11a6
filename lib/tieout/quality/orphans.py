"""Which silver rows point to a record that their system does not have? Counted, where config only warns."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import reduce

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.columnar.plan import NotColumnarError
from tieout.lakehouse import Lakehouse
from tieout.quality.orphans_here import orphans_here
from tieout.quality.references import Reference
from tieout.session import is_small

log = logging.getLogger(__name__)


def count_orphans(lake: Lakehouse, references: Sequence[Reference]) -> list[tuple[Reference, int]]:
    """Return each reference of which silver rows point to nothing, and how many.

    A system that has no record of the target is not asked. Large tables are read by Spark's workers, where they can.
    """
    silver = {
        name: lake.read("silver", name)
        for name in dict.fromkeys(name for item in references for name in (item.entity, item.target))
        if lake.exists("silver", name)
    }
    asked = [item for item in references if item.entity in silver and item.target in silver]
    large = [item for item in asked if not is_small(lake.path("silver", name) for name in (item.entity, item.target))]
    counted = _by_workers(lake, large) if large else []
    left = asked if counted is None else [item for item in asked if item not in large]
    return [*(counted or []), *_by_spark(left, silver)]


def _by_workers(lake: Lakehouse, references: Sequence[Reference]) -> list[tuple[Reference, int]] | None:
    """Return the counts, None where workers cannot find them out."""
    try:
        return orphans_here(lake, references)
    except NotColumnarError as reason:
        log.info("orphans are counted by Spark: %s", reason)
    except PySparkException:
        # Nothing is lost but time.
        log.warning("orphans could not be counted by workers, and are counted by Spark", exc_info=True)
    return None


def _by_spark(references: Sequence[Reference], silver: Mapping[str, DataFrame]) -> list[tuple[Reference, int]]:
    """Return the counts, of all references by one job."""
    if not references:
        return []
    parts = [_orphans(item, silver).select(F.lit(n).alias("reference")) for n, item in enumerate(references)]
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
