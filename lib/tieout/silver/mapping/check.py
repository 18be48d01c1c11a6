"""Check of the mappings against the columns that exports have, before a row of them is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import DataFrame, SparkSession

from tieout.bronze.exported import CORRUPT, FILE, FILE_HASH, INGESTED_AT, REASON, ROW, RUN_ID
from tieout.config import Config
from tieout.config.lookups import Lookups
from tieout.config.sql_types import ConfigLocation
from tieout.platform.sql import quoted
from tieout.silver.mapping.mapper import Mapper

TYPES = {
    FILE: "STRING", ROW: "BIGINT", FILE_HASH: "STRING", RUN_ID: "STRING", INGESTED_AT: "TIMESTAMP",
    CORRUPT: "STRING", REASON: "STRING",
}  # fmt: skip


def check_mappings(spark: SparkSession, config: Config, columns: Mapping[tuple[str, str], Sequence[str]]) -> None:
    """Compile every mapping of the objects in `columns`, exported columns by (system, object); no job runs.

    Raises ConfigError, naming file and line, for a column that no export has, and for wrong SQL.
    """
    frames = {key: _empty(spark, names) for key, names in columns.items()}
    lookups = Lookups(config.directory / "lookups")
    for system, source in config.sources.items():
        mapper = Mapper(
            source,
            lambda name, system=system: frames.get((system, name)),  # type: ignore[misc]
            lookups,
            ConfigLocation(config.directory / "sources" / f"{system}.yml"),
        )
        for name, item in source.objects.items():
            if (system, name) in frames:
                for entity in item.to:
                    mapper.mapped(name, config.entities[entity])


def _empty(spark: SparkSession, exported: Sequence[str]) -> DataFrame:
    named = {name: "STRING" for name in exported if name not in TYPES} | TYPES
    return spark.range(0).selectExpr(*(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in named.items()))
