"""Which files did the tasks of a job write, and how many rows has each?"""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import SparkSession

from tieout.conform.lane_orders import Job
from tieout.rows import plain_schema

RESULT = "name string, rows bigint"


def files_of(spark: SparkSession, tasks: int, job: Job) -> dict[str | None, int]:
    """Return the files that the tasks of a job have written, and how many rows each has."""
    numbers = spark.range(0, tasks, 1, tasks or 1)
    # Bounded by the number of tasks. What tasks left that were run again is not named.
    return {row["name"]: row["rows"] for row in numbers.mapInArrow(job, RESULT).collect()}


def as_result(name: str | None, rows: int) -> pa.RecordBatch:
    """Return what a task yields that wrote a file; without a name, what one does that could not."""
    return pa.RecordBatch.from_pylist([{"name": name, "rows": rows}], schema=plain_schema(RESULT))
