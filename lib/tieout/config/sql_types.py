"""Types of Spark SQL from the config, and errors that name its file, line and key."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from tieout.config import sql_errors
from tieout.config.location import ConfigLocation
from tieout.errors import ConfigError

__all__ = ["ConfigLocation", "sql_problems", "types_of", "unknown_column"]


def unknown_column(location: ConfigLocation, name: str, known: list[str], what: str) -> ConfigError:
    """Return the error for a column that an export does not have, with the nearest that it has."""
    return location.error(sql_errors.unknown_column(name, known, what))


def types_of(
    frame: DataFrame,
    expressions: Mapping[str, str],
    location_of: Callable[[str], ConfigLocation],
    what: str,
    known: list[str] | None = None,
) -> StructType:
    """Return the schema of Spark SQL expressions over `frame`, by name, without running anything.

    Raises ConfigError for all that are no SQL or name a column that is not there; `known`
    are the columns to suggest from, by default the frame's.
    """
    try:
        return _schema(frame, expressions)
    except PySparkException as error:
        found = sql_problems(frame, expressions, location_of, what, known)
        if not found:
            raise
        raise ConfigError.of(found) from error


def sql_problems(
    frame: DataFrame,
    expressions: Mapping[str, str],
    location_of: Callable[[str], ConfigLocation],
    what: str,
    known: list[str] | None = None,
) -> list[ConfigError]:
    """Return the errors of those expressions that are wrong; see `types_of`."""
    found = []
    for name, sql in expressions.items():
        try:
            _schema(frame, {name: sql})
        except PySparkException as error:
            problem = sql_errors.explain(error, sql, what, known or frame.columns)
            found.append(location_of(name).error(problem.message, problem.line))
    return found


def _schema(frame: DataFrame, expressions: Mapping[str, str]) -> StructType:
    return frame.selectExpr(*(f"({sql}) AS `{name}`" for name, sql in expressions.items())).schema
