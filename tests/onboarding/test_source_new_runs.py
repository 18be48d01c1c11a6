"""A guessed config is not only valid: what it maps reaches silver."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout import cli
from tieout.config import load_config
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.runs import Run
from tieout.sample.job import write_piece
from tieout.sample.plan import Plan
from tieout.verbs.conform import conform
from tieout.verbs.ingest import ingest

SYSTEMS = ("pipedrive", "netsuite")


@pytest.mark.long
def test_customers_and_contacts_reach_silver(spark: SparkSession, conf_dir: Path, tmp_path: Path) -> None:
    list(write_piece(Plan(80, SYSTEMS, str(tmp_path), seed=3), 0))
    conf = Path(shutil.copytree(conf_dir, tmp_path / "conf"))
    for system in SYSTEMS:
        (conf / "sources" / f"{system}.yml").unlink()
        sample = str(tmp_path / "exports" / system)
        assert cli.main(["source", "new", "--sample", sample, "--name", system, "--config", str(conf)]) == 0
    lake = Lakehouse(spark, root=str(tmp_path / "lakehouse"))
    config = load_config(conf, list(SYSTEMS))

    with Run(lake, "ingest") as run:
        ingest(Context(spark, lake, config, run), str(tmp_path / "exports"))
    with Run(lake, "conform") as run:
        conform(Context(spark, lake, config, run))

    for entity, field in (("account", "city"), ("contact", "account_source_id")):
        rows = lake.read("silver", entity).where("NOT _deleted").toPandas()
        for system in SYSTEMS:
            mine = rows[rows["source_system"] == system]
            assert len(mine) > 20, (entity, system)
            assert mine["source_id"].is_unique
            assert mine[field].notna().mean() > 0.6, (entity, system, field)
