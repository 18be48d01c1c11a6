"""What the steps of this run and of earlier ones recorded."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.lakehouse.runs import STEP_SCHEMA, Run
from tieout.platform.rows import frame_of
from tieout.report.layout.frames import rows
from tieout.report.tables import Tables, small

ENTITIES = 50


def recorded_steps(tables: Tables, run: Run) -> DataFrame:
    """Return the steps of all runs; those of the run under way are not in the table yet."""
    current = frame_of(tables.lake.spark, run.steps, STEP_SCHEMA)
    before = tables.find("ops", "step")
    return current if before is None else before.select(*current.columns).unionByName(current)


def newest_details(steps: DataFrame, step: str, key: str) -> dict[str, dict[str, Any]]:
    """Return, by entity, the details of the newest `step` that tells `key`.

    A step that found nothing to do tells less, so the one before it counts.
    """
    told = steps.where((F.col("step") == step) & F.col("details").contains(f'"{key}"'))
    newest = Window.partitionBy("entity").orderBy(F.desc("at"))
    latest = told.withColumn("_number", F.row_number().over(newest)).where("_number = 1")
    found = rows(small(latest.select("entity", "details"), ENTITIES))
    return {str(row["entity"]): json.loads(row["details"]) for row in found}
