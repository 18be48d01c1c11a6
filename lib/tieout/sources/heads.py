"""The first lines of each file; of a large one, without reading the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from tieout.session import settings
from tieout.sources.files import SourceFile
from tieout.sources.lines import INDEX, LINE, PATH, START, in_few_tasks, is_compressed, read_lines, tasks_at_once

# Up to here a file is read faster to its end than a Python worker starts.
SMALL_BYTES = 4 * 2**20
BATCH_ROWS = "spark.sql.execution.arrow.maxRecordsPerBatch"
Batches = Iterable[pa.RecordBatch]


def first_lines(
    spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None = None
) -> dict[SourceFile, list[bytes]]:
    """Return up to `count` first lines of each file, as bytes (UTF-8 when `wide` names a UTF-16 encoding)."""
    found: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    small = [file for file in files if file.size <= SMALL_BYTES and not is_compressed(file.name)]
    large = [file for file in files if file not in small]
    # Bounded by `count` lines for each file.
    rows = _by_filter(spark, small, count, wide) + _by_leaving(spark, large, count, wide)
    for row in rows:
        found[row[PATH]].append((row[INDEX], bytes(row[LINE])))
    return {file: [line for _, line in sorted(found[file.uri])] for file in files}


def _by_filter(spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None) -> list[Row]:
    """Read files to their end, several in one task."""
    if not files:
        return []
    lines = read_lines(spark, files, wide).where((F.col(INDEX) < count) & (F.col(START) == 0))
    few = in_few_tasks(lines, files, tasks_at_once(spark))
    return few.select(PATH, F.col(LINE).cast("binary").alias(LINE), INDEX).collect()


def _by_leaving(spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None) -> list[Row]:
    """Read each file in a Python task that leaves after the first lines."""
    if not files:
        return []
    lines = read_lines(spark, files, wide)
    columns = lines.select(PATH, F.col(LINE).cast("binary").alias(LINE), INDEX, START)
    # Taken before it is filtered: a split that is filtered first would be read to its end for nothing.
    taken = columns.mapInArrow(_first(count), f"{PATH} string, {LINE} binary, {INDEX} bigint, {START} bigint")
    # Of a batch of the usual size nearly all would be read to be left.
    with settings(spark, {BATCH_ROWS: str(count)}):
        return taken.where(F.col(START) == 0).collect()


def _first(count: int) -> Callable[[Batches], Batches]:
    def first(batches: Batches) -> Batches:
        left = count
        for batch in batches:
            yield batch.slice(0, left)
            left -= batch.num_rows
            if left <= 0:
                # Leaving ends the task: what follows in the split is never read.
                return

    return first
