"""Results: clusters under numbers, pairs under the files' own ids, measured, counted, selected and written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tieout.config.models.matching import Thresholds
from tieout.errors import UsageError
from tieout.match_files.outputs.results import Results, numbered
from tieout.match_files.outputs.selection import Records, Selection
from tieout.matching.scoring.truth import Truth
from tieout.platform.rows import frame_of

CLUSTERS = "record_id bigint, source string, _id string, cluster_id bigint, confidence double"
PAIRS = "id_l bigint, id_r bigint, rule int, gamma_name byte, match_weight double, match_probability double"
ENDS = "id_l bigint, id_r bigint"
TRUE = "record_id bigint, true_id bigint"

# Of two files, left and right, whose ids are numbers: 9 and 10 of the left one are with 7 of the right one, 11 with 8.
RECORDS = [
    (1, "left", "9", 1, 0.9), (2, "left", "10", 1, 0.8), (3, "right", "7", 1, 0.9),
    (4, "left", "11", 4, 0.7), (5, "right", "8", 4, 0.7), (6, "right", "99", 6, 1.0),
]  # fmt: skip
SCORED = [
    (1, 2, 0, 2, 3.0, 8 / 9), (1, 3, 0, 3, 9.0, 512 / 513), (2, 3, 1, 1, 1.0, 2 / 3),
    (3, 4, 1, 1, -1.0, 1 / 3), (4, 5, 0, 3, 9.0, 512 / 513), (5, 6, 1, 0, -6.0, 1 / 65),
]  # fmt: skip


@pytest.fixture(scope="module")
def results(spark: SparkSession) -> Results:
    return Results.of(frame_of(spark, RECORDS, CLUSTERS), frame_of(spark, SCORED, PAIRS), ["left", "right"])


def test_clusters_are_numbered_in_the_order_of_their_first_records(spark: SparkSession) -> None:
    found = numbered(frame_of(spark, RECORDS, CLUSTERS), ["left", "right"]).orderBy("cluster", "_id").collect()
    assert [(row["_id"], row["cluster"], row["size"]) for row in found] == [
        ("10", 1, 3), ("7", 1, 3), ("9", 1, 3), ("11", 2, 2), ("8", 2, 2), ("99", 3, 1),
    ]  # fmt: skip


def test_clusters_of_many_partitions_are_numbered_one_by_one(spark: SparkSession) -> None:
    rows = [(n, "left", str(n), n - n % 2, 1.0) for n in range(300)]
    found = numbered(frame_of(spark, rows, CLUSTERS).repartition(5), ["left"]).toPandas()
    assert (found.sort_values("record_id")["cluster"] == [1 + n // 2 for n in range(300)]).all()


def test_pairs_are_selected_in_an_order(results: Results) -> None:
    found = results.pairs_of(
        {
            "cluster": Selection("cluster", 10, linked=True),
            "surest": Selection("surest", 2),
            "least sure": Selection("least sure", 1, linked=True, least=0.5),
            "nearest": Selection("nearest", 2, linked=False, near=0.5),
            "none": Selection("surest", 0),
        }
    )
    ends = {name: list(zip(rows["id_l"], rows["id_r"], strict=True)) for name, rows in found.items()}
    assert ends == {
        "cluster": [(1, 3), (1, 2), (2, 3), (4, 5)],
        "surest": [(1, 3), (4, 5)],
        "least sure": [(2, 3)],
        "nearest": [(3, 4), (5, 6)],
        "none": [],
    }
    assert found["cluster"]["cluster"].tolist() == [1, 1, 1, 2]
    assert found["nearest"]["cluster"].tolist() == [0, 0]


def test_records_in_clusters_and_alone_are_selected(results: Results) -> None:
    found = results.records_of({"clusters": Records(True, 4), "alone": Records(False, 4)})
    assert found["clusters"][["_id", "cluster"]].to_numpy().tolist() == [["10", 1], ["9", 1], ["7", 1], ["11", 2]]
    assert found["alone"]["_id"].tolist() == ["99"]


def test_pairs_are_counted_by_weight_and_status(results: Results) -> None:
    found = results.counts(Thresholds(accept=0.5, review=0.1))
    assert found.to_numpy().tolist() == [
        [-6, "rejected", False, 1], [-1, "review", False, 1], [1, "accepted", True, 1], [3, "accepted", True, 1],
        [9, "accepted", True, 2],
    ]  # fmt: skip


def test_a_truth_of_clusters_measures_records_that_both_know(spark: SparkSession, results: Results) -> None:
    # Record 2 is another thing than 1 and 3; 6 is not in the truth, and 99 is no record.
    known = [(1, 10), (3, 10), (2, 20), (4, 30), (5, 30), (99, 30)]
    scores, quality = results.measure(Truth(clusters=frame_of(spark, known, TRUE)), two=True)
    assert (scores.correct, scores.predicted, scores.actual, scores.records) == (2, 4, 2, 5)
    assert (quality.same(), quality.table["rows"].sum()) == (2, 5)


def test_a_truth_of_pairs_counts_those_between_two_files(spark: SparkSession, results: Results) -> None:
    listed = frame_of(spark, [(1, 3), (4, 5), (4, 1000)], ENDS)
    scores, quality = results.measure(Truth(pairs=listed), two=True)
    assert (scores.correct, scores.predicted, scores.actual) == (2, 3, 2)
    assert (quality.same(), quality.table["rows"].sum()) == (2, 4)
    scores, quality = results.measure(Truth(pairs=listed), two=False)
    assert (scores.correct, scores.predicted, scores.actual) == (2, 4, 2)
    assert quality.table["rows"].sum() == 6


@pytest.mark.parametrize("kind", ["clusters", "pairs"])
def test_a_truth_that_fits_nothing_is_an_error(spark: SparkSession, results: Results, kind: str) -> None:
    strange = {
        "clusters": Truth(clusters=frame_of(spark, [(1000, 1)], TRUE)),
        "pairs": Truth(pairs=frame_of(spark, [(1, 1000)], ENDS)),
    }[kind]
    with pytest.raises(UsageError, match="the truth names no record of these files"):
        results.measure(strange, two=True)


def test_what_is_written_has_the_files_own_ids(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path)
    results.write(tmp_path)  # a second run replaces the first
    clusters = pd.read_parquet(tmp_path / "clusters.parquet").sort_values("id")
    assert list(clusters.columns) == ["source", "id", "cluster_id", "confidence"]
    assert dict(zip(clusters["id"], clusters["cluster_id"], strict=True)) == {
        "9": 1, "10": 1, "7": 1, "11": 2, "8": 2, "99": 3,
    }  # fmt: skip
    pairs = pd.read_parquet(tmp_path / "pairs.parquet")
    assert list(pairs.columns) == [
        "source_l", "id_l", "source_r", "id_r", "rule", "gamma_name", "match_weight", "match_probability",
    ]  # fmt: skip
    assert sorted(zip(pairs["source_l"], pairs["id_l"], pairs["source_r"], pairs["id_r"], strict=True))[:2] == [
        ("left", "10", "right", "7"), ("left", "11", "right", "8"),
    ]  # fmt: skip
    questions = pd.read_parquet(tmp_path / "questions.parquet").sort_values("place")
    assert questions[["id_l", "id_r", "speaks_for"]].to_numpy().tolist() == [["10", "7", 2], ["9", "10", 1]]
