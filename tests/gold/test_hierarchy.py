from __future__ import annotations

from pyspark.sql import Row, SparkSession

from tieout.gold.hierarchy import customer_hierarchy


def placed(spark: SparkSession, edges: dict[str, str | None], levels: int = 4) -> dict[str, Row]:
    rows = [(child, parent, None) for child, parent in edges.items()]
    customer = spark.createDataFrame(rows, "tieout_id string, parent_id string, bill_to_id string")
    return {row["tieout_id"]: row for row in customer_hierarchy(customer, levels).collect()}


def test_each_customer_knows_parent_top_and_level(spark: SparkSession) -> None:
    found = placed(spark, {"top": None, "mid": "top", "leaf": "mid", "alone": "alone", "orphan": "unknown"})

    assert {key: (row[1], row[2], row[4]) for key, row in found.items()} == {
        "top": (None, "top", 0),
        "mid": ("top", "top", 1),
        "leaf": ("mid", "top", 2),
        "alone": (None, "alone", 0),
        "orphan": (None, "orphan", 0),
    }
    assert all(row["bill_to_tieout_id"] == key for key, row in found.items())
    assert not any(row["cycle"] or row["truncated"] for row in found.values())


def test_a_circle_ends_at_its_smallest_member(spark: SparkSession) -> None:
    found = placed(spark, {"b": "c", "c": "d", "d": "b", "a": "d"})

    assert {row["ultimate_parent_tieout_id"] for row in found.values()} == {"b"}
    assert all(row["cycle"] for row in found.values())
    assert {key: row["level"] for key, row in found.items()} == {"a": 2, "b": 0, "c": 2, "d": 1}


def test_more_levels_than_are_climbed_are_said(spark: SparkSession) -> None:
    found = placed(spark, {"a": "b", "b": "c", "c": "d", "d": None}, levels=2)

    assert (found["a"]["ultimate_parent_tieout_id"], found["a"]["truncated"]) == ("c", True)
    assert not found["b"]["truncated"]
