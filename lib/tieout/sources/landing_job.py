"""How are plain local files cut into tasks, and what becomes of the records that these set aside?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from tieout.delta_files import DataFile
from tieout.rows import frame_of, stacked
from tieout.session import local_path
from tieout.sources import here, lines
from tieout.sources.bronze import with_run
from tieout.sources.bronze_file import bronze_file
from tieout.sources.byte_ranges import ByteRange
from tieout.sources.check import is_blank
from tieout.sources.exported import CORRUPT, FILE, FILE_HASH, ROW, SYSTEM_COLUMNS, Export
from tieout.sources.judge import LAST, judged
from tieout.sources.landing_task import ORIGIN, RESULT, WRITTEN, Origin, Share, Target, Written, lander
from tieout.sources.lines import LINE
from tieout.sources.plain_csv import CsvFile
from tieout.sources.text import TextFile
from tieout.sources.text_rows import parsed

Groups = Sequence[Sequence[TextFile]]
Numbered = dict[int, TextFile]
ASIDE = f"{LINE} binary, {FILE} string, {ROW} bigint, {FILE_HASH} string, {LAST} bigint"


@dataclass(frozen=True)
class AllWritten:
    """The Parquet files, and the numbers of rows and of corrupt ones by file; nothing is known unless it `is_whole`."""

    files: list[DataFile]
    rows: list[int]
    corrupt: list[int]
    is_whole: bool


def write_files(spark: SparkSession, export: Export, groups: Groups, target: Target) -> AllWritten:
    """Write the rows of an object's plain local files, in groups that are alike, to Parquet files of its table."""
    files = [file for group in groups for file in group]
    shares = [share for numbered in _numbered(groups) for share in _shares(numbered)]
    origins = [Origin(_csv_file(file, export), file.file.name, file.hash) for file in files]
    numbers = spark.range(0, len(shares), 1, len(shares))
    # Bounded by the number of splits, and by what tasks set aside.
    results = numbers.mapInArrow(lander(shares, origins, target), RESULT).collect()
    texts = [row[WRITTEN] for row in results if row[LINE] is None]
    found = [_without_aside(Written.from_json(text), len(files)) for text in texts if text is not None]
    aside = [row for row in results if row[LINE] is not None]
    if aside and len(found) == len(texts):
        found.append(_land_aside(_judged(spark, export, groups, aside, target), files, target))
    return AllWritten(
        files=[file for one in found for file in one.files],
        rows=[sum(counts) for counts in zip(*(one.rows for one in found), strict=True)],
        corrupt=[sum(counts) for counts in zip(*(one.corrupt for one in found), strict=True)],
        is_whole=len(found) >= len(texts),
    )


def _without_aside(written: Written, files: int) -> AllWritten:
    """Return what a task wrote, of so many files: rows of which none is corrupt."""
    rows = [written.rows.get(number, 0) for number in range(files)]
    return AllWritten([written.file] if written.file else [], rows, [0] * files, True)


def _numbered(groups: Groups) -> list[Numbered]:
    """Return the groups with each file's number among all."""
    numbers = count()
    return [{next(numbers): file for file in group} for group in groups]


def _shares(files: Numbered) -> list[Share]:
    """Return the tasks of alike files: consecutive splits, up to about as many bytes as one may have."""
    splits = [(number, split) for number, file in files.items() for split in _ranges(file)]
    groups = here.shares(splits, lambda one: one[1].end - one[1].start, lines.SPLIT_BYTES)
    return [Share(tuple(group)) for group in groups]


def _ranges(file: TextFile) -> list[ByteRange]:
    splits = file.checked.splits
    path = local_path(file.file.path)
    ends = [*(split.start for split in splits[1:]), file.file.size]
    ranges, before = [], 0
    for split, end in zip(splits, ends, strict=True):
        inside = file.quoted is not None and file.quoted.starts[split.split].inside
        ranges.append(ByteRange(path, split.start, end, before, inside))
        before += split.lines
    return ranges


def _csv_file(file: TextFile, export: Export) -> CsvFile:
    keys = {key.lower() for key in export.keys}
    return CsvFile(
        style=file.checked.style,
        columns=file.columns,
        keys=tuple(name for name in file.columns if name.lower() in keys),
        header=file.header.encode(),
        first=file.first,
        last=file.checked.total("lines"),
        valid=file.checked.total("invalid") == 0,
    )


def _judged(spark: SparkSession, export: Export, groups: Groups, aside: Sequence[Row], target: Target) -> pa.Table:
    """Return the rows of records that were set aside, parsed and judged by Spark."""
    # Groups without such records count too: it depends on all columns which are looked at for what.
    frames = [
        parsed(export.options, list(files.values()), _records(spark, files, aside)) for files in _numbered(groups)
    ]
    frame = with_run(judged(stacked(frames), export), target.run_id, target.at)
    # Bounded by what tasks set aside.
    return frame.toArrow()


def _records(spark: SparkSession, files: Numbered, aside: Sequence[Row]) -> DataFrame:
    chosen = [(files[row[ORIGIN]], row) for row in aside if row[ORIGIN] in files]
    rows = [
        (bytes(row[LINE]), file.file.name, row[ROW], file.hash, file.checked.total("lines")) for file, row in chosen
    ]
    frame = frame_of(spark, rows, ASIDE).withColumn(LINE, F.col(LINE).cast("string"))
    return frame.where(~is_blank())


def _land_aside(table: pa.Table, files: Sequence[TextFile], target: Target) -> AllWritten:
    """Write rows that were judged to a file of their own."""
    exported = [name for name in table.column_names if name not in SYSTEM_COLUMNS]
    opened = bronze_file(target.folder, exported, target.fields)
    opened.add(table)
    written = opened.close()
    rows, corrupt = (Counter(one.column(FILE_HASH).to_pylist()) for one in (table, _corrupt(table)))
    return AllWritten(
        files=[written] if written else [],
        rows=[rows[file.hash] for file in files],
        corrupt=[corrupt[file.hash] for file in files],
        is_whole=True,
    )


def _corrupt(table: pa.Table) -> pa.Table:
    return table.filter(table.column(CORRUPT).is_valid())
