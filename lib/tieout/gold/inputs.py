"""The inputs of gold: silver, the crosswalk, exchange rates and the date of the metrics."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.config.models.definitions import DefinitionFile, merge
from tieout.config.models.entity import EntityConfig
from tieout.errors import UsageError
from tieout.gold.documents.money import rate_frame, read_rates
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of

CROSSWALK_COLUMNS = ("entity", "source_system", "source_id", "tieout_id", "confidence")
SYSTEM_COLUMNS = {
    "source_system": "string",
    "source_id": "string",
    "_modified_at": "timestamp",
    "_deleted": "boolean",
}


@dataclass(frozen=True)
class Inputs:
    """Everything that gold is computed from."""

    silver: Mapping[str, DataFrame]
    crosswalk: DataFrame
    rates: DataFrame
    config: Config
    definitions: DefinitionFile
    as_of: date

    @property
    def kinds(self) -> dict[str, str]:
        """Return system → kind (crm, erp, other)."""
        return {name: source.kind for name, source in self.config.sources.items()}


def read_inputs(
    lake: Lakehouse, config: Config, as_of: date | None = None, only: Collection[str] | None = None
) -> Inputs:
    """Read silver, crosswalk, rates and definitions; a silver table that is not there is empty.

    With `only`, just these silver tables. The date of the metrics is `as_of`, else the project's, else the
    newest `_modified_at` of silver, so that the same input gives the same gold; today where silver has none.
    Raises UsageError when nothing has been resolved yet, ConfigError for wrong rates or definitions.
    """
    definitions = merge(config.definitions.values())
    rates = read_rates(config.lookup_path(config.project.exchange_rates))
    if not lake.exists("match", "crosswalk"):
        raise UsageError("There is no match.crosswalk yet: run `tieout resolve` (or `tieout run`) first.")
    silver = silver_tables(lake, config, only)
    return Inputs(
        silver=silver,
        crosswalk=lake.read("match", "crosswalk").select(*CROSSWALK_COLUMNS),
        rates=rate_frame(lake.spark, rates, config.project.reporting_currency),
        config=config,
        definitions=definitions,
        as_of=as_of or config.project.as_of or newest_change(silver) or lake.today(),
    )


def silver_tables(lake: Lakehouse, config: Config, only: Collection[str] | None = None) -> dict[str, DataFrame]:
    """Read the silver table of each entity (or of `only` some) with all its fields; one that is not there is empty."""
    entities = {name: entity for name, entity in config.entities.items() if only is None or name in only}
    return {name: _silver(lake, name, entity) for name, entity in entities.items()}


def _silver(lake: Lakehouse, name: str, entity: EntityConfig) -> DataFrame:
    if not lake.exists("silver", name):
        types = SYSTEM_COLUMNS | {field: one.type for field, one in entity.fields.items()}
        schema = ", ".join(f"`{field}` {kind}" for field, kind in types.items())
        return frame_of(lake.spark, [], schema)
    return with_fields(lake.read("silver", name), entity)


def with_fields(frame: DataFrame, entity: EntityConfig) -> DataFrame:
    """Add the entity's fields that the frame lacks, as nulls."""
    lacking = {name: F.lit(None).cast(field.type) for name, field in entity.fields.items() if name not in frame.columns}
    return frame.withColumns(lacking) if lacking else frame


def newest_change(silver: Mapping[str, DataFrame]) -> date | None:
    """Return the day of the newest `_modified_at` over all tables, or None when there is none."""
    newest = [frame.agg(F.max("_modified_at").alias("newest")) for frame in silver.values()]
    row = reduce(DataFrame.unionByName, newest).agg(F.max("newest").cast("date")).first()
    return row[0] if row else None
