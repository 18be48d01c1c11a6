"""DataFrames of a few rows that Python knows, or of the rows of several frames."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema
from pyspark.sql.types import StructType

PLAIN_TYPES = {"bigint": pa.int64(), "boolean": pa.bool_(), "string": pa.string(), "binary": pa.binary()}


def frame_of(spark: SparkSession, rows: Iterable[Sequence[Any]], schema: StructType | str) -> DataFrame:
    """Return `rows`, tuples in the order of `schema`, as a DataFrame of one partition.

    Spark starts a Python worker each time that it evaluates a list of tuples; an Arrow table becomes
    a plan of constants, which costs a job on small tables half of its time.
    """
    wanted = schema if isinstance(schema, StructType) else _parsed(schema)
    arrow = to_arrow_schema(wanted)
    columns = list(zip(*rows, strict=True)) or [()] * len(arrow)
    arrays = [_array(column, field.type) for column, field in zip(columns, arrow, strict=True)]
    return arrow_frame(spark, pa.Table.from_arrays(arrays, schema=arrow), wanted).coalesce(1)


def arrow_frame(spark: SparkSession, table: pa.Table, schema: StructType | None = None) -> DataFrame:
    """Return the rows of an Arrow table, which may have none, with the table's columns and types."""
    # The type stubs of pyspark 4.1 do not say so, but Arrow tables are taken. Of none without rows is the schema asked.
    rows: Any = table
    frame: DataFrame = spark.createDataFrame(rows, schema=schema or from_arrow_schema(table.schema))
    return frame


def plain_schema(schema: str) -> pa.Schema:
    """Return Arrow's for a schema of plain types, `name type, name type`; needs no Spark, so that workers can ask."""
    return pa.schema([(name, PLAIN_TYPES[kind]) for name, kind in map(str.split, schema.split(", "))])


def _parsed(schema: str) -> StructType:
    parsed = StructType.fromDDL(schema)
    assert isinstance(parsed, StructType)
    return parsed


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if pa.types.is_map(kind):
        return pa.array([value if value is None else list(value.items()) for value in values], kind)
    return pa.array(values, kind)


def stacked(frames: Iterable[DataFrame]) -> DataFrame:
    """Return the rows of all frames; a column that a frame does not have is NULL in its rows."""
    return reduce(lambda one, other: one.unionByName(other, allowMissingColumns=True), frames)
