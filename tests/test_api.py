"""The examples of the public API run as they are written, on a small sample of exports."""

from __future__ import annotations

import doctest
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

import tieout
from tieout.errors import UsageError
from tieout_samples import generate

REPOSITORY = Path(__file__).parents[1]
CUSTOMERS = 40


@pytest.fixture
def here(spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder that has the repository's config and examples, and exports of a small company."""
    for name in ("conf", "docs"):
        (tmp_path / name).symlink_to(REPOSITORY / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TIEOUT_CONFIG", raising=False)
    generate(spark, CUSTOMERS, ["salesforce", "sap"], "demo", seed=3)
    return tmp_path


@pytest.mark.long
def test_the_examples_of_the_module_run(here: Path) -> None:
    found = doctest.testmod(tieout, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert (found.failed, found.attempted > 10) == (0, True)


def test_frames_are_matched_without_files(spark: SparkSession) -> None:
    names = ["Ann Miller", "Bob Carter", "Cleo Dawson", "Dora Ellis", "Emil Foster", "Fay Gibson"]
    crm = pd.DataFrame({"id": [f"c{n}" for n in range(6)], "name": names, "city": ["Leeds", "York"] * 3})
    erp = crm.assign(id=[f"e{n}" for n in range(6)], name=[name.upper() for name in names])

    found = tieout.match(crm, spark.createDataFrame(erp), entity="person")

    pairs = {frozenset(pair) for pair in zip(found.pairs["id_l"], found.pairs["id_r"], strict=True)}
    assert {frozenset((f"c{n}", f"e{n}")) for n in range(6)} <= pairs
    assert set(found.clusters["source"]) == {"left", "right"}
    assert found.clusters.groupby("cluster_id").size().tolist() == [2] * 6
    assert found.figures["matches"] == 6


def test_a_place_without_a_lakehouse_is_said(tmp_path: Path, conf_dir: Path) -> None:
    with pytest.raises(UsageError, match="no lakehouse at"):
        tieout.open_lakehouse(tmp_path, config=conf_dir)


def test_only_what_is_public_is_there() -> None:
    assert all(getattr(tieout, name) is not None for name in tieout.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lakehaus'"):
        _ = tieout.lakehaus
