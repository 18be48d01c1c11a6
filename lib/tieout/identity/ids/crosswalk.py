"""The rows of match.crosswalk, and what changed in them."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.identity.records import KEY, record_id

SCHEMA = (
    "entity string, source_system string, source_id string, tieout_id string, confidence double, "
    "status string, run_id string"
)
COMPARED = ("tieout_id", "confidence", "status")
STATE = "struct<tieout_id:string,confidence:double,status:string>"
GONE = "gone"
# Beyond six digits a confidence differs from run to run by the order of additions alone.
DIGITS = 6


def previous_ids(crosswalk: DataFrame, entity: str) -> DataFrame:
    """Return record_id, tieout_id of one entity's rows."""
    mine = crosswalk.where(F.col("entity") == entity)
    return mine.select(record_id(entity).alias("record_id"), F.col("tieout_id").alias("tieout_id"))


def crosswalk_rows(placed: DataFrame, asked: DataFrame, confirmed: DataFrame, entity: str, max_size: int) -> DataFrame:
    """Return the crosswalk of one entity, without run_id.

    `placed` has source_system, source_id, record_id, tieout_id, confidence and cluster_size; `asked`
    and `confirmed` have record_id: the records that wait for a steward or that one has confirmed.
    Status: confirmed, review (asked about, or in a cluster above `max_size`), singleton, auto.
    """
    marks = asked.select("record_id", F.lit(1).alias("mark")).unionByName(
        confirmed.select("record_id", F.lit(2).alias("mark"))
    )
    marked = placed.join(marks.groupBy("record_id").agg(F.max("mark").alias("mark")), "record_id", "left")
    return marked.select(
        F.lit(entity).alias("entity"),
        *KEY,
        "tieout_id",
        F.round("confidence", DIGITS).alias("confidence"),
        _status(max_size).alias("status"),
    )


def _status(max_size: int) -> Column:
    return (
        F.when(F.col("mark") == 2, "confirmed")
        .when((F.col("mark") == 1) | (F.col("cluster_size") > max_size), "review")
        .when(F.col("cluster_size") == 1, "singleton")
        .otherwise("auto")
    )


def changed_rows(rows: DataFrame, previous: DataFrame, entity: str) -> DataFrame:
    """Return the rows that are new or differ from `previous`, and those that are gone (status `gone`).

    Both are crosswalk rows; `rows` of the one entity.
    """
    values = F.struct(*COMPARED)
    nothing = F.lit(None).cast(STATE)
    now = rows.select(*KEY, values.cast(STATE).alias("new"), nothing.alias("old"))
    mine = previous.where(F.col("entity") == entity)
    before = mine.select(*KEY, nothing.alias("new"), values.cast(STATE).alias("old"))
    # Grouped, not joined: a key has one row whatever either side holds.
    both = now.unionByName(before).groupBy(*KEY).agg(F.max("new").alias("new"), F.max("old").alias("old"))
    differing = both.where("NOT (new <=> old)")
    return differing.select(
        F.lit(entity).alias("entity"),
        *KEY,
        F.coalesce("new.tieout_id", "old.tieout_id").alias("tieout_id"),
        F.coalesce("new.confidence", "old.confidence").alias("confidence"),
        F.coalesce("new.status", F.lit(GONE)).alias("status"),
    )
