"""Identity events between two runs: created, merged, split, retired."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.identity.ids.stable_ids import readable


def identity_events(current: DataFrame, previous: DataFrame | None) -> DataFrame:
    """Compare two crosswalks, each record_id, tieout_id.

    Returns event, tieout_id, other_tieout_id: a new id is `created`, or `split` off the id (other)
    that held most of its records; an id that ended is `merged` (as other) into the id that took most
    of its records, or `retired` when none of its records is left.
    """
    if previous is None:
        nobody = F.lit(None).cast("string")
        return current.select("tieout_id").distinct().select(
            F.lit("created").alias("event"), "tieout_id", nobody.alias("other_tieout_id")
        )  # fmt: skip
    nobody = F.lit(None).cast("string")
    now = current.select("record_id", F.col("tieout_id").alias("new"), nobody.alias("old"))
    before = previous.select("record_id", nobody.alias("new"), F.col("tieout_id").alias("old"))
    ways = now.unionByName(before).groupBy("record_id").agg(F.max("new").alias("new"), F.max("old").alias("old"))
    flows = ways.groupBy("new", "old").agg(F.count("*").alias("records"))
    return _began(flows).unionByName(_ended(flows))


def _began(flows: DataFrame) -> DataFrame:
    """Return the ids that did not exist before; their largest origin, if any, is what they split from."""
    existed = F.max(F.col("old") == F.col("new")).over(Window.partitionBy("new"))
    largest = F.row_number().over(Window.partitionBy("new").orderBy(F.col("old").isNull(), F.desc("records"), "old"))
    began = flows.where("new IS NOT NULL").select("*", existed.alias("existed"), largest.alias("place"))
    event = F.when(F.col("old").isNull(), "created").otherwise("split")
    return began.where("place = 1 AND NOT coalesce(existed, false)").select(
        event.alias("event"), F.col("new").alias("tieout_id"), F.col("old").alias("other_tieout_id")
    )


def _ended(flows: DataFrame) -> DataFrame:
    """Return the ids that no longer exist; their largest destination, if any, is what they merged into."""
    exists = F.max(F.col("old") == F.col("new")).over(Window.partitionBy("old"))
    largest = F.row_number().over(Window.partitionBy("old").orderBy(F.col("new").isNull(), F.desc("records"), "new"))
    ended = flows.where("old IS NOT NULL").select("*", exists.alias("exists"), largest.alias("place"))
    merged = F.col("new").isNotNull()
    return ended.where("place = 1 AND NOT coalesce(exists, false)").select(
        F.when(merged, "merged").otherwise("retired").alias("event"),
        F.coalesce("new", "old").alias("tieout_id"),
        F.when(merged, F.col("old")).alias("other_tieout_id"),
    )


def event_rows(events: DataFrame, entity: str, base_version: int, run_id: str) -> DataFrame:
    """Return rows of match.identity_event.

    `event_id` derives from what happened to which version of the crosswalk (`_base_version`), so a
    run that is repeated after a crash says the same thing once.
    """
    said = (
        F.lit(entity),
        "event",
        "tieout_id",
        F.coalesce("other_tieout_id", F.lit("")),
        F.lit(base_version),
    )
    return events.select(
        readable("E", F.xxhash64(*said)).alias("event_id"),
        F.lit(entity).alias("entity"),
        "event",
        "tieout_id",
        "other_tieout_id",
        F.lit(run_id).alias("run_id"),
        F.current_timestamp().alias("at"),
        F.lit(base_version).cast("bigint").alias("_base_version"),
    )
