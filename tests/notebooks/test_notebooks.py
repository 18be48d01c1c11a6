"""The notebooks run top to bottom, as plain Python, on a small sample that went through every step."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from tieout import cli
from tieout_samples import generate

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.py"))
CUSTOMERS = 120


@pytest.fixture(scope="module")
def root(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a sample and run every step on it, once for all notebooks."""
    folder = tmp_path_factory.mktemp("notebooks")
    generate(spark, CUSTOMERS, ["salesforce", "sap"], str(folder), seed=3)
    assert cli.main(["run", "--input", f"{folder}/exports", "--root", f"{folder}/lakehouse"]) == 0
    return folder / "lakehouse"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_in_databricks_source_format(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Databricks notebook source\n# MAGIC %md\n# MAGIC # ")
    cells = text.split("# COMMAND ----------")
    assert len(cells) > 6
    for cell in cells:
        lines = [line for line in cell.strip().splitlines() if line]
        told = [line.startswith("# MAGIC") or line == "# Databricks notebook source" for line in lines]
        assert all(told) or not any(told), f"a cell is either text or code: {lines[:2]}"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_top_to_bottom(
    path: Path,
    root: Path,
    conf_dir: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {"ROOT": root, "CONFIG": conf_dir, "CHARTS": tmp_path / "charts"}.items():
        monkeypatch.setenv(f"TIEOUT_{name}", str(value))
    runpy.run_path(str(path))
    charts = list((tmp_path / "charts").glob("*.html"))
    assert len(charts) >= 3
    assert capsys.readouterr().out.count("[chart]") == len(charts)
