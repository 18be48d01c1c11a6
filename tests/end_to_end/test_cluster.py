"""The same job, submitted to Spark here and to a real standalone cluster, gives the gold of the command line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout import cli
from tieout.lakehouse.tables import Lakehouse
from tieout_samples import generate

REPOSITORY = Path(__file__).parents[2]
TABLES = ["customer", "customer_360", "metric", "tie_out"]


@pytest.fixture(scope="module")
def exports(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("sample")
    generate(spark, 60, ["salesforce", "sap"], str(folder), seed=3)
    return str(folder / "exports")


@pytest.fixture(scope="module")
def from_command_line(spark: SparkSession, exports: str, tmp_path_factory: pytest.TempPathFactory) -> Lakehouse:
    root = str(tmp_path_factory.mktemp("here"))
    assert cli.main(["run", "--input", exports, "--root", root, "--config", str(REPOSITORY / "conf")]) == 0
    return Lakehouse(spark, root=root)


def rows(lake: Lakehouse, table: str) -> list[str]:
    return sorted(row["j"] for row in lake.read("gold", table).select(F.to_json(F.struct("*")).alias("j")).collect())


def assert_same_gold(here: Lakehouse, there: Lakehouse) -> None:
    for table in TABLES:
        assert rows(here, table) == rows(there, table), table


def submit(command: list[str], cluster: Any, folder: Path) -> None:
    done = subprocess.run(command, env=cluster.environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]


def test_gold_is_the_same_from_spark_submit(
    spark: SparkSession, exports: str, from_command_line: Lakehouse, cluster: Any, tmp_path: Path
) -> None:
    job = ["spark-submit", "--master", "local[2]", str(REPOSITORY / "jobs" / "run.py")]
    arguments = ["--input", exports, "--root", str(tmp_path / "there"), "--config", str(REPOSITORY / "conf")]
    submit(job + arguments, cluster, tmp_path)
    assert_same_gold(from_command_line, Lakehouse(spark, root=str(tmp_path / "there")))


def test_gold_is_the_same_on_a_cluster(
    spark: SparkSession, exports: str, from_command_line: Lakehouse, cluster: Any, wheel: None, tmp_path: Path
) -> None:
    job = [str(REPOSITORY / "deploy" / "submit.sh"), cluster.master, "run"]
    submit([*job, "--input", exports, "--root", str(tmp_path / "there")], cluster, tmp_path)
    assert_same_gold(from_command_line, Lakehouse(spark, root=str(tmp_path / "there")))
