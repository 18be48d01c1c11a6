"""Rows of each object that were read, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.bronze.drift.record import RENAMED, RETYPED
from tieout.report.facts import RowFacts
from tieout.report.tables import small

OBJECTS, CHANGES = 300, 100
COUNTS = {
    "bronze": "bronze",
    "current": "silver_current",
    "superseded": "superseded",
    "soft_deleted": "soft_deleted",
    "not_applicable": "not_applicable",
    "quarantined": "quarantined",
}


def row_facts(steps: DataFrame, drift: DataFrame | None = None, titled: Callable[[str], str] = str) -> RowFacts:
    """Read the newest row accounting of each object from the recorded steps, and the newest changes of columns."""
    objects = small(accounting(steps), OBJECTS)
    objects = objects.assign(system=objects["system"].map(titled))
    facts = RowFacts(objects) if len(objects) else RowFacts()
    if drift is None:
        return facts
    changed = small(changes(drift), CHANGES)
    return replace(facts, drift=changed.assign(system=changed["system"].map(titled)))


def changes(drift: DataFrame) -> DataFrame:
    """Return `at` (day), `system, object, change` and what is `said` of each change of a column, newest first."""
    renamed = F.format_string("%s seems to be what was %s (%.2f)", "column", "before", "score")
    retyped = F.format_string("%s was %s and is %s", "column", "before", "after")
    said = F.when(F.col("change") == RENAMED, renamed).when(F.col("change") == RETYPED, retyped)
    day = F.date_format("at", "yyyy-MM-dd").alias("day")
    newest = drift.orderBy(F.desc("at"), "system", "object", "column")
    words = F.coalesce(said, F.col("column")).alias("said")
    return newest.select(day.alias("at"), "system", "object", "change", words)


def accounting(steps: DataFrame) -> DataFrame:
    """Return `system, object` and the counts of the newest step that accounts for each object's rows."""
    accounted = steps.where(F.col("object").isNotNull() & F.col("counts")["bronze"].isNotNull())
    newest = Window.partitionBy("system", "object", "entity").orderBy(F.desc("at"))
    latest = accounted.withColumn("_number", F.row_number().over(newest)).where("_number = 1")
    counts = [F.coalesce(F.col("counts")[name], F.lit(0)).alias(alias) for alias, name in COUNTS.items()]
    return latest.select("system", "object", "entity", *counts).orderBy("system", "object")
