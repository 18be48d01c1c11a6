"""How many rows of each object were read, and what became of them?"""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.report.facts import RowFacts
from tieout.report.gather.tables import small

OBJECTS = 300
COUNTS = {
    "bronze": "bronze",
    "current": "silver_current",
    "superseded": "superseded",
    "soft_deleted": "soft_deleted",
    "not_applicable": "not_applicable",
    "quarantined": "quarantined",
}


def row_facts(steps: DataFrame) -> RowFacts:
    """Read the newest row accounting of each object from the recorded steps."""
    objects = small(accounting(steps), OBJECTS)
    return RowFacts(objects) if len(objects) else RowFacts()


def accounting(steps: DataFrame) -> DataFrame:
    """Return `system, object` and the counts of the newest step that accounts for each object's rows."""
    accounted = steps.where(F.col("object").isNotNull() & F.col("counts")["bronze"].isNotNull())
    newest = Window.partitionBy("system", "object", "entity").orderBy(F.desc("at"))
    latest = accounted.withColumn("_number", F.row_number().over(newest)).where("_number = 1")
    counts = [F.coalesce(F.col("counts")[name], F.lit(0)).alias(alias) for alias, name in COUNTS.items()]
    return latest.select("system", "object", "entity", *counts).orderBy("system", "object")
