"""Workers find the same keys that several rows have as Spark does."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

import pytest
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.columnar.building import only
from tieout.conform import lane_keys
from tieout.conform.ends import key_hash, repeated_keys
from tieout.conform.lane_job import Pipeline, pipeline
from tieout.conform.lane_keys import repeated_hashes
from tieout.conform.lane_source import source_of
from tieout.conform.lane_task import KEY
from tieout.lakehouse import Lakehouse
from tieout.rows import frame_of
from tieout.session import local_path

NOW = datetime(2024, 5, 6, tzinfo=UTC)
# Spark knows whether this is a date; workers do not.
ODD_DATE = "2024-5-6"
AS_DATE = "CAST(try_cast(Name AS DATE) AS STRING)"
ACCOUNTS = [(" 1 ", "Ada"), ("2", "Łódź"), ("1", None), (None, "Eve"), (None, "Bob"), ("3", "Zoë"), ("4", "gone")]
FIRMS = [("3", "Kim"), ("4", "Sal"), ("5", "Pat"), ("5", "Pat"), ("5", "Ned")]


def test_all_objects_share_keys(lake: Lakehouse) -> None:
    accounts = _rows(lake, "account", ACCOUNTS).where("Name IS DISTINCT FROM 'gone'")
    firms = _rows(lake, "firm", FIRMS)
    found = _found(lake, [_plan(lake, "account", accounts), _plan(lake, "firm", firms)])
    # 1 by two rows of one object, 3 by one row of each, 5 by three rows; 4 has one row that stays, null is no key.
    assert found == _of_spark(accounts, firms)
    assert found is not None
    assert len(found) == 3


def test_the_result_is_the_same_in_parts(lake: Lakehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(lake, "account", [(str(number % 1500), "x") for number in range(2000)])
    monkeypatch.setattr(lane_keys, "PART_ROWS", 600)
    found = _found(lake, [_plan(lake, "account", rows)])
    assert found == _of_spark(rows)
    assert found is not None
    assert len(found) == 500


def test_of_too_many_only_one_more_is_fetched(lake: Lakehouse) -> None:
    rows = _rows(lake, "account", [(str(number % 50), "x") for number in range(100)])
    found = _found(lake, [_plan(lake, "account", rows)], most=7)
    assert found is not None
    assert len(found) == 8


def test_rows_without_keys_share_none(lake: Lakehouse) -> None:
    rows = _rows(lake, "account", [(None, "Ada"), (None, "Ada")])
    assert _found(lake, [_plan(lake, "account", rows)]) == []


def test_keys_of_which_workers_are_not_certain_are_for_spark(lake: Lakehouse) -> None:
    certain, odd = _rows(lake, "account", ACCOUNTS, AS_DATE), _rows(lake, "firm", [("1", ODD_DATE)], AS_DATE)
    plans = [_plan(lake, "account", certain), _plan(lake, "firm", odd)]
    assert _found(lake, plans[:1]) == []
    assert _found(lake, plans) is None


def test_a_doubt_whether_a_row_stays_is_none_about_its_key(lake: Lakehouse) -> None:
    rows = _rows(lake, "account", [("1", ODD_DATE), ("1", "2024-05-06"), ("2", "2024-05-06"), ("2", "no date")])
    dated = rows.where("try_cast(Name AS DATE) IS NOT NULL")
    # The doubtful row may stay: its key is one that several rows may have.
    assert _found(lake, [_plan(lake, "account", dated)]) == _of_spark(rows.where("source_id = '1'"))


def test_only_joins_that_rows_depend_on_are_done(lake: Lakehouse) -> None:
    people = lake.spark.createDataFrame([("Ada", "FR"), ("Kim", "DE")], "who string, land string")
    joined = _rows(lake, "account", ACCOUNTS).join(people, F.col("Name") == F.col("who"), "left")
    for rows, joins in ((joined, 0), (joined.where("land IS DISTINCT FROM 'FR'"), 1)):
        plan = _plan(lake, "account", rows)
        assert len(only(plan.program, plan.rights, [KEY])[1]) == joins
        assert _found(lake, [plan]) == _of_spark(rows)


def _rows(lake: Lakehouse, name: str, rows: list[tuple[str | None, str | None]], key: str = "trim(Id)") -> DataFrame:
    """Return bronze rows with their keys."""
    lake.append("bronze", f"crm__{name}", frame_of(lake.spark, rows, "Id string, Name string"))
    columns = ["Name", "'crm' AS source_system", f"{key} AS source_id", "xxhash64(Id, Name) AS _rejected_id"]
    return lake.read("bronze", f"crm__{name}").selectExpr(*columns)


def _plan(lake: Lakehouse, name: str, rows: DataFrame) -> Pipeline:
    keyed = rows.withColumn(KEY, F.when(F.col("source_id").isNotNull(), key_hash()))
    return pipeline(source_of(lake, "bronze", f"crm__{name}"), keyed, [KEY], NOW)


def _found(lake: Lakehouse, plans: list[Pipeline], most: int = 1000) -> list[int] | None:
    folder = Path(local_path(str(lake.root)), "_scratch", "keys")
    found = repeated_hashes(lake.spark, plans, folder, most)
    assert not folder.exists()
    return None if found is None else found.tolist()


def _of_spark(*frames: DataFrame) -> list[int]:
    rows = reduce(DataFrame.unionByName, frames)
    return sorted(row["_key"] for row in repeated_keys(rows).collect())
