"""Stewards' answers: read from a sheet row by row, kept as a log, the last one holding."""

from datetime import datetime

import pandas as pd
import pytest
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.identity.decisions import SCHEMA, between, last_decisions, with_reason
from tieout.identity.records import record_id
from tieout.identity.review.queue import first_questions, new_answers, read_answers, unknown_ends, worklist

PAIR = {
    "entity": "account",
    "source_system_l": "crm",
    "source_id_l": "1",
    "source_system_r": "erp",
    "source_id_r": "007",
}


def sheet(*rows):
    return pd.DataFrame([PAIR | row for row in rows])


def log(spark, *rows):
    """Return a decision log; a row is (id of crm, id of erp, verdict, day of May)."""
    told = [
        ("account", "crm", a, "erp", b, verdict, "ann", datetime(2026, 5, day), None) for a, b, verdict, day in rows
    ]
    return spark.createDataFrame(told, SCHEMA)


def test_only_answered_rows_are_read_and_words_are_forgiven():
    answers = read_answers(
        sheet({"verdict": ""}, {"verdict": " Same "}, {"verdict": "NO", "who": "bob"}), "ann", "x.csv"
    )
    assert [(answer.verdict, answer.who) for answer in answers] == [("match", "ann"), ("no_match", "bob")]
    assert answers[0].ends == ("crm:1", "erp:007")


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"verdict": "maybe"}, "row 2: verdict 'maybe'"),
        ({"verdict": "match", "source_id_r": ""}, "row 2: source_id_r"),
    ],
)
def test_a_bad_row_is_named(row, message):
    with pytest.raises(UsageError, match=message):
        read_answers(sheet(row), "ann", "x.csv")


def test_a_foreign_file_is_refused():
    with pytest.raises(UsageError, match="no column entity"):
        read_answers(pd.DataFrame({"a": ["b"]}), "ann", "x.csv")


def test_the_last_decision_on_a_pair_holds_whichever_way_round(spark):
    told = log(
        spark,
        ("1", "2", "match", 1),
        ("1", "2", "no_match", 2),
        ("1", "3", "match", 1),
        ("1", "3", "open", 2),
    )
    turned = told.union(spark.createDataFrame(
        [("account", "erp", "2", "crm", "1", "match", "bob", datetime(2026, 5, 3), None)], SCHEMA
    ))  # fmt: skip
    assert [row.match for row in last_decisions(told, "account").collect()] == [False]
    assert [row.match for row in last_decisions(turned, "account").collect()] == [True]
    assert last_decisions(told, "contact").isEmpty()


def test_answers_that_money_asked_for_hold_and_do_not_teach(spark):
    queue = log(spark, ("1", "2", "", 1)).withColumn("reason", F.lit("money agrees; parted: weak bridge"))
    told = with_reason(log(spark, ("1", "2", "match", 1), ("1", "3", "match", 1)), queue)
    assert last_decisions(told, "account").count() == 2
    taught = last_decisions(told, "account", labels=True)
    other = last_decisions(log(spark, ("1", "3", "match", 1)), "account")
    assert taught.collect() == other.collect()


def test_decisions_on_deleted_records_are_left_out(spark):
    told = last_decisions(log(spark, ("1", "2", "match", 1), ("1", "9", "match", 1)), "account")
    here = spark.createDataFrame([("crm", "1"), ("erp", "2")], "source_system string, source_id string")
    assert between(told, here.select(record_id("account").alias("record_id"))).count() == 1


def test_an_answer_that_says_nothing_new_is_left_out(spark):
    answers = read_answers(sheet({"verdict": "match"}), "ann", "x.csv")
    assert new_answers(answers, None) == answers
    assert new_answers(answers, log(spark, ("1", "007", "match", 1))) == []
    assert new_answers(answers, log(spark, ("1", "007", "match", 1), ("1", "007", "no_match", 2))) == answers


def test_records_that_nobody_knows_are_named(spark):
    crosswalk = spark.createDataFrame(
        [("account", "crm", "1")], "entity string, source_system string, source_id string"
    )
    assert unknown_ends(read_answers(sheet({"verdict": "match"}), "ann", "x"), crosswalk) == ["erp:007"]


def test_money_that_agrees_comes_before_the_value_of_the_records(spark):
    asked = [("1", 0.4, 10.0, None), ("2", 0.001, None, 50.0), ("3", 0.4, 900.0, None), ("4", 0.001, 1.0, 70.0)]
    schema = "source_id_l string, match_probability double, value double, amount double"
    queue = spark.createDataFrame(asked, schema).withColumns(
        {name: F.lit("x") for name in ("source_system_l", "source_system_r", "source_id_r")}
    )
    assert [row.source_id_l for row in queue.orderBy(*first_questions()).collect()] == ["4", "2", "3", "1"]


def test_most_money_comes_first_with_both_records_side_by_side(spark):
    asked = [("1", 0.4, 10.0), ("2", 0.2, 900.0), ("3", 0.45, 10.0)]
    schema = "source_id_l string, match_probability double, value double"
    queue = spark.createDataFrame(asked, schema).withColumns(
        {
            "entity": F.lit("account"), "source_system_l": F.lit("crm"), "source_system_r": F.lit("erp"),
            "source_id_r": F.lit("7"), "reason": F.lit("between the thresholds"),
        }
    )  # fmt: skip
    silver = spark.createDataFrame(
        [("crm", "2", "Acme"), ("erp", "7", "ACME Ltd")],
        "source_system string, source_id string, name string",
    )
    rows = worklist(queue, silver, ["name"], 2).collect()
    assert [(row.source_id_l, row.name_l, row.name_r, row.verdict) for row in rows] == [
        ("2", "Acme", "ACME Ltd", None),
        ("3", None, "ACME Ltd", None),
    ]
