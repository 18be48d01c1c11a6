"""Workers count the rows of a large bronze table as Spark does, to the last bit of the digest."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame

from tieout.config import load_config
from tieout.conform import bronze_count
from tieout.conform.bronze import Bronze
from tieout.conform.bronze_count import Contents, count, source_if_large
from tieout.conform.lane_source import Piece, Source, source_of
from tieout.lakehouse import Lakehouse
from tieout.rows import frame_of
from tieout.session import settings

MAPPED = {"spark.databricks.delta.properties.defaults.columnMapping.mode": "name"}
BRONZE = "Id string, _row bigint, _file_hash string, _corrupt string"
HASHES = ["5e884898da28047151d0e56f8dc62927", "short", "", None]
SPOT = ("harbour", "firms")
TABLE = "harbour__firms"


@pytest.fixture
def frame(lake: Lakehouse) -> DataFrame:
    """Return a table of two files, with corrupt rows, and some that say neither their file's hash nor their number."""
    with settings(lake.spark, MAPPED):
        for first in (1, 4_000_000_000):
            rows = [
                (str(row), row if row % 7 else None, HASHES[row % 4], None if row % 5 else '"torn')
                for row in range(first, first + 300)
            ]
            lake.append("bronze", TABLE, frame_of(lake.spark, rows, BRONZE))
    return lake.read("bronze", TABLE)


def test_a_table_of_several_files_has_the_content_that_spark_finds(lake: Lakehouse, frame: DataFrame) -> None:
    source = source_of(lake, "bronze", TABLE)
    assert len({piece.path for piece in source.pieces}) == 2
    found = count(lake.spark, {}, {SPOT: source})
    assert found == _of_spark(lake, frame)
    assert (found[SPOT].rows, found[SPOT].corrupt) == (600, 120)


def test_groups_of_rows_are_counted_one_by_one(lake: Lakehouse, frame: DataFrame) -> None:
    source = _in_small_groups(source_of(lake, "bronze", TABLE))
    assert len(source.pieces) == 10
    assert count(lake.spark, {}, {SPOT: source}) == _of_spark(lake, frame)


def test_the_rest_is_counted_by_spark(lake: Lakehouse, frame: DataFrame) -> None:
    people, nobody = ("harbour", "people"), ("harbour", "nobody")
    few = {SPOT: frame, people: frame.limit(10), nobody: frame.limit(0)}
    found = count(lake.spark, few, {SPOT: source_of(lake, "bronze", TABLE)})
    assert found == count(lake.spark, few, {})
    assert [spot for spot in few if spot in found] == [SPOT, people]


def test_what_workers_fail_at_is_counted_by_spark(
    lake: Lakehouse, frame: DataFrame, caplog: pytest.LogCaptureFixture
) -> None:
    source = source_of(lake, "bronze", TABLE)
    gone = replace(source, pieces=tuple(replace(piece, path=f"{piece.path}.gone") for piece in source.pieces))
    assert count(lake.spark, {SPOT: frame}, {SPOT: gone}) == _of_spark(lake, frame)
    assert "could not be counted by workers" in caplog.text


def test_only_files_that_are_large_are_for_workers(
    lake: Lakehouse, frame: DataFrame, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert source_if_large(lake, TABLE) is None
    monkeypatch.setattr(bronze_count, "LARGE_BYTES", 1)
    assert source_if_large(lake, TABLE) == source_of(lake, "bronze", TABLE)
    lake.overwrite("bronze", TABLE, frame.selectExpr("*", "array(1) AS many"))
    with caplog.at_level(logging.INFO, "tieout.conform.bronze_count"):
        assert source_if_large(lake, TABLE) is None
    assert "is counted by Spark: column many" in caplog.text


def test_bronze_is_the_same_by_whomever_it_is_counted(
    lake: Lakehouse, frame: DataFrame, conf_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = load_config(conf_dir)
    system, name = next((system, name) for system, source in config.sources.items() for name in source.objects)
    lake.append("bronze", f"{system}__{name.lower()}", frame)
    found = []
    for large in (bronze_count.LARGE_BYTES, 1):
        monkeypatch.setattr(bronze_count, "LARGE_BYTES", large)
        bronze = Bronze(lake, config)
        bronze.open()
        found.append(bronze)
    assert found[0].contents == found[1].contents
    assert found[1].rows(system, name) == 600
    assert found[0].source(system, name) == found[1].source(system, name)


def _of_spark(lake: Lakehouse, frame: DataFrame) -> Contents:
    return count(lake.spark, {SPOT: frame}, {})


def _in_small_groups(source: Source) -> Source:
    """Return the same rows in copies of the files, of which each group has 60 rows and no column a dictionary."""
    pieces = []
    for piece in source.pieces:
        copy = f"{piece.path}.copy"
        parquet.write_table(parquet.read_table(piece.path), copy, row_group_size=60, use_dictionary=False)
        pieces += [Piece(copy, group, 1) for group in range(5)]
    return replace(source, pieces=tuple(pieces))
