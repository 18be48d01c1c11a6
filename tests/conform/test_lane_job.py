"""Rows that workers map past the JVM are the rows that Spark would have written; what they leave is whole."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from chispa import assert_df_equality
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from tieout.columnar.plan import NotColumnarError
from tieout.conform.lane_job import Done, hold_frame, pipeline, run_lane
from tieout.conform.lane_orders import CONTROL, DECIDING, Sorting, Target
from tieout.conform.lane_source import source_of
from tieout.delta_files import FileAppend
from tieout.lakehouse import Lakehouse
from tieout.rows import frame_of
from tieout.session import local_path, settings

NOW = datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)
BRONZE = "`Account Id` string, Name string, City string, Gone string, Bad string, Note string"
SILVER = ["source_system", "source_id", "name", "city", "_updated_at"]
COLUMNS = [
    "'crm' AS source_system", "trim(`Account Id`) AS source_id", "concat(Name, '!') AS name", "City AS city",
    "current_timestamp() AS _updated_at",
]  # fmt: skip
CHOICE = [
    "CASE WHEN Gone = 'other' THEN 'not_applicable' WHEN Bad = 'yes' THEN 'quarantined' "
    "WHEN Gone = 'yes' THEN 'soft_deleted' ELSE 'silver_current' END AS _end",
    "CASE WHEN Gone = 'other' THEN NULL ELSE 0L END AS _position",
    "CASE WHEN Name IS NULL THEN 2L ELSE 0L END AS _broken",
    "CASE WHEN City = 'Twice' THEN 7L WHEN City IS NOT NULL THEN 8L END AS _key",
]
PLACE = [
    "xxhash64(`Account Id`) AS _rejected_id", "'account' AS _object", "current_timestamp() AS _ingested_at",
    "concat(Note, '.csv') AS _file", "length(Note) + 4294967296 AS _row", "CAST(NULL AS STRING) AS _corrupt",
    "CAST(NULL AS STRING) AS _corrupt_reason",
    "CASE WHEN Bad = 'yes' THEN to_json(struct(`Account Id`, Name, Bad, Gone)) END AS _raw",
]  # fmt: skip
ALL = [*COLUMNS, *CHOICE, *PLACE]
ROWS = [
    (" 1 ", "Ada", "Paris", "no", "no", "a"),
    ("2", None, "Łódź", "no", "no", "b"),
    ("3", "Zoë", None, "yes", None, None),
    ("4", "Eve", "Twice", "no", "no", "two rows have this key"),
    ("5", "Bob", "Oslo", "no", "yes", "breaks a rule"),
    ("6", "Kim", "Rome", "other", "no", "of another entity"),
    ("7", "Lou", "Twice", "other", "no", "of another entity, but has the key of two"),
]
MAPPED = {"spark.databricks.delta.properties.defaults.columnMapping.mode": "name"}
SORTING = Sorting(("silver_current", "soft_deleted"), ("quarantined",), parts=3, rules=2)


def test_rows_are_those_that_spark_would_have_written(lake: Lakehouse, bronze: DataFrame) -> None:
    rows = bronze.selectExpr(*ALL)
    append, done = _run(lake, rows)
    append.commit(done.files)
    expected = rows.where("_end IN ('silver_current', 'soft_deleted') AND _key IS DISTINCT FROM 7L")
    written = lake.read("silver", "account")
    assert_df_equality(
        written.drop("_updated_at"), expected.select(*SILVER[:-1]), ignore_row_order=True, ignore_nullable=True
    )
    assert {row["_updated_at"] for row in written.collect()} == {NOW.replace(tzinfo=None)}


def test_what_is_left_are_whole_rows_as_bronze_has_them(lake: Lakehouse, bronze: DataFrame) -> None:
    _, done = _run(lake, bronze.selectExpr(*ALL))
    left = lake.spark.read.schema(bronze.schema).parquet(*done.aside)
    assert done.aside_rows == 1
    assert_df_equality(left, bronze.where("`Account Id` = '7'"), ignore_row_order=True)


def test_rows_that_share_their_key_or_are_bad_are_held_with_all_that_decides(
    lake: Lakehouse, bronze: DataFrame
) -> None:
    rows = bronze.selectExpr(*ALL)
    _, done = _run(lake, rows)
    [[shared]] = done.parts.values()
    assert shared.rows == 1
    times = ("_updated_at", "_ingested_at")
    for nr, files in ("4", [shared.path]), ("5", done.bad):
        expected = rows.where(f"source_id = '{nr}'").select(*SILVER, *DECIDING)
        held = lake.spark.read.schema(expected.schema).parquet(*files)
        assert_df_equality(held.drop(*times), expected.drop(*times), ignore_nullable=True)
        assert set(held.select(*times).first() or ()) == {NOW.replace(tzinfo=None)}


def test_every_other_row_is_counted(lake: Lakehouse, bronze: DataFrame) -> None:
    _, done = _run(lake, bronze.selectExpr(*ALL))
    assert done.ends == {"silver_current": 2, "soft_deleted": 1, "not_applicable": 1, "quarantined": 1}
    assert done.firsts == 5
    assert done.broken == {1: 1}


def test_filtered_rows_are_not_rows_of_the_object(lake: Lakehouse, bronze: DataFrame) -> None:
    _, done = _run(lake, bronze.where("Name IS NOT NULL").selectExpr(*ALL))
    assert (sum(done.ends.values()), len(done.parts), done.aside_rows) == (4, 1, 1)


def test_columns_of_other_tables_come_by_a_join(lake: Lakehouse, bronze: DataFrame) -> None:
    places = lake.spark.createDataFrame(
        [("Paris", "FR"), ("Łódź", "PL"), (None, "??"), ("Bonn", "DE")], "town string, land string"
    ).selectExpr("town", "struct(land) AS place")
    joined = bronze.join(places, bronze["City"] == places["town"], "left")
    columns = [sql.replace("City AS", "place.land AS") for sql in COLUMNS]
    append, done = _run(lake, joined.selectExpr(*columns, *CHOICE, *PLACE))
    append.commit(done.files)
    found = {row["source_id"]: row["city"] for row in lake.read("silver", "account").collect()}
    assert found == {"1": "FR", "2": "PL", "3": None}


def test_a_join_that_finds_several_rows_is_for_spark(lake: Lakehouse, bronze: DataFrame) -> None:
    places = lake.spark.createDataFrame([("Paris", "FR"), ("Paris", "US")], "town string, land string")
    joined = bronze.join(places, bronze["City"] == places["town"], "left")
    with pytest.raises(NotColumnarError, match="several rows"):
        _pipeline(lake, joined.selectExpr(*ALL))


def test_what_is_not_known_is_for_spark(lake: Lakehouse, bronze: DataFrame) -> None:
    with pytest.raises(NotColumnarError, match="Levenshtein"):
        _pipeline(lake, bronze.selectExpr(*ALL, "levenshtein(Name, City) AS how_far"), "how_far")


def test_a_task_that_fails_leaves_no_file(lake: Lakehouse, bronze: DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(lake, "bronze", "crm__account")
    plan = _pipeline(lake, bronze.selectExpr(*ALL))
    Path(source.pieces[-1].path).unlink()
    append, target = _target(lake, bronze.selectExpr(*COLUMNS))
    with pytest.raises(PySparkException):
        run_lane(lake.spark, plan, target, _scratch(lake), np.array([7]), SORTING)
    assert not list(Path(target.folder).glob("*.parquet"))


def test_rows_of_spark_get_to_the_parts_of_their_keys(lake: Lakehouse, bronze: DataFrame) -> None:
    rows = bronze.selectExpr(*ALL)
    _, done = _run(lake, rows)
    _, target = _target(lake, rows.select(*SILVER))
    parts = hold_frame(rows.where("source_id IN ('4', '7')").drop("_end"), target, _scratch(lake), SORTING.parts)
    assert {part: [file.rows for file in files] for part, files in parts.items()} == dict.fromkeys(done.parts, [2])


@pytest.fixture
def bronze(lake: Lakehouse) -> DataFrame:
    """Two files with names of columns that are not those of the files."""
    _append(lake, ROWS[:3], BRONZE.removesuffix(", Note string"))
    _append(lake, ROWS[3:], BRONZE)
    return lake.read("bronze", "crm__account")


def _append(lake: Lakehouse, rows: list[tuple[str | None, ...]], schema: str) -> None:
    width = schema.count("string")
    with settings(lake.spark, MAPPED):
        lake.append("bronze", "crm__account", frame_of(lake.spark, [row[:width] for row in rows], schema))


def _pipeline(lake: Lakehouse, rows: DataFrame, *more: str):  # type: ignore[no-untyped-def]
    source = source_of(lake, "bronze", "crm__account")
    return pipeline(source, rows, [*dict.fromkeys([*CONTROL, *DECIDING]), *SILVER, *more], NOW)


def _target(lake: Lakehouse, rows: DataFrame) -> tuple[FileAppend, Target]:
    append = lake.append_files("silver", "account")
    append.widen({field.name: str(field.dataType.jsonValue()) for field in rows.schema.fields})
    fields = {field.name: field for field in append.fields()}
    return append, Target(local_path(lake.path("silver", "account")), fields, ("source_system", "source_id"))


def _scratch(lake: Lakehouse) -> Path:
    return Path(local_path(str(lake.root)), "_scratch")


def _run(lake: Lakehouse, rows: DataFrame) -> tuple[FileAppend, Done]:
    append, target = _target(lake, rows.select(*SILVER))
    return append, run_lane(lake.spark, _pipeline(lake, rows), target, _scratch(lake), np.array([7]), SORTING)
