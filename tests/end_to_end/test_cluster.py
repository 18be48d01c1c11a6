"""The same job on a real standalone cluster gives the same gold as the command line here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout import cli
from tieout.lakehouse import Lakehouse
from tieout.sample import generate

REPOSITORY = Path(__file__).parents[2]
TABLES = ["customer", "customer_360", "metric", "tie_out"]


def rows(lake: Lakehouse, table: str) -> list[str]:
    return sorted(row["j"] for row in lake.read("gold", table).select(F.to_json(F.struct("*")).alias("j")).collect())


def test_gold_is_the_same_on_a_cluster(spark: SparkSession, cluster: Any, tmp_path: Path) -> None:
    generate(spark, 60, ["salesforce", "sap"], str(tmp_path / "sample"), seed=3)
    exports = str(tmp_path / "sample" / "exports")
    assert cli.main(["run", "--input", exports, "--root", str(tmp_path / "here")]) == 0

    wheel = [sys.executable, "-m", "build", "--wheel", "--outdir", str(REPOSITORY / "dist"), str(REPOSITORY)]
    subprocess.run(wheel, check=True, capture_output=True)
    submit = [str(REPOSITORY / "deploy" / "submit.sh"), cluster.master, "run"]
    arguments = ["--input", exports, "--root", str(tmp_path / "there"), "--config", str(REPOSITORY / "conf")]
    done = subprocess.run([*submit, *arguments], env=cluster.environment, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]

    here, there = (Lakehouse(spark, root=str(tmp_path / name)) for name in ("here", "there"))
    for table in TABLES:
        assert rows(here, table) == rows(there, table), table
