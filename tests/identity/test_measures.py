"""Quality against a truth known by hand, and against scikit-learn-free definitions spelled out."""

import itertools
import random

import pytest

from tieout.identity.evaluation.measures import (
    cluster_scores,
    histogram,
    label_pairs,
    label_pairs_by_list,
    linked_scores,
    record_outcomes,
)

TRUTH = "record_id bigint, true_id string"


def clusters(spark, *rows):
    return spark.createDataFrame(rows, "record_id bigint, cluster_id bigint, source string, confidence double")


@pytest.fixture(scope="module")
def example(spark):
    """Return clusters {1,2,3}, {4}, {5} of truth {1,2}, {3,4}, {5}, from two sources."""
    found = clusters(
        spark,
        (1, 1, "crm", 0.9),
        (2, 1, "erp", 0.9),
        (3, 1, "crm", 0.9),
        (4, 4, "erp", 0.7),
        (5, 5, "erp", 0.9),
    )
    return found, spark.createDataFrame([(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c")], TRUTH)


def test_pairs_and_b_cubed(example):
    scores = cluster_scores(*example)
    assert (scores.correct, scores.predicted, scores.actual, scores.records) == (1, 3, 2, 5)
    assert (scores.precision, scores.recall) == (pytest.approx(1 / 3), pytest.approx(1 / 2))
    assert scores.b3_precision == pytest.approx((2 / 3 + 2 / 3 + 1 / 3 + 1 + 1) / 5)
    assert scores.b3_recall == pytest.approx((1 + 1 + 1 / 2 + 1 / 2 + 1) / 5)


def test_pairs_between_sources_only(example):
    scores = cluster_scores(*example, between_sources=True)
    assert (scores.correct, scores.predicted, scores.actual) == (1, 2, 2)


def test_records_that_only_one_side_knows_do_not_count(spark, example):
    found, truth = example
    scores = cluster_scores(found.where("record_id <> 3"), truth.where("record_id <> 5"))
    assert (scores.records, scores.predicted, scores.actual) == (3, 1, 1)


def test_pairs_are_counted_as_if_they_were_listed(spark):
    generator = random.Random(5)
    rows = [(node, generator.randrange(12), generator.choice("ab"), generator.randrange(12)) for node in range(60)]
    found = clusters(spark, *((node, group, source, 1.0) for node, group, source, _ in rows))
    truth = spark.createDataFrame([(node, str(entity)) for node, _, _, entity in rows], TRUTH)
    for between in (False, True):
        pairs = [(a, b) for a, b in itertools.combinations(rows, 2) if not between or a[2] != b[2]]
        scores = cluster_scores(found, truth, between_sources=between)
        assert scores.predicted == sum(a[1] == b[1] for a, b in pairs)
        assert scores.actual == sum(a[3] == b[3] for a, b in pairs)
        assert scores.correct == sum(a[1] == b[1] and a[3] == b[3] for a, b in pairs)


def test_a_list_of_pairs_is_a_truth_too(spark, example):
    found, _ = example
    pairs = spark.createDataFrame([(1, 2), (3, 4)], "id_l bigint, id_r bigint")
    scores = linked_scores(found, pairs)
    assert (scores.correct, scores.predicted, scores.actual) == (1, 3, 2)


def test_pairs_are_labelled_by_entities_or_by_a_list(spark, example):
    _, truth = example
    pairs = spark.createDataFrame([(1, 2), (2, 3), (3, 9)], "id_l bigint, id_r bigint")
    assert {(row.id_l, row.id_r, row.same) for row in label_pairs(pairs, truth).collect()} == {
        (1, 2, True),
        (2, 3, False),
    }
    listed = label_pairs_by_list(pairs, spark.createDataFrame([(2, 1)], "id_l bigint, id_r bigint"))
    assert {(row.id_l, row.id_r, row.same) for row in listed.collect()} == {
        (1, 2, True), (2, 3, False), (3, 9, False),
    }  # fmt: skip


def test_a_record_is_right_in_the_company_of_its_own_or_rightly_alone(example):
    right = {row.record_id: row.same for row in record_outcomes(*example).collect()}
    assert right == {1: True, 2: True, 3: False, 4: False, 5: True}


def test_calibration_and_threshold_curve(spark):
    rows = [(0.9, True)] * 9 + [(0.9, False)] + [(0.3, True)] * 1 + [(0.3, False)] * 9 + [(1.0, True)]
    found = histogram(spark.createDataFrame(rows, "probability double, same boolean"))
    assert found.same() == 11
    assert found.calibration_error() == pytest.approx(10 * 0.2 / 21)
    curve = found.curve(actual=20)
    assert curve.iloc[0].to_dict() == pytest.approx(
        {"threshold": 1.0, "pairs": 1, "precision": 1, "recall": 0.05, "f1": 2 * 0.05 / 1.05}, abs=1e-5
    )
    assert (curve.iloc[-1].pairs, curve.iloc[-1].recall) == (21, 11 / 20)
