"""Customers that each team counts under one term, and those on whom teams differ."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.report.facts import TeamFacts
from tieout.report.tables import Tables, small

TERM = "active_customer"
EXAMPLES_EACH, COMBINATIONS = 2, 64


def team_facts(tables: Tables, term: str = TERM) -> TeamFacts:
    """Read `gold.metric`, `gold.metric_member` and `gold.customer_360` for the metric named `term`."""
    metric, member = tables.find("gold", "metric"), tables.find("gold", "metric_member")
    wide = tables.find("gold", "customer_360")
    if metric is None or member is None or wide is None:
        return TeamFacts(term)
    latest = metric.where(F.col("metric") == term).select(
        "team", "wording", "owner", F.col("members").alias("customers")
    )
    counted = counted_by(member.where(F.col("metric") == term), wide)
    return TeamFacts(
        term,
        small(latest.orderBy("team"), 30),
        small(overlaps(counted), COMBINATIONS),
        small(disputed(counted), COMBINATIONS * EXAMPLES_EACH),
    )


def counted_by(members: DataFrame, wide: DataFrame) -> DataFrame:
    """Return a row per customer that a team counts: `teams` (array) beside the 360's columns."""
    teams = members.where("tieout_id IS NOT NULL").groupBy("tieout_id")
    return teams.agg(F.array_sort(F.collect_set("team")).alias("teams")).join(wide, "tieout_id")


def overlaps(counted: DataFrame) -> DataFrame:
    """Return `teams, customers, value`: customers by the set of teams that count them."""
    grouped = counted.groupBy("teams").agg(F.count("*").alias("customers"), F.sum("contract_value").alias("value"))
    return grouped.orderBy(F.desc("customers"))


def disputed(counted: DataFrame) -> DataFrame:
    """Return the two largest customers of each set of teams, as `teams, tieout_id, name` and money."""
    size = F.greatest("open_pipeline", "invoiced", "contract_value")
    largest = Window.partitionBy("teams").orderBy(F.desc(size), "tieout_id")
    numbered = counted.withColumn("_number", F.row_number().over(largest))
    return (
        numbered.where(F.col("_number") <= EXAMPLES_EACH)
        .select("teams", "tieout_id", "name", "open_pipeline", "invoiced", "contract_value")
        .orderBy(F.size("teams"), "teams", F.desc("invoiced"))
    )
