"""How are large local CSV files checked? As `check` and `quoting` do it, but read by Python, and both at once."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict

import pyarrow as pa
from pyspark.sql import SparkSession

from tieout.sources import here, lines, plain
from tieout.sources.check import CheckedText, Split, TextStyle, by_style
from tieout.sources.check_range import LongLineError, check_range
from tieout.sources.files import SourceFile
from tieout.sources.lines import tasks_at_once
from tieout.sources.quoting import Run
from tieout.spark_hash import then_number, xxhash64
from tieout.worker import task_numbers

FOUND = "found string"
Range = tuple[int, str, int, int]


def check_here(spark: SparkSession, wanted: Iterable[tuple[SourceFile, TextStyle]]) -> dict[SourceFile, CheckedText]:
    """Return those of the files that are worth checking without Spark, checked; maybe none."""
    checked: dict[SourceFile, CheckedText] = {}
    for style, files in by_style(wanted).items():
        checked |= _check_style(spark, files, style)
    return checked


def _check_style(spark: SparkSession, files: Sequence[SourceFile], style: TextStyle) -> dict[SourceFile, CheckedText]:
    is_plain = style.wide is None and plain.has_doubled_quotes(style)
    chosen = here.files_here(spark, files) if is_plain else []
    if not chosen or sum(file.size for file in chosen) < here.LEAST_BYTES:
        return {}
    shares = _shares(chosen, tasks_at_once(spark))
    numbers = spark.range(0, len(shares), 1, len(shares))
    # Bounded by the number of splits.
    rows = numbers.mapInArrow(_checker(shares, style, here.BLOCK_BYTES), FOUND).collect()
    return _checked(chosen, style, [row["found"] for row in rows])


def _shares(files: Sequence[SourceFile], tasks: int) -> list[list[Range]]:
    """Return the splits of each task: all tasks have about as much to do, and none more than about one split."""
    ranges = [(number, here.path_of(file), *cut) for number, file in enumerate(files) for cut in here.cuts(file)]
    most = min(lines.SPLIT_BYTES, -(-sum(file.size for file in files) // tasks))
    return here.shares(ranges, lambda one: one[3] - one[2], most)


def _checker(
    shares: Sequence[Sequence[Range]], style: TextStyle, size: int
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    def check(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            found = [_found(one, style, size) for one in shares[number]]
            yield pa.RecordBatch.from_pydict({"found": pa.array(found, pa.string())})

    return check


def _found(one: Range, style: TextStyle, size: int) -> str | None:
    number, path, start, end = one
    try:
        counts, runs = check_range(path, start, end, style, size)
    except LongLineError:
        return None
    return json.dumps([number, {"start": start} | counts, [asdict(runs[False]), asdict(runs[True])]])


def _checked(
    files: Sequence[SourceFile], style: TextStyle, found: Sequence[str | None]
) -> dict[SourceFile, CheckedText]:
    """Return the files with their splits in order; none of them when a line was too long to be checked here."""
    splits: dict[int, list[Split]] = defaultdict(list)
    runs: dict[int, dict[int, dict[bool, Run]]] = defaultdict(dict)
    for text in found:
        if text is None:
            return {}
        number, counts, both = json.loads(text)
        if counts["lines"]:
            split = then_number(int(xxhash64(pa.array([files[number].uri]))[0]), counts["start"])
            splits[number].append(Split(split=split, **counts))
            runs[number][split] = {False: Run(**both[0]), True: Run(**both[1])}
    return {
        file: CheckedText(file, style, tuple(sorted(splits[number], key=lambda one: one.start)), runs[number])
        for number, file in enumerate(files)
    }
