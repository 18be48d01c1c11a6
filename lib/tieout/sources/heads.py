"""The first lines of each file, read without reading the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import pyarrow as pa
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.sources.files import SourceFile
from tieout.sources.lines import INDEX, LINE, PATH, START, read_lines

Batches = Iterable[pa.RecordBatch]


def first_lines(
    spark: SparkSession, files: Sequence[SourceFile], count: int, wide: str | None = None
) -> dict[SourceFile, list[bytes]]:
    """Return up to `count` first lines of each file, as bytes (UTF-8 when `wide` names a UTF-16 encoding)."""
    if not files:
        return {}
    lines = read_lines(spark, files, wide)
    columns = lines.select(PATH, F.col(LINE).cast("binary").alias(LINE), INDEX, START)
    # Taken before it is filtered: a split that is filtered first would be read to its end for nothing.
    taken = columns.mapInArrow(_first(count), f"{PATH} string, {LINE} binary, {INDEX} bigint, {START} bigint")
    # Bounded by `count` lines for each file.
    rows = taken.where(F.col(START) == 0).collect()
    found: dict[str, list[tuple[int, bytes]]] = defaultdict(list)
    for row in rows:
        found[row[PATH]].append((row[INDEX], bytes(row[LINE])))
    return {file: [line for _, line in sorted(found[file.uri])] for file in files}


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
