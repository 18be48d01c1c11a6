"""What a CRM and an ERP export is mapped by workers as by Spark, record for record."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.config import load_config
from tieout.conform import work
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.runs import Run
from tieout.verbs.conform import conform
from vendors.land import Land

SYSTEMS = ["salesforce", "sap"]


@pytest.mark.long
def test_workers_map_as_spark_does(
    spark: SparkSession, conf_dir: Path, land: Land, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(land.lake.root)
    shutil.copytree(Path(root, "bronze"), tmp_path / "bronze")
    lake = Lakehouse(spark, root=str(tmp_path))
    monkeypatch.setattr(work, "KEPT_ROWS", 0)
    taken: list[str] = []
    released = work.Work.release

    def noted(one: work.Work) -> None:
        taken.extend([one.name] if one.lane is not None else [])
        released(one)

    monkeypatch.setattr(work.Work, "release", noted)
    config = load_config(conf_dir, SYSTEMS)
    with Run(lake, "test") as run:
        conform(Context(spark, lake, config, run))
    assert {"account", "contact"} <= set(taken)
    for table in [*config.entities, "quarantine"]:
        if lake.exists("silver", table):
            mine, usual = (_rows(one, table) for one in (lake, land.lake))
            assert mine.exceptAll(usual).count() == usual.exceptAll(mine).count() == 0, table


def _rows(lake: Lakehouse, table: str) -> DataFrame:
    """Return what does not change from run to run."""
    rows = lake.read("silver", table).where(F.col("source_system").isin(SYSTEMS))
    return rows.select("quarantine_id") if table == "quarantine" else rows.drop("_run_id", "_updated_at")
