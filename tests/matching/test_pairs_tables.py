"""What is done with scored pairs: rivals of one-to-one sources, questions for people, and their answers."""

from __future__ import annotations

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.matching.inputs import Inputs, read_labels
from tieout.matching.scoring.one_to_one import one_partner_each
from tieout.matching.scoring.questions import worth_asking
from tieout.platform.rows import frame_of

PAIRS = "id_l bigint, id_r bigint, gamma_name int, match_weight double, match_probability double"


def test_a_pair_is_less_sure_when_a_record_has_a_better_partner(spark: SparkSession) -> None:
    # Records 1, 2 are of one source, 11, 12, 13 of the other. 1 fits 11 well and 12 rather; 2 fits 13 alone.
    rows = [(1, 11, 2, 10.0, 0.999), (1, 12, 1, 2.0, 0.8), (2, 13, 1, 2.0, 0.8), (11, 12, 2, 9.0, 0.998)]
    sources = frame_of(spark, [(1, "a"), (2, "a"), (11, "b"), (12, "b"), (13, "b")], "record_id bigint, source string")
    found = {
        (row["id_l"], row["id_r"]): row["match_probability"]
        for row in one_partner_each(frame_of(spark, rows, PAIRS), sources).collect()
    }
    assert set(found) == {(1, 11), (1, 12), (2, 13)}
    assert found[2, 13] == pytest.approx(0.8)
    assert found[1, 12] == pytest.approx(4 / (1 + 4 + 1024))
    assert found[1, 11] == pytest.approx(1024 / (1 + 4 + 1024))


def test_questions_are_doubtful_pairs_one_of_each_kind(spark: SparkSession) -> None:
    sure = [(n, 100 + n, 3, 12.0, 0.9998) for n in range(5)]
    common = [(n, 200 + n, 2, 0.5, 0.4 + n / 100) for n in range(5)]
    rare = [(1, 300, 1, -1.0, 0.3)]
    found = worth_asking(frame_of(spark, sure + common + rare, PAIRS)).orderBy("place").collect()
    assert [(row["gamma_name"], row["speaks_for"], row["id_r"]) for row in found] == [(2, 5, 204), (1, 1, 300)]
    assert len(worth_asking(frame_of(spark, sure + common + rare, PAIRS), most=1).collect()) == 1


def test_answers_are_read_as_record_ids_and_yes_or_no(spark: SparkSession) -> None:
    rows = [("7", "8", "yes"), ("7", "9", "no"), ("7", "10", "perhaps")]
    answers = frame_of(spark, rows, "id_l string, id_r string, match string")
    records = frame_of(spark, [("7", "crm")], "_id string, source string")
    found = read_labels(answers, "answers.csv", Inputs(records, "id", {"crm": 1, "erp": 3}))
    assert {row["match"] for row in found.collect()} == {True, False}
    ends = found.where("match").first()
    expected = records.select(F.xxhash64(F.lit("crm"), F.lit("7")), F.xxhash64(F.lit("erp"), F.lit("8"))).first()
    assert ends is not None
    assert expected is not None
    assert {ends["id_l"], ends["id_r"]} == set(expected)


def test_answers_without_the_columns_are_an_error(spark: SparkSession) -> None:
    inputs = Inputs(frame_of(spark, [("7", "crm")], "_id string, source string"), "id", {"crm": 1})
    with pytest.raises(UsageError, match="answers.csv: labels have columns id_l, id_r, match; found a, b"):
        read_labels(frame_of(spark, [("1", "2")], "a string, b string"), "answers.csv", inputs)
