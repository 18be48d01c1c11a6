"""One world seen by all twelve systems: exported, ingested, conformed and scored once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout_samples.job import write_piece
from tieout_samples.plan import Plan
from tieout_samples.systems import SYSTEMS
from vendors.land import Land, take_in

CUSTOMERS = 400


@pytest.fixture(scope="session")
def land(spark: SparkSession, conf_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Land:
    folder = tmp_path_factory.mktemp("vendors")
    list(write_piece(Plan(CUSTOMERS, SYSTEMS, str(folder), seed=11), 0))
    return take_in(spark, conf_dir, folder, folder / "exports")
