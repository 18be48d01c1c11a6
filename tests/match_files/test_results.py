"""Results that fit the driver and those that may not come out the same, measured and written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import Thresholds
from tieout.errors import UsageError
from tieout.match_files.outputs.results_here import ResultsHere
from tieout.match_files.outputs.results_spark import ResultsOnSpark
from tieout.match_files.outputs.selection import Records, Selection
from tieout.matching.scoring.truth import Truth
from tieout.platform.rows import frame_of

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


@pytest.mark.parametrize("kind", ["clusters", "pairs"])
def test_a_truth_that_fits_nothing_is_an_error(
    spark: SparkSession, found: tuple[DataFrame, DataFrame], kind: str
) -> None:
    strange = {
        "clusters": Truth(frame_of(spark, [(1000, 1)], "record_id bigint, true_id bigint"), None, 1),
        "pairs": Truth(None, frame_of(spark, [(1, 1000)], ENDS), 1),
    }[kind]
    for results in (fetched(found, strange), ResultsOnSpark(*found, strange)):
        with pytest.raises(UsageError, match="the truth names no record of these files"):
            results.measure(True)


SELECTIONS = [
    Selection("cluster", 100, linked=True),
    Selection("surest", 100, linked=False, least=0.1),
    Selection("least sure", 5, linked=True, least=0.5),
    Selection("nearest", 7, near=0.5),
]


@pytest.mark.parametrize("wanted", SELECTIONS)
def test_both_select_the_same_pairs(found: tuple[DataFrame, DataFrame], wanted: Selection) -> None:
    here, there = fetched(found, None).pairs_of(wanted), ResultsOnSpark(*found, None).pairs_of(wanted)
    assert here.total == there.total
    ends = ["id_l", "id_r"]
    if wanted.order != "cluster":
        assert here.rows[ends].to_numpy().tolist() == there.rows[ends].to_numpy().tolist()
    else:
        # Clusters are numbered by the files' order here, by source and id there.
        assert sorted(map(tuple, here.rows[ends].to_numpy())) == sorted(map(tuple, there.rows[ends].to_numpy()))
        assert there.rows["cluster"].is_monotonic_increasing
    assert ((here.rows["cluster"] > 0) == (there.rows["cluster"] > 0)).all()


@pytest.mark.parametrize("linked", [True, False])
def test_both_number_the_same_clusters_from_one(found: tuple[DataFrame, DataFrame], linked: bool) -> None:
    some = [one.records_of(Records(linked, 100)) for one in (fetched(found, None), ResultsOnSpark(*found, None))]
    assert some[0].total == some[1].total
    groups = [set(one.rows.groupby("cluster")["record_id"].apply(frozenset)) for one in some]
    assert groups[0] == groups[1]
    both = [
        pd.concat([one.records_of(Records(each, 100)).rows for each in (True, False)])["cluster"]
        for one in (fetched(found, None), ResultsOnSpark(*found, None))
    ]
    for numbers in both:
        assert sorted(numbers.unique()) == list(range(1, numbers.nunique() + 1))


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
        if file == "clusters":
            here, there = (one.assign(cluster_id=_same(one)) for one in (here, there))
        by = list(here.columns)
        pd.testing.assert_frame_equal(here.sort_values(by, ignore_index=True), there.sort_values(by, ignore_index=True))
    weights = [one.weights(Thresholds()) for one in results.values()]
    pd.testing.assert_frame_equal(*weights, check_dtype=False)


def _same(clusters: pd.DataFrame) -> pd.Series:
    """Return the clusters by their first id, since both sides number them in other orders."""
    return clusters.groupby("cluster_id")["id"].transform("min")
