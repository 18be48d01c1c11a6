"""Every write is one commit that may be repeated."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest
from chispa import assert_df_equality
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from tieout.errors import UsageError
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse, is_conflict


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


def test_a_merge_deletes_updates_and_inserts_and_takes_new_columns(spark: SparkSession, lake: Lakehouse) -> None:
    lake.merge("silver", "t", spark.createDataFrame([(1, "a"), (2, "b")], "id int, `odd-name` string"), ["id"])
    rows = [(1, "A", None), (2, "{gone}", None), (3, "c", 7)]
    frame = spark.createDataFrame(rows, "id int, `odd-name` string, extra int")
    lake.merge("silver", "t", frame, ["id"], delete_when="new.`odd-name` = '{gone}'")
    expected = spark.createDataFrame([(1, "A", None), (3, "c", 7)], frame.schema)
    assert_df_equality(lake.read("silver", "t"), expected, ignore_row_order=True, ignore_nullable=True)


def test_keys_that_are_null_are_equal(spark: SparkSession, lake: Lakehouse) -> None:
    for value in (1, 2):
        lake.merge("silver", "t", spark.createDataFrame([(None, value)], "id int, v int"), ["id"])
    assert [tuple(row) for row in lake.read("silver", "t").collect()] == [(None, 2)]


def test_a_folder_may_have_any_name(spark: SparkSession, tmp_path: Path) -> None:
    lake = Lakehouse(spark, root=str(tmp_path / "a {b} [c] `d` 'e' %20 ü*"))
    assert not lake.exists("gold", "t")
    lake.overwrite("gold", "t", spark.range(2))
    lake.merge("gold", "t", spark.range(1, 4), ["id"])
    assert lake.exists("gold", "t")
    assert (lake.read("gold", "t").count(), lake.version("gold", "t"), lake.tables("gold")) == (4, 1, ["t"])


def test_a_damaged_table_is_not_taken_for_an_absent_one(lake: Lakehouse) -> None:
    log = Path(str(lake.root), "gold", "t", "_delta_log", f"{0:020}.json")
    log.parent.mkdir(parents=True)
    log.write_text("no JSON")
    with pytest.raises(Exception, match="FAILED_READ_FILE|MALFORMED|DELTA_STATE"):
        lake.exists("gold", "t")


def test_a_commit_that_another_one_overtook_is_told_from_other_errors(spark: SparkSession, lake: Lakehouse) -> None:
    lake.overwrite("gold", "t", spark.range(2))

    def slowly(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        time.sleep(3)
        yield from batches

    frames = [spark.range(0, rows, 1, 1).mapInArrow(slowly, "id bigint") for rows in (3, 5)]
    with ThreadPoolExecutor(2) as pool:
        writes = [pool.submit(lake.overwrite, "gold", "t", frame) for frame in frames]
    (overtaken,) = [error for write in writes if (error := write.exception()) is not None]
    assert isinstance(overtaken, PySparkException)
    assert is_conflict(overtaken)
    with pytest.raises(PySparkException) as other:
        lake.read("gold", "t").select("no_such_column").collect()
    assert not is_conflict(other.value)


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
