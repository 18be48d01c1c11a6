"""Hand-made silver: a test names the fields that matter, the canonical schema fills the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import DecimalType, StructType, _parse_datatype_string

from tieout.config import Config, load_config
from tieout.config.definitions import merge
from tieout.gold.inputs import SYSTEM_COLUMNS, Inputs
from tieout.gold.money import Rate, rate_frame

AS_OF = date(2026, 9, 30)
CRM, ERP = "salesforce", "sap"
RATES = [
    Rate("EUR", date(2025, 1, 1), Decimal("1.10")),
    Rate("EUR", date(2026, 7, 1), Decimal("1.20")),
]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="session")
def config(conf_dir: Path) -> Config:
    return load_config(conf_dir, [CRM, ERP])


def row(system: str, key: str, **fields: Any) -> dict[str, Any]:
    return {"source_system": system, "source_id": key} | fields


def typed_frame(spark: SparkSession, rows: Rows, schema: StructType) -> DataFrame:
    def value(one: dict[str, Any], name: str, kind: Any) -> Any:
        given = one.get(name)
        return Decimal(str(given)) if isinstance(kind, DecimalType) and given is not None else given

    unknown = {name for one in rows for name in one} - set(schema.names)
    assert not unknown, f"no such field: {unknown}"
    data = [tuple(value(one, field.name, field.dataType) for field in schema) for one in rows]
    return spark.createDataFrame(data, schema)


@pytest.fixture(scope="session")
def silver_of(spark: SparkSession, config: Config) -> Callable[[dict[str, Rows]], dict[str, DataFrame]]:
    def build(given: dict[str, Rows]) -> dict[str, DataFrame]:
        base = {"_modified_at": datetime(2026, 9, 30, tzinfo=UTC), "_deleted": False}
        frames = {}
        for name, entity in config.entities.items():
            types = SYSTEM_COLUMNS | {field: one.type for field, one in entity.fields.items()}
            text = ", ".join(f"{field} {kind}" for field, kind in types.items())
            schema = _parse_datatype_string(text)
            assert isinstance(schema, StructType)
            frames[name] = typed_frame(spark, [base | one for one in given.get(name, [])], schema)
        return frames

    return build


@pytest.fixture(scope="session")
def inputs_of(
    spark: SparkSession, config: Config, silver_of: Callable[[dict[str, Rows]], dict[str, DataFrame]]
) -> Callable[..., Inputs]:
    """Build gold's inputs: `ids` maps entity → {(system, key): tieout_id}."""

    def build(given: dict[str, Rows], ids: dict[str, dict[tuple[str, str], str]]) -> Inputs:
        known = [(e, *key, golden, 0.97) for e, found in ids.items() for key, golden in found.items()]
        schema = "entity string, source_system string, source_id string, tieout_id string, confidence double"
        return Inputs(
            silver=silver_of(given),
            crosswalk=spark.createDataFrame(known, schema),
            rates=rate_frame(spark, RATES, "USD"),
            config=config,
            definitions=merge(config.definitions.values()),
            as_of=AS_OF,
        )

    return build
