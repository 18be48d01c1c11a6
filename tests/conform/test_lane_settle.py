"""Workers decide which of the rows that share a key stands as Spark does."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.conform.ends import key_hash, with_ends
from tieout.conform.lane import plain_struct
from tieout.conform.lane_job import hold_frame
from tieout.conform.lane_orders import KEY, Target
from tieout.conform.lane_settle import Settled, settle
from tieout.delta_files import Field
from tieout.lakehouse import Lakehouse
from tieout.rows import frame_of
from tieout.session import local_path

SILVER = {
    "source_system": "string", "source_id": "string", "name": "string", "_bronze_ref": "string",
    "_modified_at": "timestamp", "_deleted": "boolean",
}  # fmt: skip
QUARANTINING, RULES = 0b0110, 4
COUNT = 400


def test_rows_end_where_spark_has_them_end(lake: Lakehouse, target: Target) -> None:
    rows = _rows(lake, target)
    settled = _settled(rows, target)
    ended = with_ends(rows.withColumn("_good", F.col("_broken").bitwiseAND(F.lit(QUARANTINING)) == 0))
    for chosen, columns, files in (
        ("_end IN ('silver_current', 'soft_deleted')", SILVER, _silver(target, settled)),
        ("_end = 'quarantined'", target.held_kinds, [one.bad for one in settled if one.bad is not None]),
    ):
        expected = ended.where(chosen).select(*columns)
        assert not expected.isEmpty()
        found = lake.spark.read.schema(plain_struct(columns)).parquet(*files)
        assert_df_equality(found, expected, ignore_row_order=True, ignore_nullable=True)


def test_all_rows_are_counted(lake: Lakehouse, target: Target) -> None:
    rows = _rows(lake, target)
    settled = _settled(rows, target)
    ended = with_ends(rows.withColumn("_good", F.col("_broken").bitwiseAND(F.lit(QUARANTINING)) == 0))
    found: Counter[tuple[str, str, str]] = Counter()
    firsts = 0
    for one in (count for settlement in settled for count in settlement.counts):
        found[one.system, one.object, one.end] += one.rows
        firsts += one.firsts
    expected = ended.groupBy("source_system", "_object", "_end").count().collect()
    assert found == {tuple(row)[:3]: row["count"] for row in expected}
    assert firsts == rows.where("coalesce(_position, 0) = 0").count()
    broken = sum((Counter(one.broken) for one in settled), Counter())
    counted = ended.where("_end <> 'superseded'")
    assert broken == {n: counted.where(f"_broken & {1 << n} <> 0").count() for n in range(RULES)}


@pytest.fixture
def target(lake: Lakehouse) -> Target:
    fields = {name: Field(name, name, None, kind) for name, kind in SILVER.items()}
    return Target(local_path(lake.path("silver", "account")), fields)


def _rows(lake: Lakehouse, target: Target) -> DataFrame:
    """Return rows of few keys, or of none, changed at few times, or at none."""
    chance = random.Random(5)
    times = [None, *(datetime(2026, 1, day, tzinfo=UTC) for day in range(1, 4))]
    made = [
        (
            chance.choice(["crm", "erp"]), None if row % 50 == 0 else str(chance.randrange(60)), f"Firm {row}",
            f"file:{row}", chance.choice(times), chance.choice([None, False, False, True]), 0, row,
            chance.choice(["firms", "shops"]), chance.choice(times[1:]), chance.choice(["a", "b", "b\u00e9"]), row,
            None if row % 70 == 0 else row % 2, chance.choice([0, 0, 0, 1, 2, 4, 8, 10]), None, None, f"raw {row}",
        )
        for row in range(COUNT)
    ]  # fmt: skip
    rows = frame_of(lake.spark, made, plain_struct(target.held_kinds)).repartition(3)
    return rows.withColumn(KEY, F.when(F.col("source_id").isNotNull(), key_hash()))


def _settled(rows: DataFrame, target: Target) -> list[Settled]:
    folder = Path(target.folder, "held")
    folder.mkdir(parents=True)
    parts = hold_frame(rows, target, folder, 3)
    assert len(parts) > 1
    files = [[file.path for file in part] for part in parts.values()]
    return settle(rows.sparkSession, files, target, folder, QUARANTINING, RULES)


def _silver(target: Target, settled: list[Settled]) -> list[str]:
    return [str(Path(target.folder, one.file.name)) for one in settled if one.file is not None]
