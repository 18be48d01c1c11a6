"""What all twelve systems export is mapped by workers as by Spark, record for record."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout.config import load_config
from tieout.conform import work
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.runs import Run
from tieout.verbs.conform import conform
from vendors.land import Land


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
    with Run(lake, "test") as run:
        conform(Context(spark, lake, load_config(conf_dir), run))
    assert {"account", "contact"} <= set(taken)
    for entity in load_config(conf_dir).entities:
        if land.lake.exists("silver", entity):
            mine, usual = (one.read("silver", entity).drop("_run_id", "_updated_at") for one in (lake, land.lake))
            assert mine.exceptAll(usual).count() == usual.exceptAll(mine).count() == 0, entity
    waiting, usual = (one.read("silver", "quarantine").select("quarantine_id") for one in (lake, land.lake))
    assert waiting.exceptAll(usual).count() == usual.exceptAll(waiting).count() == 0
