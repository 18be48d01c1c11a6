"""Rows with what real exports have, odd texts among it, and what Spark and `Rows` make of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

from tieout.columnar.definitions import Definitions
from tieout.columnar.evaluate import Rows
from tieout.columnar.plan import Plan, read_plan
from tieout.columnar.reasons import reason
from tieout.columnar.simpler import simpler

NOW = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
NAMES = [
    None, "", " ", "  ACME  gmbh ", "Łódź Trading Sp. z o.o.", "Café Zoë", "Cafe\u0301 Zoe\u0308", "東京商事株式会社",
    "Ünal 🙂 Ltd", "O'Brien & Sons", "ΣΊΣΥΦΟΣ", "İstanbul A.Ş.", "x" * 300, "line\nbreak", "\ufeffmark", "tab\there",
]  # fmt: skip
COUNTRIES = [None, "DE", "pl", " FR ", "Deutschland", "", "Österreich"]


@dataclass(frozen=True)
class Both:
    """What Spark finds, and what is found here; rows that are doubtful here are in neither."""

    spark: list[dict[str, Any]]
    here: list[dict[str, Any]]
    doubtful: int


@pytest.fixture(scope="session")
def odd(spark: SparkSession, tmp_path_factory: pytest.TempPathFactory) -> DataFrame:
    """Some thousand rows: of `country` there are few distinct values, of `label` many."""
    path = str(tmp_path_factory.mktemp("odd") / "odd.parquet")
    count = 3000
    rows = pa.table({
        "row": pa.array(range(count), pa.int64()),
        "name": [NAMES[row % len(NAMES)] for row in range(count)],
        "label": [None if row % 11 == 0 else f"{NAMES[row % 16] or ''}/{row}" for row in range(count)],
        "country": [COUNTRIES[row % len(COUNTRIES)] for row in range(count)],
        "nothing": pa.nulls(count, pa.string()),
        "size": pa.array([None if row % 5 == 0 else row % 7 - 3 for row in range(count)], pa.int32()),
        "active": pa.array([None if row % 3 == 0 else row % 2 == 0 for row in range(count)], pa.bool_()),
    })  # fmt: skip
    parquet.write_table(rows, path)
    return spark.read.parquet(path)


def rows_of(frame: DataFrame, file: str) -> tuple[Plan, Rows]:
    """Return a frame's plan, and the rows of the file that it reads."""
    plan = read_plan(frame, NOW)
    table = parquet.read_table(file).combine_chunks()
    columns = {number: table[name].chunk(0) for number, name in plan.relation.items()}
    return plan, Rows(columns, Definitions(simpler(plan.definitions)), table.num_rows)


@pytest.fixture(scope="session")
def both(odd: DataFrame) -> Callable[[Sequence[str]], Both]:
    """Return the function that has expressions computed by Spark and here."""

    def found(expressions: Sequence[str]) -> Both:
        frame = odd.selectExpr("row", *(f"{sql} AS e{number}" for number, sql in enumerate(expressions)))
        plan, rows = rows_of(frame, odd.inputFiles()[0])
        here: dict[str, pa.Array] = {}
        for name, number in plan.outputs.items():
            if number in rows.definitions:
                node = rows.definitions[number]
                assert reason(node, rows.definitions, plan.relation) is None
                here[name] = rows.value(node)
        sure = pa.array(~rows.doubtful)
        spark = pa.table(frame.toArrow()).sort_by("row").drop_columns("row").filter(sure).to_pylist()
        return Both(spark, pa.table(here).filter(sure).to_pylist(), int(np.sum(rows.doubtful)))

    return found
