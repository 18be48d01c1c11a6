"""DataFrames without rows, on which Spark analyses SQL; no job runs."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from tieout.config import sql_errors
from tieout.config.location import ConfigLocation
from tieout.errors import ConfigError
from tieout.platform.sql import quoted


def empty_frame(spark: SparkSession, columns: Mapping[str, str]) -> DataFrame:
    """Return a frame of these columns, name → SQL type, without rows."""
    return spark.range(0).selectExpr(*(f"CAST(NULL AS {kind}) AS {quoted(name)}" for name, kind in columns.items()))


def stored(frame: DataFrame) -> DataFrame:
    """Return an empty frame of the same schema, as if the frame had been written and read again."""
    types = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
    return empty_frame(frame.sparkSession, types)


def constant_problems(spark: SparkSession, expressions: Mapping[ConfigLocation, str]) -> list[ConfigError]:
    """Return the errors of expressions over constants, which Spark computes as it plans: patterns and the like."""
    if not expressions or _computes(spark, list(expressions.values())) is None:
        return []
    errors = {location: _computes(spark, [sql]) for location, sql in expressions.items()}
    return [location.error(message) for location, message in errors.items() if message is not None]


def _computes(spark: SparkSession, expressions: list[str]) -> str | None:
    try:
        spark.sql("SELECT " + ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(expressions))).collect()
    except PySparkException as error:
        return sql_errors.explain(error, "").message
    return None
