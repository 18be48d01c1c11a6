"""How text files are checked and read, from content hash to rows that know their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.sources.check import CheckedText, TextStyle, check_text, is_blank
from tieout.sources.delimited import (
    BROKEN,
    column_names,
    first_data_line,
    header_text,
    parsed,
    require_whole,
    style_of,
)
from tieout.sources.encoding import decoded, require_encoding, wide_encoding
from tieout.sources.exported import CORRUPT, FILE, FILE_HASH, REASON, ROW, Export, Readable
from tieout.sources.files import SourceFile
from tieout.sources.heads import first_lines
from tieout.sources.lines import INDEX, LINE, SPLIT, read_lines, without_line_end
from tieout.sources.quoting import Quoted, assemble, chain, summarise_quotes

HEAD_LINES = 200
RECORD = "_record"


@dataclass(frozen=True)
class TextFile(Readable):
    """A checked text file: its header as written, where data starts, and its quoting if it needs that."""

    checked: CheckedText
    header: str
    first: int
    quoted: Quoted | None


def hash_text(spark: SparkSession, exports: Iterable[Export]) -> dict[SourceFile, CheckedText]:
    """Check and hash all files of delimited objects."""
    wanted = [
        (file, style_of(export.options, wide_encoding(export.options.encoding)))
        for export in exports
        for file in export.files
    ]
    return check_text(spark, wanted)


def inspect_text(
    spark: SparkSession, exports: Iterable[tuple[Export, Sequence[CheckedText]]]
) -> dict[SourceFile, TextFile]:
    """Find each file's columns and quoting.

    Raises SourceError for a file that is cut short or in another encoding than the config says.
    """
    pairs = [(export, checked) for export, files in exports for checked in files]
    heads = _heads(spark, [checked for _, checked in pairs])
    for export, checked in pairs:
        require_encoding(checked, export.options.encoding, b"\n".join(heads[checked.file][:2]))
    quoted = _quoting(spark, [checked for _, checked in pairs if checked.total("odd")])
    return {
        checked.file: _text_file(spark, export, checked, heads[checked.file], quoted.get(checked.file))
        for export, checked in pairs
    }


def _heads(spark: SparkSession, files: Sequence[CheckedText]) -> dict[SourceFile, list[bytes]]:
    by_reach: dict[tuple[int, str | None], list[SourceFile]] = defaultdict(list)
    for checked in files:
        count = HEAD_LINES if checked.total("odd") else max(checked.style.header, 0) + 2
        by_reach[count, checked.style.wide].append(checked.file)
    heads: dict[SourceFile, list[bytes]] = {}
    for (count, wide), group in by_reach.items():
        heads |= first_lines(spark, group, count, wide)
    return heads


def _quoting(spark: SparkSession, files: Sequence[CheckedText]) -> dict[SourceFile, Quoted]:
    by_style: dict[TextStyle, list[CheckedText]] = defaultdict(list)
    for checked in files:
        by_style[checked.style].append(checked)
    quoted: dict[SourceFile, Quoted] = {}
    for style, group in by_style.items():
        lines = read_lines(spark, [checked.file for checked in group], style.wide)
        # Bounded by the number of splits: one row for each.
        rows = summarise_quotes(lines, style).collect()
        summaries = {row[SPLIT]: row.asDict() for row in rows}
        quoted |= {checked.file: chain(checked, summaries) for checked in group}
    return quoted


def _text_file(
    spark: SparkSession, export: Export, checked: CheckedText, head: list[bytes], quoted: Quoted | None
) -> TextFile:
    options = export.options
    text = [_as_text(line, options.encoding) for line in head]
    header = header_text(text, checked.style)
    columns = tuple(column_names(header, options) if options.header else options.columns)
    first = first_data_line(options, header)
    if not checked.ends_with_line_break and quoted is None:
        last, number = _last_line(spark, checked), checked.total("lines")
        if number > first:
            require_whole(checked.file.path, _as_text(last, options.encoding), number, len(columns), options)
    rows = _rows(checked, text[:first], quoted, 1 if options.header else 0)
    return TextFile(checked.file, checked.hash, columns, rows, checked, header, first, quoted)


def _rows(checked: CheckedText, before: Sequence[str], quoted: Quoted | None, header: int) -> int:
    if quoted is not None:
        return quoted.records - header - sum(bool(line.strip()) for line in before[: checked.style.header])
    return checked.total("lines") - checked.total("blank") - sum(bool(line.strip()) for line in before)


def _last_line(spark: SparkSession, checked: CheckedText) -> bytes:
    split = checked.splits[-1]
    lines = read_lines(spark, [checked.file], checked.style.wide)
    found = lines.where((F.col(SPLIT) == split.split) & (F.col(INDEX) == split.lines - 1)).first()
    return found[LINE].encode("utf-8", "surrogateescape") if found else b""


def _as_text(line: bytes, encodings: Sequence[str]) -> str:
    for encoding in encodings:
        try:
            return line.decode("utf-8" if encoding.startswith("utf-16") else encoding)
        except UnicodeDecodeError:
            continue
    return line.decode("latin-1")


def read_text(spark: SparkSession, export: Export, files: Sequence[TextFile]) -> DataFrame:
    """Return the rows of an object's delimited files.

    Columns: those of any file, as strings; `_file`, `_row` (line where the record starts, from 1),
    `_file_hash`, `_corrupt` (the record as written, when it is none) and `_corrupt_reason`.
    """
    groups: dict[tuple[tuple[str, ...], str, bool, bool], list[TextFile]] = defaultdict(list)
    for file in files:
        valid = file.checked.total("invalid") == 0
        groups[file.columns, file.header, valid, file.quoted is not None].append(file)
    frames = [_read_group(spark, export, group) for group in groups.values()]
    together = frames[0]
    for frame in frames[1:]:
        together = together.unionByName(frame, allowMissingColumns=True)
    return together


def _read_group(spark: SparkSession, export: Export, files: Sequence[TextFile]) -> DataFrame:
    example = files[0]
    options = export.options
    valid = example.checked.total("invalid") == 0
    longest = max(split.longest for file in files for split in file.checked.splits)
    if example.quoted is not None:
        longest = 1_000_000
    lines = _records(spark, files).join(F.broadcast(_places(spark, files)), SPLIT)
    placed = (
        lines.withColumn(ROW, F.col("_before") + F.col(INDEX) + 1)
        .where((F.col(ROW) > F.col("_first")) & ~is_blank())
        .withColumn(RECORD, decoded(options.encoding, valid))
        .withColumn(LINE, F.coalesce(RECORD, F.expr(f"make_valid_utf8({LINE})")))
        .withColumn(LINE, without_line_end())
    )
    values = placed.withColumn("_values", parsed(len(example.columns), longest, options))
    return values.select(*_columns(example, len(files)))


def _records(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    lines = read_lines(spark, [file.file for file in files], files[0].checked.style.wide)
    if files[0].quoted is None:
        return lines.select(LINE, SPLIT, INDEX)
    starts = {split: start for file in files if file.quoted for split, start in file.quoted.starts.items()}
    return assemble(lines, files[0].checked.style, starts)


def _places(spark: SparkSession, files: Sequence[TextFile]) -> DataFrame:
    rows = []
    for file in files:
        before = 0
        for split in file.checked.splits:
            rows.append((split.split, before, file.first, file.file.name, file.hash))
            before += split.lines
    schema = f"{SPLIT} bigint, _before bigint, _first bigint, {FILE} string, {FILE_HASH} string"
    return spark.createDataFrame(rows, schema)


def _columns(file: TextFile, files: int) -> list[Column]:
    broken, unread = F.col(f"_values.{BROKEN}").isNotNull(), F.col(RECORD).isNull()
    repeated = F.col(LINE) == F.lit(file.header) if file.header else F.lit(False)
    reason = (
        F.when(unread, F.lit("bytes that are not in the configured encoding"))
        .when(broken, F.lit(f"does not have {len(file.columns)} values"))
        .when(repeated, F.lit("the header again"))
    )
    return [
        *(F.col(f"_values.c{position}").alias(name) for position, name in enumerate(file.columns)),
        F.col(FILE),
        F.col(ROW),
        F.col(FILE_HASH),
        F.when(unread | broken | repeated, F.col(LINE)).alias(CORRUPT),
        reason.alias(REASON),
    ]
