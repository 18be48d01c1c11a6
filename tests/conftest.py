"""One Spark session for the whole run, with few partitions; a lakehouse per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout.lakehouse.tables import Lakehouse
from tieout.platform.session import SMALL_DATA_CONF, get_spark

REPOSITORY = Path(__file__).parents[1]


# These run the whole pipeline, some of them on twelve systems: `make test-all`. One small run is for every day.
LONG = ("end_to_end", "notebooks", "vendors")
EVERY_DAY = ("test_small_pipeline.py",)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.relative_to(REPOSITORY / "tests").parts[0] in LONG and item.path.name not in EVERY_DAY:
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    conf = SMALL_DATA_CONF | {
        "spark.sql.shuffle.partitions": "2",
        "spark.default.parallelism": "2",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.driver.memory": "2g",
    }
    session = get_spark("tieout-tests", master="local[2]", conf=conf)
    yield session
    session.stop()


@pytest.fixture
def lake(spark: SparkSession, tmp_path: Path) -> Lakehouse:
    return Lakehouse(spark, root=str(tmp_path / "lakehouse"))


@pytest.fixture(scope="session")
def conf_dir() -> Path:
    return REPOSITORY / "conf"
