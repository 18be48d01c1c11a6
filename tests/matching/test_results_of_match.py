"""Results that fit the driver and those that may not come out the same, measured and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config.matching import Thresholds
from tieout.matching.truth import Truth
from tieout.rows import frame_of
from tieout.verbs._results_here import ResultsHere
from tieout.verbs._results_spark import ResultsOnSpark

CLUSTERS = "record_id bigint, source string, _id string, cluster_id bigint, confidence double"
PAIRS = "id_l bigint, id_r bigint, rule int, gamma_name byte, match_weight double, match_probability double"
ENDS = "id_l bigint, id_r bigint"


@pytest.fixture(scope="module")
def found(spark: SparkSession) -> tuple[DataFrame, DataFrame]:
    """Return eighty records in clusters, and pairs of them, some doubtful."""
    draw = np.random.default_rng(4)
    rows = [(n, "ab"[n % 2], f"own-{n}", int(draw.integers(0, 30)), 0.9) for n in range(80)]
    ends = {tuple(sorted(draw.choice(80, 2, replace=False).tolist())) for _ in range(120)}
    pairs = []
    for left, right in sorted(ends):
        weight = float(draw.normal(0, 6))
        pairs.append((left, right, 0, int(draw.integers(0, 4)), weight, 1 / (1 + 2**-weight)))
    return frame_of(spark, rows, CLUSTERS), frame_of(spark, pairs, PAIRS)


def truths(spark: SparkSession) -> dict[str, Truth]:
    draw = np.random.default_rng(5)
    # Some ids are of no record, some records are of no entity.
    known = frame_of(spark, [(n, int(draw.integers(0, 25))) for n in range(10, 90)], "record_id bigint, true_id bigint")
    listed = frame_of(spark, [tuple(draw.choice(90, 2, replace=False).tolist()) for _ in range(60)], ENDS)
    return {"clusters": Truth(known, None, 80), "pairs": Truth(None, listed, 60)}


def fetched(found: tuple[DataFrame, DataFrame], truth: Truth | None) -> ResultsHere:
    return ResultsHere(*(frame.toArrow() for frame in found), *(truth.fetch() if truth else ()))


@pytest.mark.parametrize("kind", ["clusters", "pairs"])
@pytest.mark.parametrize("two", [False, True])
def test_both_measure_the_same(spark: SparkSession, found: tuple[DataFrame, DataFrame], kind: str, two: bool) -> None:
    truth = truths(spark)[kind]
    here, quality = fetched(found, truth).measure(two)
    there, expected = ResultsOnSpark(*found, truth).measure(two)
    assert here.figures() == pytest.approx(there.figures())
    pd.testing.assert_frame_equal(quality.table, expected.table, check_dtype=False)


def test_both_write_the_same(spark: SparkSession, found: tuple[DataFrame, DataFrame], tmp_path: Path) -> None:
    results = {"here": fetched(found, None), "spark": ResultsOnSpark(*found, None)}
    for name, one in results.items():
        (tmp_path / name).mkdir()
        one.write(tmp_path / name)
        one.write(tmp_path / name)  # a second run replaces the first
    for file in ("clusters", "pairs", "questions"):
        here, there = (
            pd.read_parquet(tmp_path / name / f"{file}.parquet").sort_values(["id" if file == "clusters" else "id_l"])
            for name in results
        )
        assert list(here.columns) == list(there.columns)
        by = list(here.columns)
        pd.testing.assert_frame_equal(here.sort_values(by, ignore_index=True), there.sort_values(by, ignore_index=True))
    weights = [one.weights(Thresholds()) for one in results.values()]
    pd.testing.assert_frame_equal(*weights, check_dtype=False)
