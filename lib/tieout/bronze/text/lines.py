"""Text files line by line, in parallel, each line knowing its place in its file.

Spark cuts large files into splits. One split is one partition here, so the low bits of
`monotonically_increasing_id` are the line's index in its split; with the number of lines in the
splits before, which the check pass counts, every line has its number without a shuffle.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.files import SourceFile
from tieout.platform.session import settings

SPLIT_BYTES = 64 * 2**20
SPLIT_SIZE = "spark.sql.files.maxPartitionBytes"
BATCH_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
# Lines that fit the processor's cache: of batches five times as long, all that is done takes a third longer.
BATCH_LINES = 10_000
# The id's low 33 bits count rows within a partition (documented for monotonically_increasing_id).
INDEX_BITS = 2**33 - 1
PATH, START, SPLIT, INDEX, LINE = "_path", "_start", "_split", "_index", "_line"
WIDE_ENCODINGS = {"utf-16-le": "UTF-16LE", "utf-16-be": "UTF-16BE"}


def one_split_per_partition(spark: SparkSession) -> AbstractContextManager[None]:
    """Make Spark read each file split as one partition of its own, always cut at the same places.

    Python gets lines in batches of a size that suits them.
    """
    cut = {
        BATCH_ROWS: str(BATCH_LINES),
        SPLIT_SIZE: str(SPLIT_BYTES),
        # A file that counts as a whole split more than it is never shares a partition.
        "spark.sql.files.openCostInBytes": str(SPLIT_BYTES),
    }
    return settings(spark, cut)


def read_lines(spark: SparkSession, files: Sequence[SourceFile], wide: str | None = None) -> DataFrame:
    """Return the files' lines, ended by LF; a CR before it stays.

    Columns: `_line` string (raw bytes; decoded when `wide` names a UTF-16 encoding), `_path` string,
    `_start` bigint (byte where the split starts), `_split` bigint (a hash of these two), `_index`
    bigint (the line's index in its split, from 0).
    """
    reader = spark.read.option("lineSep", "\n")
    if wide:
        reader = reader.option("encoding", WIDE_ENCODINGS[wide])
    frame = reader.text([file.load_path for file in files])
    return frame.select(
        _decoded(wide).alias(LINE),
        F.col("_metadata.file_path").alias(PATH),
        F.col("_metadata.file_block_start").alias(START),
        F.xxhash64("_metadata.file_path", "_metadata.file_block_start").alias(SPLIT),
        F.monotonically_increasing_id().bitwiseAND(F.lit(INDEX_BITS)).alias(INDEX),
    )


def _decoded(wide: str | None) -> Column:
    if wide is None:
        return F.col("value")
    return F.decode(F.col("value").cast("binary"), WIDE_ENCODINGS[wide])


def in_few_tasks(frame: DataFrame, files: Sequence[SourceFile], least: int = 1) -> DataFrame:
    """Return the frame, of the files' rows, in one task for each full split's worth of them, but in `least`.

    Many small files would else cost a task each. A compressed file, whose true size nobody knows, stays alone.
    """
    alone = sum(is_compressed(file.name) for file in files)
    size = sum(file.size for file in files if not is_compressed(file.name))
    return frame.coalesce(max(least, alone + math.ceil(size / SPLIT_BYTES)))


def tasks_at_once(spark: SparkSession) -> int:
    """Return how many tasks are worth having for small work: as configured, else one for each core here.

    Spark Connect does not tell a cluster's cores; too low a number only costs small files some time.
    """
    return int(spark.conf.get("spark.default.parallelism", str(os.cpu_count() or 2)) or 2)


def is_compressed(name: str) -> bool:
    """Tell whether Spark's text reader decompresses the file, by its name."""
    return name.endswith((".gz", ".bz2", ".zst", ".deflate", ".snappy", ".lz4"))


def without_line_end() -> Column:
    """Return `_line` without the CR that Windows writes before LF."""
    # Cutting bytes is a copy; cutting characters would count them first.
    cut = F.expr(f"cast(substring(cast({LINE} as binary), 1, octet_length({LINE}) - 1) as string)")
    return F.when(F.col(LINE).endswith("\r"), cut).otherwise(F.col(LINE))
