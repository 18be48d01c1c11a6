"""How the records of a delimited file become columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.config.reading import ReadingOptions
from tieout.errors import SourceError
from tieout.sources.check import TextStyle
from tieout.sources.exported import unique_names
from tieout.sources.lines import LINE
from tieout.sources.quoting import ends_inside

BROKEN = "_broken"


def style_of(options: ReadingOptions, wide: str | None) -> TextStyle:
    """Return what the check must know of a delimited file."""
    escape = options.quote if options.escape is None else options.escape
    return TextStyle(options.delimiter, options.quote, escape, header_line(options), wide)


def header_line(options: ReadingOptions) -> int:
    """Return the index of the header's line, or -1 when there is none."""
    return options.skip_lines if options.header else -1


def first_data_line(options: ReadingOptions, header: str) -> int:
    """Return the index of the first line that may hold a record."""
    return options.skip_lines + (1 + header.count("\n") if options.header else 0)


def header_text(lines: Sequence[str], style: TextStyle) -> str:
    """Return the header as written, with its line breaks if it has any in quotes. Needs its first lines."""
    taken: list[str] = []
    inside = False
    for line in lines[max(style.header, 0) :]:
        taken.append(line)
        inside = bool(style.quote) and ends_inside(line.encode(), inside, style)
        if not inside:
            break
    return "\n".join(taken).removesuffix("\r")


def column_names(header: str, options: ReadingOptions) -> list[str]:
    """Return the columns' names: the header's, stripped of blanks and made unique, or the configured ones."""
    return unique_names([name.strip() for name in split_record(header, options)])


def split_record(text: str, options: ReadingOptions) -> list[str]:
    """Split one record into its values, on the driver, for a header or a last line."""
    quoted = bool(options.quote)
    reader = csv.reader(
        io.StringIO(text.lstrip("\ufeff"), newline=""),
        delimiter=options.delimiter[0],
        quotechar=options.quote or None,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        escapechar=options.escape if options.escape != options.quote else None,
        doublequote=options.escape in (None, options.quote),
    )
    csv.field_size_limit(2**31 - 1)
    return next(iter(reader), [])


def parsed(columns: int, longest: int, options: ReadingOptions) -> Column:
    """Return `_line` parsed to a struct of strings `c0`, `c1`, ... and `_broken`.

    `_broken` holds the record when it has more or fewer values than `columns`. `longest` is the
    longest record's number of bytes, which bounds how many values it can have.
    """
    schema = ", ".join([*(f"c{position} string" for position in range(columns)), f"{BROKEN} string"])
    settings = {
        "sep": options.delimiter,
        "quote": options.quote,
        "escape": options.quote if options.escape is None else options.escape,
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": BROKEN,
        "maxColumns": str(max(20_480, min(longest + 1, 1_000_000))),
    }
    return F.from_csv(F.col(LINE), schema, settings)


def require_whole(path: str, last: str, number: int, columns: int, options: ReadingOptions) -> None:
    """Raise SourceError when the last line has no line break and fewer values than there are columns."""
    found = len(split_record(last, options))
    if last.strip() and found < columns:
        raise SourceError(
            f"{path}: line {number}: the file was cut short: its last line has no line break and {found} of "
            f"{columns} values. Export or upload the file again."
        )
