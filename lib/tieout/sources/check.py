"""Is each text file whole and readable? One cheap pass over its lines, before anything is written.

The pass gives each file its content hash, the number of records in each split, and what the reader
must beware of: bytes that are not UTF-8, line breaks inside quotes, an end without a line break.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.sources.files import SourceFile
from tieout.sources.lines import INDEX, LINE, PATH, SPLIT, START, read_lines

PRIME = 2**31 - 1
LOW_31, LOW_32 = 2**31 - 1, 2**32 - 1


@dataclass(frozen=True)
class TextStyle:
    """What the check must know of an object's files: `header` is the index of the header's line."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = '"'
    header: int = 0
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
    accented: int
    longest: int
    low: int
    high: int
    plain: int
    placed: int
    header: int


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


def is_compressed(name: str) -> bool:
    """Tell whether Spark's text reader decompresses the file, by its name."""
    return name.endswith((".gz", ".bz2", ".zst", ".deflate", ".snappy", ".lz4"))


def check_text(
    spark: SparkSession, wanted: Iterable[tuple[SourceFile, TextStyle]]
) -> dict[SourceFile, CheckedText]:
    """Check files of any number of objects, all files of one style in one Spark job."""
    by_style: dict[TextStyle, list[SourceFile]] = defaultdict(list)
    for file, style in wanted:
        by_style[style].append(file)
    checked: dict[SourceFile, CheckedText] = {}
    for style, files in by_style.items():
        checked |= _check_style(spark, files, style)
    return checked


def _check_style(
    spark: SparkSession, files: Sequence[SourceFile], style: TextStyle
) -> dict[SourceFile, CheckedText]:
    splits: dict[str, list[Split]] = defaultdict(list)
    # Bounded by the number of splits: one row for each 64 MB.
    for row in summarise(read_lines(spark, files, style.wide), style).collect():
        values = row.asDict()
        path = values.pop(PATH)
        splits[path].append(Split(start=values.pop(START), split=values.pop(SPLIT), **values))
    return {
        file: CheckedText(file, style, tuple(sorted(splits[file.uri], key=lambda split: split.start)))
        for file in files
    }


def summarise(lines: DataFrame, style: TextStyle) -> DataFrame:
    """Summarise lines by split: `_path`, `_start`, and the counts and hash sums of `Split`, all bigint.

    Needs `_line`, `_path`, `_start`, `_index`.
    """
    line = F.col(LINE)
    hashed = F.xxhash64(line)
    short = hashed.bitwiseAND(F.lit(LOW_31))
    place = F.col(INDEX) + 1
    # Characters are counted only in text that is valid; a difference to the bytes means accents.
    valid = F.expr(f"is_valid_utf8({LINE})")
    return lines.groupBy(PATH, START, SPLIT).agg(
        F.count(F.lit(1)).alias("lines"),
        F.count_if(is_blank()).alias("blank"),
        F.sum(F.octet_length(line).cast("bigint")).alias("size"),
        F.coalesce(F.sum(quote_count(style).cast("bigint") % 2), F.lit(0)).alias("odd"),
        F.count_if(~valid).alias("invalid"),
        F.count_if(valid & (F.octet_length(line) != F.char_length(line))).alias("accented"),
        F.max(F.octet_length(line)).cast("bigint").alias("longest"),
        F.sum(hashed.bitwiseAND(F.lit(LOW_32))).alias("low"),
        F.sum(F.shiftrightunsigned(hashed, 32)).alias("high"),
        F.sum(short).alias("plain"),
        F.sum((short * place) % PRIME).alias("placed"),
        F.sum(F.when((F.col(START) == 0) & (F.col(INDEX) == style.header), hashed).otherwise(0)).alias(
            "header"
        ),
    )


def is_blank() -> Column:
    """Tell whether `_line` holds nothing but white space."""
    # A look at the first byte settles it for nearly every line.
    return F.expr(
        f"octet_length({LINE}) = 0 or ({LINE} < '!' and trim(both ' \\t\\r\\u0000' from {LINE}) = '')"
    )


def quote_count(style: TextStyle) -> Column:
    """Count the quotes in `_line`, escaped ones left out."""
    if not style.quote:
        return F.lit(0)
    line = F.col(LINE)
    if style.escape and style.escape != style.quote:
        line = F.replace(line, F.lit(style.escape + style.quote), F.lit(""))
    return F.octet_length(line) - F.octet_length(F.replace(line, F.lit(style.quote), F.lit("")))
