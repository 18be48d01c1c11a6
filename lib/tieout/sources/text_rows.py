"""How checked text files are read: each record with its values and its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.config.reading import ReadingOptions
from tieout.rows import frame_of, stacked
from tieout.sources import delimited, fixed_width, json_lines
from tieout.sources.assembled import RECORD_SCHEMA, assembler, marked_lines
from tieout.sources.check import is_blank
from tieout.sources.encoding import UTF8, decoded
from tieout.sources.exported import FILE, FILE_HASH, ROW, Export
from tieout.sources.judge import LAST, LAST_ROWS, RAW, WRONG
from tieout.sources.lines import INDEX, LINE, SPLIT, read_lines, without_line_end
from tieout.sources.plain_records import PARSED, PlainForm, parsed_schema, parser, plain_form, value_columns
from tieout.sources.shape import VALUES, Shape
from tieout.sources.text import TextFile

BEFORE, FIRST, DECODED = "_before", "_first", "_decoded"
# A record of several lines may be longer than any of them.
LONGEST_ASSEMBLED = 1_000_000


def read_text(spark: SparkSession, export: Export, files: Sequence[TextFile]) -> DataFrame:
    """Return the rows of an object's text files.

    Columns: those of any file, as strings; `_file`; `_row`, the line where the record starts, from 1;
    `_file_hash`; and for the judge `_raw`, `_wrong` and `_last`.
    """
    groups: dict[tuple[object, ...], list[TextFile]] = defaultdict(list)
    for file in files:
        columns = () if export.options.format == "jsonl" else file.columns
        valid = file.checked.total("invalid") == 0
        groups[columns, file.header, valid, file.quoted is not None, file.checked.style].append(file)
    return stacked(_read_group(spark, export, group) for group in groups.values())


def _read_group(spark: SparkSession, export: Export, files: Sequence[TextFile]) -> DataFrame:
    """Read files of the same columns, encoding and quoting."""
    form = _plain_form(export, files)
    shape = _shape(export.options, files)
    lines = _records(spark, files, form).join(F.broadcast(_places(spark, files)), SPLIT)
    lines = lines.withColumn(ROW, F.col(BEFORE) + F.col(INDEX) + 1).where(F.col(ROW) > F.col(FIRST))
    if form is None:
        placed, values = _decoded(lines, export.options, files).withColumn(VALUES, shape.parse), shape.columns
    else:
        placed, values = _with_values(lines, shape), _either(shape, form)
    own = (
        F.col(FILE),
        F.col(ROW),
        F.col(FILE_HASH),
        F.col(LINE).alias(RAW),
        _wrong(shape, files[0]),
        F.col(LAST),
    )
    return placed.select(*(value.alias(name) for name, value in values.items()), *own)


def _decoded(lines: DataFrame, options: ReadingOptions, files: Sequence[TextFile]) -> DataFrame:
    """Leave out blank lines; make `_line` text, without the end that Windows writes.

    `_decoded` is null where no encoding fits.
    """
    known = lines.where(~is_blank()).withColumn(DECODED, decoded(options.encoding, _is_valid(files)))
    text = known.withColumn(LINE, F.coalesce(DECODED, F.expr(f"make_valid_utf8({LINE})")))
    return text.withColumn(LINE, without_line_end())


def _with_values(lines: DataFrame, shape: Shape) -> DataFrame:
    """Let Spark's parser read what is not plain; `_line` of plain records is there for the judge, if at all."""
    kept = lines.where(F.col(LINE).isNull() | ~is_blank()).withColumn(DECODED, F.lit(""))
    return kept.withColumn(LINE, without_line_end()).withColumn(VALUES, F.when(~F.col(PARSED), shape.parse))


def _either(shape: Shape, form: PlainForm) -> dict[str, Column]:
    plain = zip(shape.columns.items(), value_columns(form.columns), strict=True)
    return {name: F.when(F.col(PARSED), F.col(value)).otherwise(other) for (name, other), value in plain}


def _is_valid(files: Sequence[TextFile]) -> bool:
    return files[0].checked.total("invalid") == 0


def _plain_form(export: Export, files: Sequence[TextFile]) -> PlainForm | None:
    """Return how these files' plain records look; None where Spark's parser is to read every record."""
    options = export.options
    # Lines that are records as they are never leave the JVM: its parser costs less than the way to Arrow's and back.
    if files[0].quoted is None or not _is_valid(files) or UTF8 not in options.encoding:
        return None
    ends = {}
    for file in files:
        before, last = 0, file.checked.total("lines")
        for split in file.checked.splits:
            ends[split.split] = last - LAST_ROWS - before
            before += split.lines
    return plain_form(options, files[0].checked.style, files[0].columns, files[0].header, export.keys, ends)


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


def _records(spark: SparkSession, files: Sequence[TextFile], form: PlainForm | None) -> DataFrame:
    """Return `_line`, `_split` and `_index` of each record, and with a `form` what `parsed` adds."""
    style = files[0].checked.style
    lines = read_lines(spark, [file.file for file in files], style.wide)
    if files[0].quoted is None:
        return lines.select(LINE, SPLIT, INDEX)
    marked = marked_lines(lines, style)
    starts = {split: start for file in files if file.quoted for split, start in file.quoted.starts.items()}
    assemble = assembler(style, starts)
    if form is None:
        return marked.mapInArrow(assemble, RECORD_SCHEMA).withColumn(LINE, F.col(LINE).cast("string"))
    return marked.mapInArrow(parser(form, assemble), parsed_schema(form.columns))


def _places(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    rows = []
    for file in files:
        before, last = 0, file.checked.total("lines")
        for split in file.checked.splits:
            rows.append((split.split, before, file.first, last, file.file.name, file.hash))
            before += split.lines
    schema = f"{SPLIT} bigint, {BEFORE} bigint, {FIRST} bigint, {LAST} bigint, {FILE} string, {FILE_HASH} string"
    return frame_of(spark, rows, schema)
