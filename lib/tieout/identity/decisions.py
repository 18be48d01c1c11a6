"""Stewards' decisions: a log of judgements, of which the last one on a pair holds."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.identity.records import record_id

MATCH, NO_MATCH = "match", "no_match"
MONEY_REASON = "money agrees"
SCHEMA = (
    "entity string, source_system_l string, source_id_l string, source_system_r string, source_id_r string, "
    "verdict string, who string, at timestamp, note string"
)
# Why the pair was asked about when it was decided, as in match.review_queue; null when it was not.
REASON = "reason"


def last_decisions(log: DataFrame, entity: str, *, labels: bool = False) -> DataFrame:
    """Return the decisions that hold: id_l < id_r bigint, match boolean, one row a pair.

    `log` is match.decision. Verdicts other than `match` and `no_match` take a decision back. With `labels`, only
    those that may teach a model: pairs that were asked about because their money agrees are mostly matches, whatever
    names and addresses say, and would teach the model that these do not matter.
    """
    reason = F.col(REASON) if REASON in log.columns else F.lit(None).cast("string")
    left, right = (record_id(entity, f"source_system_{side}", f"source_id_{side}") for side in "lr")
    asked = log.where(F.col("entity") == entity).select(
        F.least(left, right).alias("id_l"), F.greatest(left, right).alias("id_r"), "verdict", "at",
        reason.alias(REASON),
    )  # fmt: skip
    newest = Window.partitionBy("id_l", "id_r").orderBy(F.desc("at"), "verdict")
    last = asked.withColumn("place", F.row_number().over(newest)).where("place = 1 AND id_l <> id_r")
    if labels:
        last = last.where(~F.coalesce(F.startswith(REASON, F.lit(MONEY_REASON)), F.lit(False)))
    return last.where(F.col("verdict").isin(MATCH, NO_MATCH)).select(
        "id_l", "id_r", (F.col("verdict") == MATCH).alias("match")
    )


def with_reason(decisions: DataFrame, queue: DataFrame | None) -> DataFrame:
    """Add to new decisions the reason for which match.review_queue asks about their pair, null where it does not."""
    nothing = F.lit(None).cast("string").alias(REASON)
    if queue is None:
        return decisions.select("*", nothing)
    keys = ["entity", *(f"{name}_{side}" for side in "lr" for name in ("source_system", "source_id"))]
    return decisions.join(queue.select(*keys, REASON), keys, "left")


def between(decisions: DataFrame, records: DataFrame) -> DataFrame:
    """Keep the decisions on records (record_id) that are still there."""
    known = records.select("record_id")
    return decisions.join(known.withColumnRenamed("record_id", "id_l"), "id_l", "left_semi").join(
        known.withColumnRenamed("record_id", "id_r"), "id_r", "left_semi"
    )
