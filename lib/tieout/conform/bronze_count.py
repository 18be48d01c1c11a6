"""How many rows has each bronze table, and which are they? Workers count large ones past the JVM, Spark the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.columnar.plan import NotColumnarError
from tieout.conform.lane_job import shares_of
from tieout.conform.lane_orders import Batches, Job
from tieout.conform.lane_source import GroupReader, Piece, Source, source_of
from tieout.delta_files import Field
from tieout.lakehouse import Lakehouse
from tieout.rows import plain_schema
from tieout.session import local_path
from tieout.sources.exported import CORRUPT, FILE_HASH, ROW
from tieout.spark_hash import xxhash64
from tieout.worker import task_numbers

log = logging.getLogger(__name__)
# About 200,000 rows of forty columns: fewer are counted in the time that it takes to list a table's files.
LARGE_BYTES = 32 * 2**20
COUNTED = (FILE_HASH, ROW, CORRUPT)
# What a task found in its share of one table, which is known by its place among the tables.
RESULT = "place bigint, rows bigint, corrupt bigint, digest bigint"


@dataclass(frozen=True)
class Content:
    """One bronze table: `rows`, how many of them could not be read, and a digest of which rows they are."""

    rows: int
    corrupt: int
    digest: int

    def __add__(self, other: Content) -> Content:
        """Return what both have together."""
        return Content(self.rows + other.rows, self.corrupt + other.corrupt, self.digest ^ other.digest)


Contents = dict[tuple[str, str], Content]
NOTHING = Content(0, 0, 0)


def source_if_large(lake: Lakehouse, table: str) -> Source | None:
    """Return the files of a bronze table if it is worth it and workers can read them, else None."""
    if not lake.is_local:
        return None
    folder = Path(local_path(lake.path("bronze", table)))
    if sum(file.stat().st_size for file in folder.rglob("*.parquet")) < LARGE_BYTES:
        return None
    try:
        return source_of(lake, "bronze", table)
    except NotColumnarError as reason:
        log.info("%s is counted by Spark: %s", table, reason)
        return None


def count(
    spark: SparkSession, frames: Mapping[tuple[str, str], DataFrame], sources: Mapping[tuple[str, str], Source]
) -> Contents:
    """Return what is in tables, but for those without rows; workers count those of which there is a source."""
    try:
        found = _by_workers(spark, sources)
    except PySparkException:
        # Nothing is lost but time: Spark counts what the workers failed at, and says it if it cannot either.
        log.warning("%s could not be counted by workers, and are counted by Spark", list(sources), exc_info=True)
        found = {}
    others = {spot: frame for spot, frame in frames.items() if spot not in found}
    return found | _by_spark(others)


def _by_spark(frames: Mapping[tuple[str, str], DataFrame]) -> Contents:
    """Count the rows of all frames in one job."""
    if not frames:
        return {}
    parts = [
        frame.select(
            F.lit(system).alias("system"),
            F.lit(name).alias("object"),
            F.xxhash64(FILE_HASH, ROW).alias("row"),
            F.col(CORRUPT).isNotNull().alias("corrupt"),
        )
        for (system, name), frame in frames.items()
    ]
    counted = (
        reduce(DataFrame.union, parts)
        .groupBy("system", "object")
        .agg(F.count(F.lit(1)).alias("rows"), F.count_if("corrupt").alias("corrupt"), F.bit_xor("row").alias("digest"))
    )
    # Bounded: one row an object.
    return {
        (row["system"], row["object"]): Content(row["rows"], row["corrupt"], row["digest"]) for row in counted.collect()
    }


def _by_workers(spark: SparkSession, sources: Mapping[tuple[str, str], Source]) -> Contents:
    """Count the rows of all sources in one job. Raises PySparkException where a worker fails."""
    spots = list(sources)
    tasks = [
        (place, [field for field in source.fields if field.name in COUNTED], share)
        for place, source in enumerate(sources.values())
        for share in shares_of(spark, source)
    ]
    if not tasks:
        return {}
    numbers = spark.range(0, len(tasks), 1, len(tasks))
    found: Contents = {}
    # Bounded by the number of tasks.
    for row in numbers.mapInArrow(_counter(tasks), RESULT).collect():
        spot = spots[row["place"]]
        found[spot] = found.get(spot, NOTHING) + Content(row["rows"], row["corrupt"], row["digest"])
    return found


def _counter(tasks: Sequence[tuple[int, Sequence[Field], Sequence[Piece]]]) -> Job:
    """Return a function from batches of the tasks' numbers to batches of RESULT."""

    def count_shares(batches: Batches) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            place, fields, share = tasks[number]
            row = {"place": place} | asdict(_content(fields, share))
            yield pa.RecordBatch.from_pylist([row], schema=plain_schema(RESULT))

    return count_shares


def _content(fields: Sequence[Field], share: Sequence[Piece]) -> Content:
    """Return what is in pieces of a table."""
    found = NOTHING
    for piece in share:
        # A file's hash is that of all its rows: it is read, and hashed, once for many.
        reader = GroupReader(piece, fields, dictionaries=[FILE_HASH])
        for batch in reader.batches(COUNTED):
            hashes, numbers, corrupt = batch.columns
            digest = int(np.bitwise_xor.reduce(xxhash64(hashes, numbers)))
            found += Content(batch.num_rows, batch.num_rows - corrupt.null_count, digest)
        reader.close()
    return found
