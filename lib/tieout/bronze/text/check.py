"""One cheap pass over a text file's lines that tells whether it is whole, before anything is written.

The pass gives each file its content hash, the number of records in each split, and what the reader
must beware of: bytes that are not UTF-8, line breaks inside quotes, an end without a line break.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TypeVar

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.files import SourceFile
from tieout.bronze.text.lines import (
    INDEX,
    LINE,
    PATH,
    SPLIT,
    START,
    in_few_tasks,
    is_compressed,
    read_lines,
    tasks_at_once,
)

Item = TypeVar("Item")
PRIME = 2**31 - 1
LOW_31, LOW_32 = 2**31 - 1, 2**32 - 1


@dataclass(frozen=True)
class TextStyle:
    """What the check must know of an object's files; `skipped` lines precede the header."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    skipped: int = 0
    wide: str | None = None


@dataclass(frozen=True)
class Split:
    """What the check found in one split; `start` is its first byte, counts are lines."""

    start: int
    split: int
    lines: int
    blank: int
    size: int
    odd: int
    invalid: int
    longest: int
    low: int
    high: int
    plain: int
    placed: int


@dataclass(frozen=True)
class CheckedText:
    """One text file that was checked: its hash and its splits in order."""

    file: SourceFile
    style: TextStyle
    splits: tuple[Split, ...] = field(repr=False)

    def total(self, name: str) -> int:
        """Return the sum of one count over the splits."""
        return sum(getattr(split, name) for split in self.splits)

    @property
    def hash(self) -> str:
        """Return the content hash: the same for the same lines in the same order, whatever the name.

        Built from sums of each line's xxhash64, and of that times the line's number modulo a prime,
        so splits are hashed in parallel and the result does not depend on how the file was cut.
        """
        before, placed = 0, 0
        for split in self.splits:
            placed = (placed + split.placed + before * split.plain) % PRIME
            before += split.lines
        parts = (before, self.total("size"), self.total("low"), self.total("high"), placed)
        return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()

    @property
    def ends_with_line_break(self) -> bool:
        """Tell whether the last line is ended; unknown, so taken for yes, in a compressed file."""
        if is_compressed(self.file.name) or self.style.wide:
            return True
        return self.file.size >= self.total("size") + self.total("lines")


def check_text(spark: SparkSession, wanted: Iterable[tuple[SourceFile, TextStyle]]) -> dict[SourceFile, CheckedText]:
    """Check files of any number of objects, all files of one style in one Spark job."""
    checked: dict[SourceFile, CheckedText] = {}
    for style, files in by_style(wanted).items():
        checked |= _check_style(spark, files, style)
    return checked


def by_style(pairs: Iterable[tuple[Item, TextStyle]]) -> dict[TextStyle, list[Item]]:
    """Return what has the same style together."""
    found: dict[TextStyle, list[Item]] = defaultdict(list)
    for item, style in pairs:
        found[style].append(item)
    return found


def _check_style(spark: SparkSession, files: Sequence[SourceFile], style: TextStyle) -> dict[SourceFile, CheckedText]:
    splits: dict[str, list[Split]] = defaultdict(list)
    # Bounded by the number of splits: one row for each 64 MB.
    lines = in_few_tasks(read_lines(spark, files, style.wide), files, tasks_at_once(spark))
    for row in summarise(lines, style).collect():
        values = row.asDict()
        path = values.pop(PATH)
        splits[path].append(Split(start=values.pop(START), split=values.pop(SPLIT), **values))
    return {
        file: CheckedText(file, style, tuple(sorted(splits[file.uri], key=lambda split: split.start))) for file in files
    }


def summarise(lines: DataFrame, style: TextStyle) -> DataFrame:
    """Summarise lines by split: `_path`, `_start`, and the counts and hash sums of `Split`, all bigint.

    Needs `_line`, `_path`, `_start`, `_index`.
    """
    line = F.col(LINE)
    hashed = F.xxhash64(line)
    short = hashed.bitwiseAND(F.lit(LOW_31))
    place = F.col(INDEX) + 1
    return lines.groupBy(PATH, START, SPLIT).agg(
        F.count(F.lit(1)).alias("lines"),
        F.count_if(is_blank()).alias("blank"),
        F.sum(F.octet_length(line).cast("bigint")).alias("size"),
        F.sum(has_open_quote(style).cast("bigint")).alias("odd"),
        F.count_if(~F.expr(f"is_valid_utf8({LINE})")).alias("invalid"),
        F.max(F.octet_length(line)).cast("bigint").alias("longest"),
        F.sum(hashed.bitwiseAND(F.lit(LOW_32))).alias("low"),
        F.sum(F.shiftrightunsigned(hashed, 32)).alias("high"),
        F.sum(short).alias("plain"),
        F.sum((short * place) % PRIME).alias("placed"),
    )


def count_accented(spark: SparkSession, files: Sequence[SourceFile]) -> dict[SourceFile, int]:
    """Count the lines of each file that are valid UTF-8 and hold characters beyond ASCII."""
    if not files:
        return {}
    accented = F.expr(f"is_valid_utf8({LINE}) and octet_length({LINE}) <> char_length({LINE})")
    counted = read_lines(spark, files).groupBy(PATH).agg(F.count_if(accented).alias("accented"))
    # Bounded by the number of files.
    found = {row[PATH]: row["accented"] for row in counted.collect()}
    return {file: found.get(file.uri, 0) for file in files}


def is_blank() -> Column:
    """Tell whether `_line` holds nothing but white space."""
    # A look at the first byte settles it for nearly every line.
    return F.expr(f"octet_length({LINE}) = 0 or ({LINE} < '!' and trim(both ' \\t\\r\\u0000' from {LINE}) = '')")


def has_open_quote(style: TextStyle) -> Column:
    """Tell, as 1 or 0, whether `_line` has an odd number of quotes, escaped ones left out."""
    if not style.quote:
        return F.lit(0)
    line = F.col(LINE)
    if style.escape and style.escape != style.quote:
        line = F.replace(line, F.lit(style.escape + style.quote), F.lit(""))
    bare = F.replace(line, F.lit(style.quote), F.lit(""))
    quotes = (F.octet_length(line) - F.octet_length(bare)) / len(style.quote.encode())
    even = _is_plainly_closed(style) | ~F.contains(F.col(LINE), F.lit(style.quote))
    return F.when(even, 0).otherwise(quotes.cast("int") % 2)


def _is_plainly_closed(style: TextStyle) -> Column:
    """Tell of a line, by its ends alone, that its first value opens there and its last one closes there.

    Exports that quote everything consist of such lines, and counting quotes is the dear part of the check.
    """
    quote, line = style.quote, F.col(LINE)
    ends = (quote, f"{quote}\r")
    closes = reduce(or_, (line.endswith(end) for end in ends))
    opens_last = (f"{before}{end}" for before in (style.delimiter, quote, style.escape) if before for end in ends)
    closed_first = (f"{quote}{after}" for after in (style.delimiter, quote, "\r"))
    doubtful = [line.endswith(end) for end in opens_last] + [line.startswith(start) for start in closed_first]
    return line.startswith(quote) & closes & ~reduce(or_, doubtful) & (F.octet_length(line) > 2)
