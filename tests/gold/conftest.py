"""Hand-made silver: a test names the fields that matter, the canonical schema fills the rest."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.types import StructType, _parse_datatype_string

from gold.books import AS_OF, CRM, ERP, IDS, RATES, Ids, Rows, crosswalk, customers_with_tickets, typed_frame
from tieout.config import Config, load_config
from tieout.config.models.definitions import merge
from tieout.gold.build import TABLES, named_facts, side_tables
from tieout.gold.documents.money import rate_frame
from tieout.gold.inputs import SYSTEM_COLUMNS, Inputs, read_inputs
from tieout.gold.publish import publish
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import Lakehouse


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

    def build(given: dict[str, Rows], ids: Ids) -> Inputs:
        return Inputs(
            silver=silver_of(given),
            crosswalk=crosswalk(spark, ids),
            rates=rate_frame(spark, RATES, "USD"),
            config=config,
            definitions=merge(config.definitions.values()),
            as_of=AS_OF,
        )

    return build


@pytest.fixture(scope="package")
def context(
    spark: SparkSession,
    config: Config,
    silver_of: Callable[[dict[str, Rows]], dict[str, DataFrame]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Context:
    """A lakehouse with hand-made silver and crosswalk; who is who is in `customers_with_tickets`."""
    place = tmp_path_factory.mktemp("gold")
    shutil.copytree(config.directory / "lookups", place / "lookups")
    lines = [f"{rate.currency},{rate.valid_from},{rate.rate}" for rate in RATES]
    (place / "lookups/exchange_rates.csv").write_text("\n".join(["currency,valid_from,rate", *lines]))
    lake = Lakehouse(spark, root=str(place / "lakehouse"))
    for name, frame in silver_of(customers_with_tickets()).items():
        if name != "price":  # a table that was never written is empty
            lake.overwrite("silver", name, frame)
    lake.overwrite("match", "crosswalk", crosswalk(spark, IDS))
    return Context(spark, lake, replace(config, directory=place), Run(lake, "publish"))


@pytest.fixture(scope="package")
def figures(context: Context) -> dict[str, Any]:
    """What the first publish said."""
    return publish(context, AS_OF)


@pytest.fixture(scope="package")
def published(context: Context, figures: dict[str, Any]) -> dict[str, DataFrame]:
    """Gold, and the facts, by the names under which SQL reads them."""
    inputs = read_inputs(context.lake, context.config, AS_OF)
    tables = {name: context.lake.read("gold", name) for name in TABLES}
    return tables | named_facts(inputs) | side_tables(inputs)
