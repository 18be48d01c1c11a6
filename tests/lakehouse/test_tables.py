"""Every write is one commit that may be repeated."""

from __future__ import annotations

import pytest
from chispa import assert_df_equality
from pyspark.sql import SparkSession

from tieout.errors import UsageError
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse


def test_an_append_with_a_token_is_written_once(spark: SparkSession, lake: Lakehouse) -> None:
    rows = spark.createDataFrame([(1, "a")], "id int, name string")
    lake.append("bronze", "t", rows, once="file-1")
    lake.append("bronze", "t", rows, once="file-1")
    lake.append("bronze", "t", rows, once="file-2")
    assert lake.read("bronze", "t").count() == 2


def test_a_merge_leaves_rows_alone_that_the_condition_excludes(spark: SparkSession, lake: Lakehouse) -> None:
    lake.merge("silver", "t", spark.createDataFrame([(1, 5), (2, 5)], "id int, v int"), ["id"])
    late = spark.createDataFrame([(1, 4), (2, 6), (3, 1)], "id int, v int")
    lake.merge("silver", "t", late, ["id"], update_when="new.v > old.v")
    expected = spark.createDataFrame([(1, 5), (2, 6), (3, 1)], "id int, v int")
    assert_df_equality(lake.read("silver", "t"), expected, ignore_row_order=True)


def test_replace_where_touches_only_its_part(spark: SparkSession, lake: Lakehouse) -> None:
    lake.overwrite("gold", "t", spark.createDataFrame([("a", 1), ("b", 2)], "k string, v int"))
    lake.replace_where("gold", "t", spark.createDataFrame([("b", 3)], "k string, v int"), "k = 'b'")
    expected = spark.createDataFrame([("a", 1), ("b", 3)], "k string, v int")
    assert_df_equality(lake.read("gold", "t"), expected, ignore_row_order=True)


def test_tables_are_listed_by_layer(spark: SparkSession, lake: Lakehouse) -> None:
    assert lake.tables("gold") == []
    lake.overwrite("gold", "b", spark.range(1))
    lake.overwrite("gold", "a", spark.range(1))
    assert lake.tables("gold") == ["a", "b"]
    assert lake.version("gold", "a") == 0
    assert lake.version("gold", "missing") is None


def test_a_root_and_a_catalog_exclude_each_other(spark: SparkSession) -> None:
    with pytest.raises(UsageError, match="either --root URI or --catalog NAME"):
        Lakehouse(spark, root="x", catalog="y")


def test_a_failed_run_is_recorded_with_its_steps(lake: Lakehouse) -> None:
    with pytest.raises(ValueError), Run(lake, "ingest", {"input": "x"}) as run:
        run.step("read", object="t", rows=3)
        raise ValueError("no such file")
    ended = lake.read("ops", "run").first()
    step = lake.read("ops", "step").first()
    assert ended is not None and step is not None
    assert (ended["status"], ended["message"]) == ("failed", "ValueError: no such file")
    assert (step["run_id"], step["counts"]) == (run.run_id, {"rows": 3})
