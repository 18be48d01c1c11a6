"""The first lines of each file; of a large one, without reading the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.files import SourceFile
from tieout.bronze.text.lines import (
    INDEX,
    LINE,
    PATH,
    SPLIT_SIZE,
    START,
    in_few_tasks,
    is_compressed,
    read_lines,
    tasks_at_once,
)
from tieout.platform.session import settings

# Up to here many files are read faster to their ends, together, than each by a job of its own.
SMALL_BYTES = 4 * 2**20
# Such jobs wait for Spark's planning more than for its work.
JOBS_AT_ONCE = 4


def first_lines(
    spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None = None
) -> dict[SourceFile, list[bytes]]:
    """Return up to `count` first lines of each file, as bytes (UTF-8 when `wide` names a UTF-16 encoding)."""
    found: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    small = [file for file in files if file.size <= SMALL_BYTES and not is_compressed(file.name)]
    large = [file for file in files if file not in small]
    # Bounded by `count` lines for each file.
    for row in _by_filter(spark, small, count, wide):
        found[row[PATH]].append((row[INDEX], bytes(row[LINE])))
    for file, lines in zip(large, _one_by_one(spark, large, count, wide), strict=True):
        found[file.uri] = list(enumerate(lines))
    return {file: [line for _, line in sorted(found[file.uri])] for file in files}


def _by_filter(spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None) -> list[Row]:
    """Read files to their end, several in one task."""
    if not files:
        return []
    lines = read_lines(spark, files, wide).where((F.col(INDEX) < count) & (F.col(START) == 0))
    few = in_few_tasks(lines, files, tasks_at_once(spark))
    return few.select(PATH, F.col(LINE).cast("binary").alias(LINE), INDEX).collect()


def _one_by_one(
    spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None
) -> Iterator[list[bytes]]:
    """Read each file by a job of its own, which leaves it after the first lines."""

    def head(file: SourceFile) -> list[bytes]:
        lines = read_lines(spark, [file], wide).select(F.col(LINE).cast("binary").alias(LINE))
        return [bytes(row[LINE]) for row in lines.limit(count).collect()]

    # A limit takes the first partition's rows, so the file must be one.
    with settings(spark, {SPLIT_SIZE: str(2**62)}), ThreadPoolExecutor(JOBS_AT_ONCE) as pool:
        yield from pool.map(head, files)
