"""Config locations, for errors that name file, line and key."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyspark.errors import AnalysisException, ParseException, PySparkException
from pyspark.sql import DataFrame
from pyspark.sql.types import StructType

from tieout.config.base import Location, config_error, load_yaml, nearest
from tieout.errors import ConfigError


@dataclass(frozen=True)
class Place:
    """A key in a config file."""

    path: Path
    keys: Location = ()

    def at(self, *keys: int | str) -> Place:
        """Return the place below this one."""
        return Place(self.path, (*self.keys, *keys))

    def error(self, problem: str) -> ConfigError:
        """Return the error that names file, line and key."""
        return config_error(self.path, load_yaml(self.path), self.keys, problem)


def unknown_column(place: Place, name: str, known: list[str], what: str) -> ConfigError:
    """Return the error for a column that an export does not have, with the nearest that it has."""
    shown = ", ".join(known[:40]) + (", ..." if len(known) > 40 else "")
    return place.error(f"{what} has no column {name!r}.{nearest(name, known)} It has: {shown}")


def types_of(
    frame: DataFrame,
    expressions: Mapping[str, str],
    place_of: Callable[[str], Place],
    what: str,
    known: list[str] | None = None,
) -> StructType:
    """Return the schema of Spark SQL expressions over `frame`, by name, without running anything.

    Raises ConfigError for the first that is no SQL or names a column that is not there; `known`
    are the columns to suggest from, by default the frame's.
    """
    try:
        return _schema(frame, expressions)
    except PySparkException:
        for name, sql in expressions.items():
            try:
                _schema(frame, {name: sql})
            except PySparkException as error:
                raise _explained(error, place_of(name), known or frame.columns, what) from error
        raise


def _schema(frame: DataFrame, expressions: Mapping[str, str]) -> StructType:
    return frame.selectExpr(*(f"({sql}) AS `{name}`" for name, sql in expressions.items())).schema


def _explained(error: PySparkException, place: Place, columns: list[str], what: str) -> ConfigError:
    condition = error.getCondition() or ""
    details = error.getMessageParameters() or {}
    if condition.startswith("UNRESOLVED_COLUMN"):
        known = [name for name in columns if not name.startswith("_")]
        return unknown_column(place, details.get("objectName", "?").strip("`"), known, what)
    if isinstance(error, ParseException | AnalysisException):
        first = str(error).split("\n", 1)[0]
        return place.error(f"not valid Spark SQL: {re.sub(r'^[[][A-Z_.]+[]] ', '', first)}")
    raise error
