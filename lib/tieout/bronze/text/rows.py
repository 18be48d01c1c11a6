"""How checked text files are read: each record with its values and its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.exported import FILE, FILE_HASH, ROW, Export
from tieout.bronze.json import lines as json_lines
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.bronze.text import delimited, fixed_width
from tieout.bronze.text.check import is_blank
from tieout.bronze.text.columns import VALUES, Shape
from tieout.bronze.text.encoding import decoded
from tieout.bronze.text.inspection import TextFile
from tieout.bronze.text.lines import INDEX, LINE, SPLIT, read_lines, without_line_end
from tieout.bronze.text.records import RECORD_SCHEMA, assembler, marked_lines
from tieout.config.models.reading import ReadingOptions
from tieout.platform.rows import frame_of, stacked

BEFORE, FIRST, DECODED = "_before", "_first", "_decoded"
# A record of several lines may be longer than any of them.
LONGEST_ASSEMBLED = 1_000_000


def read_text(spark: SparkSession, export: Export, files: Sequence[TextFile]) -> DataFrame:
    """Return the rows of an object's text files.

    Columns: those of any file, as strings; `_file`; `_row`, the line where the record starts, from 1;
    `_file_hash`; and for the reject rules `_raw`, `_wrong` and `_last`.
    """
    groups = alike(export, files)
    return stacked(parsed(export.options, group, _placed(spark, group)) for group in groups)


def alike(export: Export, files: Sequence[TextFile]) -> list[list[TextFile]]:
    """Return the files in groups of the same columns, encoding and quoting."""
    groups: dict[tuple[object, ...], list[TextFile]] = defaultdict(list)
    for file in files:
        columns = () if export.options.format == "jsonl" else file.columns
        valid = file.checked.total("invalid") == 0
        groups[columns, file.header, valid, file.quoted is not None, file.checked.style].append(file)
    return list(groups.values())


def _placed(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    """Return the records of alike files, with their lines."""
    lines = _records(spark, files).join(F.broadcast(_places(spark, files)), SPLIT)
    placed = lines.withColumn(ROW, F.col(BEFORE) + F.col(INDEX) + 1)
    return placed.where((F.col(ROW) > F.col(FIRST)) & ~is_blank())


def parsed(options: ReadingOptions, files: Sequence[TextFile], records: DataFrame) -> DataFrame:
    """Return the values of records of alike files, which are as in `read_text`.

    Needs `_line` string (raw bytes), `_file`, `_row`, `_file_hash` and `_last`.
    """
    shape = _shape(options, files)
    valid = files[0].checked.total("invalid") == 0
    values = (
        records.withColumn(DECODED, decoded(options.encoding, valid))
        .withColumn(LINE, F.coalesce(DECODED, F.expr(f"make_valid_utf8({LINE})")))
        .withColumn(LINE, without_line_end())
        .withColumn(VALUES, shape.parse)
    )
    own = (
        F.col(FILE),
        F.col(ROW),
        F.col(FILE_HASH),
        F.col(LINE).alias(RAW),
        _wrong(shape, files[0]),
        F.col(LAST),
    )
    return values.select(*(value.alias(name) for name, value in shape.columns.items()), *own)


def _shape(options: ReadingOptions, files: Sequence[TextFile]) -> Shape:
    if options.format == "fixed":
        return fixed_width.shape(options)
    if options.format == "jsonl":
        names = dict.fromkeys(key for file in files for key in file.columns)
        return json_lines.shape(list(names), any(file.deep for file in files))
    longest = max((split.longest for file in files for split in file.checked.splits), default=0)
    return delimited.shape(files[0].columns, LONGEST_ASSEMBLED if files[0].quoted else longest, options)


def _wrong(shape: Shape, file: TextFile) -> Column:
    wrong = F.when(F.col(DECODED).isNull(), F.lit("has bytes that are not in the configured encoding"))
    wrong = wrong.when(shape.broken, F.lit(shape.reason))
    if file.header:
        wrong = wrong.when(F.col(LINE) == F.lit(file.header), F.lit("is the header again"))
    return wrong.alias(WRONG)


def _records(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    style = files[0].checked.style
    lines = read_lines(spark, [file.file for file in files], style.wide)
    if files[0].quoted is None:
        return lines.select(LINE, SPLIT, INDEX)
    starts = {split: start for file in files if file.quoted for split, start in file.quoted.starts.items()}
    records = marked_lines(lines, style).mapInArrow(assembler(style, starts), RECORD_SCHEMA)
    return records.withColumn(LINE, F.col(LINE).cast("string"))


def _places(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    rows = []
    for file in files:
        before, last = 0, file.checked.total("lines")
        for split in file.checked.splits:
            rows.append((split.split, before, file.first, last, file.file.name, file.hash))
            before += split.lines
    schema = f"{SPLIT} bigint, {BEFORE} bigint, {FIRST} bigint, {LAST} bigint, {FILE} string, {FILE_HASH} string"
    return frame_of(spark, rows, schema)
