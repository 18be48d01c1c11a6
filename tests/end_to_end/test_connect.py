"""A client without Java, on a Spark Connect server, makes the rows that a session of this process makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from small_sample import CUSTOMERS, SEED, SYSTEMS, Sample, command, rows

REPOSITORY = Path(__file__).parents[2]
LAYERS = ("bronze", "silver", "match", "gold")


def tieout(server: str, verb: str, *words: str) -> str:
    """Run one job in a process that has no Java; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "JAVA_HOME"} | {
        "SPARK_REMOTE": server,
        "PATH": str(Path(sys.executable).parent),
        "PYTHONPATH": f"{REPOSITORY / 'lib'}:{REPOSITORY / 'samples'}",
    }
    job = [sys.executable, str(REPOSITORY / "jobs" / f"{verb}.py"), *words]
    done = subprocess.run(job, env=environment, capture_output=True, text=True, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture(scope="module")
def connected(sample: Sample, connect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Return what the pipeline makes of the same exports on the server."""
    root = tmp_path_factory.mktemp("connected") / "lake"
    printed = tieout(connect_server, *command(sample.exports.parent, root))
    return Sample(sample.exports, sample.truth, root, json.loads(printed.splitlines()[-1]))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_same_files_are_generated(sample: Sample, connect_server: str, tmp_path: Path) -> None:
    words = ["--customers", str(CUSTOMERS), "--systems", ",".join(SYSTEMS), "--seed", str(SEED)]
    tieout(connect_server, "generate", *words, "--out", str(tmp_path))
    assert contents(tmp_path / "exports") == contents(sample.exports)
    assert contents(tmp_path / "truth") == contents(sample.truth)


@pytest.mark.parametrize("layer", LAYERS)
def test_every_table_has_the_same_rows(spark: SparkSession, sample: Sample, connected: Sample, layer: str) -> None:
    here, there = sample.lake(spark), connected.lake(spark)
    assert there.tables(layer) == here.tables(layer) != []
    for table in here.tables(layer):
        assert rows(there, layer, table) == rows(here, layer, table), f"{layer}.{table}"


def test_the_figures_are_the_same(sample: Sample, connected: Sample) -> None:
    told = ("records", "bronze", "silver", "quarantined", "customers", "match", "tie_out", "metrics", "reasons")
    assert {name: connected.figures[name] for name in told} == {name: sample.figures[name] for name in told}


def test_a_question_is_answered_from_gold(sample: Sample, connected: Sample, connect_server: str) -> None:
    words = ["ask", "big_customers_with_old_tickets", "--arg", "min_contract_value=1000", "--arg", "days=30", "--json"]
    answer = json.loads(tieout(connect_server, *words, "--root", str(connected.root)))
    assert answer["rows"]
