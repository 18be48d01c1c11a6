"""Open quarantine by rule, with examples."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.report.facts import QuarantineFacts
from tieout.report.tables import Tables, small

RULES, EXAMPLES_EACH, RAW_LENGTH = 60, 3, 400


def quarantine_facts(tables: Tables, hidden: Iterable[str] = ()) -> QuarantineFacts:
    """Read `silver.quarantine`: open rows by entity and rule, and up to three examples of each.

    Of the `hidden` entities, whose rows are about persons, there are no examples.
    """
    table = tables.find("silver", "quarantine")
    if table is None:
        return QuarantineFacts()
    rows = table.where("state = 'open'")
    told = rows.where(~F.col("entity").isin(list(hidden))) if hidden else rows
    examples = small(examples_by_rule(told), RULES * EXAMPLES_EACH)
    examples = examples.assign(source=examples["source"].map(tables.titled))
    return QuarantineFacts(small(rows_by_rule(rows), RULES), examples)


def rows_by_rule(rows: DataFrame) -> DataFrame:
    """Return `entity, rule, severity, reason, rows`, most first; `reason` is one of the rule's."""
    grouped = rows.groupBy("entity", "rule", "severity").agg(
        F.min("reason").alias("reason"), F.count("*").alias("rows")
    )
    return grouped.orderBy(F.desc("rows"), "entity", "rule")


def examples_by_rule(rows: DataFrame) -> DataFrame:
    """Return up to three rows of each rule as `entity, rule, source, source_id, reason, raw`."""
    first = Window.partitionBy("entity", "rule").orderBy("source_system", "source_id", "quarantine_id")
    numbered = rows.withColumn("_number", F.row_number().over(first)).where(F.col("_number") <= EXAMPLES_EACH)
    return numbered.select(
        "entity",
        "rule",
        F.concat_ws(" ", "source_system", "object").alias("source"),
        "source_id",
        "reason",
        F.substring("raw_json", 1, RAW_LENGTH).alias("raw"),
    ).orderBy("entity", "rule", "source", "source_id")
