"""The hierarchy of customers: parent, top of the group, and who pays the bills."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.gold.records import TIEOUT_ID

MAX_LEVELS = 8


def customer_hierarchy(customer: DataFrame, max_levels: int = MAX_LEVELS) -> DataFrame:
    """Return one row per golden customer with its place in the group.

    Needs `tieout_id, parent_id, bill_to_id` (golden ids or null). Climbs at most `max_levels`
    parents, so it ends whatever the data says.

    Returns `tieout_id, parent_tieout_id, ultimate_parent_tieout_id, bill_to_tieout_id, level` (int,
    0 = top of its group), `cycle` (boolean: the parents lead in a circle; its smallest id counts as
    the top) and `truncated` (boolean: there are more levels than were climbed). A customer whose
    record names itself has no parent; one without another payer is billed itself. Parents that are
    not golden customers are left out.
    """
    edges = _edges(customer)
    start = edges.select(
        TIEOUT_ID,
        F.col("parent").alias("top"),
        F.array(TIEOUT_ID, "parent").alias("path"),
        F.lit(None).cast("string").alias("circle_top"),
    )
    climbed = start
    for _ in range(max_levels - 1):
        climbed = _climb(climbed, edges)
    return _placed(customer, climbed, edges)


def _edges(customer: DataFrame) -> DataFrame:
    known = customer.select(F.col(TIEOUT_ID).alias("parent"))
    named = customer.select(TIEOUT_ID, F.col("parent_id").alias("parent")).where(F.col("parent") != F.col(TIEOUT_ID))
    return named.join(known, "parent", "left_semi")


def _climb(state: DataFrame, edges: DataFrame) -> DataFrame:
    """Go up one level: the top's own parent becomes the top, unless it was passed already."""
    above = edges.select(F.col(TIEOUT_ID).alias("top"), F.col("parent").alias("above"))
    seen = F.array_contains("path", F.col("above"))
    place = F.greatest(F.array_position("path", F.col("above")), F.lit(1)).cast("int")
    circle = F.slice("path", place, F.size("path"))
    moves = F.col("above").isNotNull() & ~seen & F.col("circle_top").isNull()
    return state.join(above, "top", "left").select(
        TIEOUT_ID,
        F.when(moves, F.col("above")).otherwise(F.col("top")).alias("top"),
        F.when(moves, F.concat("path", F.array("above"))).otherwise(F.col("path")).alias("path"),
        F.coalesce("circle_top", F.when(seen, F.array_min(circle))).alias("circle_top"),
    )


def _placed(customer: DataFrame, climbed: DataFrame, edges: DataFrame) -> DataFrame:
    has_parent = edges.select(F.col(TIEOUT_ID).alias("top"), F.lit(True).alias("more"))
    placed = climbed.join(has_parent, "top", "left").select(
        TIEOUT_ID, "top", "path", "circle_top", F.coalesce("more", F.lit(False)).alias("more")
    )
    cycle = F.col("circle_top").isNotNull()
    top = F.coalesce("circle_top", "top", TIEOUT_ID)
    joined = customer.select(TIEOUT_ID, "bill_to_id").join(placed, TIEOUT_ID, "left")
    return joined.select(
        TIEOUT_ID,
        F.element_at("path", 2).alias("parent_tieout_id"),
        top.alias("ultimate_parent_tieout_id"),
        F.coalesce("bill_to_id", TIEOUT_ID).alias("bill_to_tieout_id"),
        _level(cycle).alias("level"),
        F.coalesce(cycle, F.lit(False)).alias("cycle"),
        F.coalesce(F.col("more") & ~cycle, F.lit(False)).alias("truncated"),
    )


def _level(cycle: Column) -> Column:
    to_circle_top = F.array_position("path", F.col("circle_top")) - 1
    climbed = F.when(cycle, to_circle_top).otherwise(F.size("path") - 1)
    return F.coalesce(F.when(F.col("path").isNotNull(), climbed), F.lit(0)).cast("int")
