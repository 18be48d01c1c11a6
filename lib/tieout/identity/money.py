"""Pairs of records that money links, as questions for stewards; evidence that never merges by itself."""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.identity.records import KEY, record_id

# More than people will answer between two runs.
MOST_ASKED = 100_000
# Given entity, source_system, source_id, tieout_id, returns the keys of both records with tieout_id_l,
# tieout_id_r (in order), amount and evidence: one row per two customers whose documents agree in money.
Links = Callable[[DataFrame], DataFrame]


def linked_pairs(links: Links, placed: DataFrame, decisions: DataFrame | None, entity: str) -> DataFrame | None:
    """Return id_l < id_r bigint, amount double, evidence string of the customers that money links; None for none.

    `placed` has record_id, source_system, source_id, tieout_id; `decisions` has id_l, id_r, match. Customers of
    which a steward has said that any two of their records are not one are left out. Where more than MOST_ASKED
    are linked, these are the ones with most money.
    """
    crosswalk = placed.select(F.lit(entity).alias("entity"), *KEY, "tieout_id")
    found = links(crosswalk)
    if decisions is not None:
        found = found.join(_said_apart(placed, decisions), ["tieout_id_l", "tieout_id_r"], "left_anti")
    left, right = (record_id(entity, f"source_system_{side}", f"source_id_{side}") for side in "lr")
    pairs = found.select(
        F.least(left, right).alias("id_l"), F.greatest(left, right).alias("id_r"), "amount", "evidence"
    )
    # Bounded by MOST_ASKED. As rows, what they were made from is planned once, not with each table that reads them.
    table = pairs.orderBy(F.desc("amount"), "id_l", "id_r").limit(MOST_ASKED).toArrow()
    return placed.sparkSession.createDataFrame(table) if table.num_rows else None


def _said_apart(placed: DataFrame, decisions: DataFrame) -> DataFrame:
    """Return tieout_id_l, tieout_id_r (in order) of the customers that stewards hold apart."""
    apart = decisions.where(~F.col("match")).select("id_l", "id_r")
    for side in "lr":
        ends = placed.select(F.col("record_id").alias(f"id_{side}"), F.col("tieout_id").alias(f"customer_{side}"))
        apart = apart.join(ends, f"id_{side}")
    return apart.select(
        F.least("customer_l", "customer_r").alias("tieout_id_l"),
        F.greatest("customer_l", "customer_r").alias("tieout_id_r"),
    ).distinct()


def with_linked(pairs: DataFrame, linked: DataFrame, score: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Add to scored pairs those that money links and that were not among them, scored by `score`."""
    lacking = linked.select("id_l", "id_r").join(pairs.select("id_l", "id_r"), ["id_l", "id_r"], "left_anti")
    return pairs.unionByName(score(lacking))
