"""Results of the quality gates of the newest run, by entity."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.report.facts import empty
from tieout.report.tables import Tables, small

ENTITIES = 100
COLUMNS = ("entity", "passed", "failed", "state")


def gate_results(tables: Tables) -> pd.DataFrame:
    """Read `silver.quality_result`: `entity, passed, failed` (rules) and `state` of each newest gate.

    `state` is passed, warned (rules with failing rows, which went to quarantine or were let through)
    or stopped (a rule that stops the run failed).
    """
    table = tables.find("silver", "quality_result")
    return empty(*COLUMNS) if table is None else small(by_entity(newest(table)), ENTITIES)


def newest(results: DataFrame) -> DataFrame:
    """Return the results of the newest run of each entity's gate."""
    latest = Window.partitionBy("entity").orderBy(F.desc("at"))
    ranked = results.withColumn("_run", F.first("run_id").over(latest))
    return ranked.where("run_id = _run").drop("_run")


def by_entity(results: DataFrame) -> DataFrame:
    """Return `entity, passed, failed, state` from results with `entity, success, on_fail`."""
    failed = ~F.col("success")
    counted = results.groupBy("entity").agg(
        F.count_if(F.col("success")).alias("passed"),
        F.count_if(failed).alias("failed"),
        F.count_if(failed & (F.col("on_fail") == "stop")).alias("_stopping"),
    )
    state = F.when(F.col("_stopping") > 0, "stopped").when(F.col("failed") > 0, "warned").otherwise("passed")
    return counted.select("entity", "passed", "failed", state.alias("state")).orderBy("entity")
