"""Hand-made silver: a test names the fields that matter, the canonical schema fills the rest."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType, _parse_datatype_string

from gold.books import AS_OF, CRM, ERP, RATES, Rows, customers_with_tickets, typed_frame
from tieout.config import Config, load_config
from tieout.config.definitions import merge
from tieout.gold.build import build, named_facts, side_tables
from tieout.gold.inputs import SYSTEM_COLUMNS, Inputs
from tieout.gold.money import rate_frame


@pytest.fixture(scope="session")
def config(conf_dir: Path) -> Config:
    return load_config(conf_dir, [CRM, ERP])


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


@pytest.fixture(scope="package")
def published(inputs_of: Callable[..., Inputs]) -> dict[str, DataFrame]:
    """Gold of a handful of customers, and the facts, by the names under which SQL reads them.

    big: contract just over 500,000, three open cases of 100, 40 and 30 days. euro: 550,000 EUR, one
    case of 31 days. exact: 500,000 and an old case. quiet: big, its case is closed. young: big, its
    case is recent. ended: big, but its contract has ended.
    """
    names = ("big", "euro", "exact", "quiet", "young", "ended")
    rows = customers_with_tickets(names)
    accounts = {(system, f"{system}-{name}"): name for name in names for system in (CRM, ERP)}
    contacts = {(CRM, "person"): "P1"}
    tables: dict[str, DataFrame] = {}

    def keep(table: str, frame: DataFrame) -> DataFrame:
        tables[table] = frame.localCheckpoint()
        return tables[table]

    inputs = inputs_of(rows, {"account": accounts, "contact": contacts})
    build(inputs, keep)
    return tables | named_facts(inputs) | side_tables(inputs)
