"""How text files are checked, from content hash to what the reader must know of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.bronze.exported import Export, Readable
from tieout.bronze.files import SourceFile
from tieout.bronze.json import lines as json_lines
from tieout.bronze.text import delimited, fixed_width
from tieout.bronze.text.check import CheckedText, TextStyle, by_style, check_text, count_accented
from tieout.bronze.text.encoding import as_text, is_wide, needs_accents, require_encoding, wide_encoding
from tieout.bronze.text.headers import first_lines
from tieout.bronze.text.lines import INDEX, LINE, SPLIT, read_lines
from tieout.bronze.text.open_quotes import read_quoting
from tieout.bronze.text.quoting import Quoted
from tieout.config.models.reading import ReadingOptions
from tieout.errors import SourceError

FIRST_LINES = 200
STYLES = {"csv": delimited.style_of, "fixed": fixed_width.style_of, "jsonl": json_lines.style_of}
Pairs = Sequence[tuple[Export, CheckedText]]


@dataclass(frozen=True)
class TextFile(Readable):
    """A checked text file: its header as written, its first line of data, its quoting if it needs that.

    `deep` tells that some of its lines are JSON of very many levels.
    """

    checked: CheckedText
    header: str
    first: int
    quoted: Quoted | None
    deep: bool = False


def hash_text(spark: SparkSession, exports: Iterable[Export]) -> dict[SourceFile, CheckedText]:
    """Check and hash all files of delimited, fixed-width and JSON-lines objects, in one job a style."""
    pairs = [(export.options, file) for export in exports for file in export.files]
    heads = first_lines(spark, [file for options, file in pairs if is_wide(options.encoding)], 1)
    wanted = [(file, _style(options, heads.get(file, []))) for options, file in pairs]
    return check_text(spark, wanted)


def _style(options: ReadingOptions, head: Sequence[bytes]) -> TextStyle:
    return STYLES[options.format](options, wide_encoding(options.encoding, b"".join(head)))


def inspect_text(
    spark: SparkSession, exports: Iterable[tuple[Export, Sequence[CheckedText]]]
) -> dict[SourceFile, TextFile]:
    """Find each file's columns and quoting.

    Raises SourceError for a file that is cut short or in another encoding than the config says.
    """
    pairs = [(export, checked) for export, files in exports for checked in files]
    heads = _heads(spark, [checked for _, checked in pairs])
    _require_encodings(spark, pairs, heads)
    quoted = _quoting(spark, [checked for _, checked in pairs if checked.total("odd")])
    keys = _json_keys(spark, pairs)
    found = {}
    for export, checked in pairs:
        head = [as_text(line, export.options.encoding) for line in heads[checked.file]]
        _require_whole(spark, export, checked, quoted.get(checked.file), head)
        columns = keys.get(checked.file)
        found[checked.file] = _text_file(export.options, checked, head, quoted.get(checked.file), columns)
    return found


def _heads(spark: SparkSession, files: Sequence[CheckedText]) -> dict[SourceFile, list[bytes]]:
    by_reach: dict[tuple[int, str | None], list[SourceFile]] = defaultdict(list)
    for checked in files:
        count = FIRST_LINES if checked.total("odd") else checked.style.skipped + 2
        by_reach[count, checked.style.wide].append(checked.file)
    heads: dict[SourceFile, list[bytes]] = {}
    for (count, wide), group in by_reach.items():
        heads |= first_lines(spark, group, count, wide)
    return heads


def _require_encodings(spark: SparkSession, pairs: Pairs, heads: dict[SourceFile, list[bytes]]) -> None:
    doubtful = [checked.file for export, checked in pairs if needs_accents(checked, export.options.encoding)]
    accented = count_accented(spark, doubtful)
    for export, checked in pairs:
        head = b"\n".join(heads[checked.file][:2])
        require_encoding(checked, export.options.encoding, head, accented.get(checked.file, 0))


def _quoting(spark: SparkSession, files: Sequence[CheckedText]) -> dict[SourceFile, Quoted]:
    quoted: dict[SourceFile, Quoted] = {}
    for style, group in by_style((checked, checked.style) for checked in files).items():
        quoted |= read_quoting(spark, group, style)
    return quoted


def _json_keys(spark: SparkSession, pairs: Pairs) -> dict[SourceFile, json_lines.Keys]:
    files = [checked.file for export, checked in pairs if export.options.format == "jsonl"]
    if not files:
        return {}
    found = json_lines.keys(read_lines(spark, files))
    return {file: found.get(file.uri, json_lines.Keys()) for file in files}


def _require_whole(
    spark: SparkSession, export: Export, checked: CheckedText, quoted: Quoted | None, head: Sequence[str]
) -> None:
    """Raise SourceError when the last record has no line break and is no record: the file was cut short."""
    number = checked.total("lines")
    if checked.ends_with_line_break or number <= checked.style.skipped + 1:
        return
    start = number if quoted is None else quoted.last
    last = as_text(_last_record(spark, checked, start), export.options.encoding)
    lacks = _what_lacks(last, export.options, head) if last.strip() else None
    if lacks:
        raise SourceError(
            f"{checked.file.path}: line {start}: the file was cut short: its last record has no line break "
            f"and {lacks}. Export or upload the file again."
        )


def _last_record(spark: SparkSession, checked: CheckedText, start: int) -> bytes:
    """Return the file's lines from line `start` on; nothing where that is not in the last split."""
    split = checked.splits[-1]
    index = start - 1 - (checked.total("lines") - split.lines)
    if index < 0:
        return b""
    lines = read_lines(spark, [checked.file], checked.style.wide)
    last = lines.where((F.col(SPLIT) == split.split) & (F.col(INDEX) >= index)).orderBy(INDEX)
    # Bounded: the lines of one record.
    found = last.select(F.col(LINE).cast("binary").alias(LINE)).toArrow().column(LINE)
    return b"\n".join(found.to_pylist())


def _what_lacks(last: str, options: ReadingOptions, head: Sequence[str]) -> str | None:
    if options.format == "jsonl":
        return None if last.rstrip().endswith("}") else "is not a whole JSON object"
    if options.format == "fixed":
        least = fixed_width.shortest_record(options)
        return None if len(last) >= least else f"{len(last)} of at least {least} characters"
    found = len(delimited.split_record(last, options))
    columns = len(options.columns) or len(delimited.split_record(head[options.skip_lines], options))
    return None if found >= columns else f"{found} of {columns} values"


def _text_file(
    options: ReadingOptions,
    checked: CheckedText,
    head: Sequence[str],
    quoted: Quoted | None,
    keys: json_lines.Keys | None,
) -> TextFile:
    header = ""
    if options.format == "fixed":
        columns = [column.name for column in options.fixed_columns]
    elif keys is not None:
        columns = list(keys.names)
    elif options.header:
        header = delimited.header_text(head, checked.style)
        columns = delimited.column_names(header, options)
    else:
        columns = options.columns
    named = bool(header)
    first = options.skip_lines + (1 + header.count("\n") if named else 0)
    rows = _rows(checked, head[:first], quoted, named)
    deep = keys is not None and keys.deep
    return TextFile(checked.file, checked.hash, tuple(columns), rows, checked, header, first, quoted, deep)


def _rows(checked: CheckedText, before: Sequence[str], quoted: Quoted | None, named: bool) -> int:
    if quoted is not None:
        skipped = sum(bool(line.strip()) for line in before[: checked.style.skipped])
        return quoted.records - skipped - int(named)
    return checked.total("lines") - checked.total("blank") - sum(bool(line.strip()) for line in before)
