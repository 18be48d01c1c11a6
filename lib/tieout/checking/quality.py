"""Gates: the names and arguments of expectations, the columns that they read, and their SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from tieout.checking.empty import constant_problems, empty_frame
from tieout.config import Config
from tieout.config.base import nearest
from tieout.config.consistency import unknown
from tieout.config.location import ConfigLocation
from tieout.config.lookups import Lookups
from tieout.config.models.entity import EntityConfig
from tieout.config.models.quality import ExpectationConfig
from tieout.config.sql_types import sql_problems
from tieout.errors import ConfigError
from tieout.platform.sql import literal
from tieout.quality.expectation_arguments import columns_of, problems
from tieout.quality.expectations import row_sql

SYSTEM_COLUMNS = {"source_system": "STRING", "source_id": "STRING", "_modified_at": "TIMESTAMP", "_deleted": "BOOLEAN"}
FROM_LIST = frozenset({"value_set"})


def quality_problems(spark: SparkSession, config: Config, lookups: Lookups) -> Iterator[ConfigError]:
    """Yield what is wrong in the gates of all entities."""
    patterns: dict[ConfigLocation, str] = {}
    for entity, quality in config.quality.items():
        if entity not in config.entities:
            continue
        frame = entity_frame(spark, config.entities[entity])
        location = ConfigLocation(config.directory / "quality" / f"{entity}.yml", ("expectations",))
        for position, expectation in enumerate(quality.expectations):
            inner = location.at(position)
            found = list(_arguments(expectation, inner)) + list(_value_set(expectation, lookups, inner))
            found += _columns(expectation, entity, frame.columns, inner)
            yield from found or _sql(expectation, entity, frame, inner)
            patterns |= dict(_patterns(expectation, inner))
    yield from constant_problems(spark, patterns)


def entity_frame(spark: SparkSession, entity: EntityConfig) -> DataFrame:
    """Return an empty silver table of an entity."""
    return empty_frame(spark, SYSTEM_COLUMNS | {name: field.type for name, field in entity.fields.items()})


def _arguments(expectation: ExpectationConfig, location: ConfigLocation) -> Iterator[ConfigError]:
    given = FROM_LIST if expectation.value_set_from is not None else frozenset()
    for key, message in problems(expectation.type, expectation.kwargs, given):
        yield location.at(*key.split(".")).error(message)


def _value_set(expectation: ExpectationConfig, lookups: Lookups, location: ConfigLocation) -> Iterator[ConfigError]:
    source = expectation.value_set_from
    if source is None:
        return
    found = list(unknown(location.at("value_set_from", "table"), "code list", source.table, lookups.names))
    yield from found
    if found or source.column is None:
        return
    try:
        columns = lookups.get(source.table).columns
    except ConfigError as error:
        yield error
        return
    yield from unknown(location.at("value_set_from", "column"), f"column of {source.table}", source.column, columns)


def _columns(
    expectation: ExpectationConfig, entity: str, known: list[str], location: ConfigLocation
) -> Iterator[ConfigError]:
    for key, name in columns_of(expectation.type, expectation.kwargs):
        if name not in known and isinstance(name, str):
            shown = [column for column in known if not column.startswith("_")]
            message = f"{entity} has no column {name!r}.{nearest(name, shown)} It has: {', '.join(shown)}"
            yield location.at("kwargs", key).error(message)


def _sql(
    expectation: ExpectationConfig, entity: str, frame: DataFrame, location: ConfigLocation
) -> Iterator[ConfigError]:
    kwargs: dict[str, Any] = expectation.kwargs
    condition = kwargs.get("row_condition")
    if isinstance(condition, str):
        inner = location.at("kwargs", "row_condition")
        found = sql_problems(frame, {"condition": condition}, lambda _: inner, entity)
        yield from found
        if found:
            return
    given = {"value_set": ["a"]} if expectation.value_set_from is not None else {}
    try:
        sql = row_sql(expectation.type, kwargs | given)
    except ValueError as error:
        yield location.at("kwargs").error(str(error))
        return
    if sql is not None:
        key = "unexpected_rows_query" if "unexpected_rows_query" in kwargs else "column"
        yield from sql_problems(frame, {"rule": sql}, lambda _: location.at("kwargs", key), entity)


def _patterns(expectation: ExpectationConfig, location: ConfigLocation) -> Iterator[tuple[ConfigLocation, str]]:
    """Yield an expression for each regular expression, which Spark compiles as it computes it."""
    regex, several = expectation.kwargs.get("regex"), expectation.kwargs.get("regex_list")
    if isinstance(regex, str):
        yield location.at("kwargs", "regex"), f"'' RLIKE {literal(regex)}"
    for position, one in enumerate(several if isinstance(several, list) else []):
        yield location.at("kwargs", "regex_list", position), f"'' RLIKE {literal(one)}"
