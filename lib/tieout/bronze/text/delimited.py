"""How the records of a delimited file become columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from pyspark.sql import functions as F

from tieout.bronze.exported import unique_names
from tieout.bronze.text.check import TextStyle
from tieout.bronze.text.columns import BROKEN, VALUES, Shape
from tieout.bronze.text.lines import LINE
from tieout.bronze.text.quoting import ends_inside
from tieout.config.models.reading import ReadingOptions

MOST_COLUMNS = 20_480


def style_of(options: ReadingOptions, wide: str | None) -> TextStyle:
    """Return what the check must know of a delimited file."""
    escape = options.quote if options.escape is None else options.escape
    return TextStyle(options.delimiter, options.quote, escape, options.skip_lines, wide)


def header_text(lines: Sequence[str], style: TextStyle) -> str:
    """Return the header as written, with its line breaks if it has any in quotes. Needs the first lines."""
    taken: list[str] = []
    inside = False
    for line in lines[style.skipped :]:
        taken.append(line)
        inside = bool(style.quote) and ends_inside(line.encode(), inside, style)
        if not inside:
            break
    return "\n".join(taken).removesuffix("\r")


def column_names(header: str, options: ReadingOptions) -> list[str]:
    """Return the header's names, stripped of blanks and made unique."""
    return unique_names([name.strip() for name in split_record(header, options)])


def split_record(text: str, options: ReadingOptions) -> list[str]:
    """Split one record into its values, on the driver, for a header or a last line."""
    csv.field_size_limit(2**31 - 1)
    reader = csv.reader(
        io.StringIO(text.lstrip("\ufeff"), newline=""),
        delimiter=options.delimiter[0],
        quotechar=options.quote or None,
        quoting=csv.QUOTE_MINIMAL if options.quote else csv.QUOTE_NONE,
        escapechar=options.escape if options.escape != options.quote else None,
        doublequote=options.escape in (None, options.quote),
    )
    return next(iter(reader), [])


def shape(columns: Sequence[str], longest: int, options: ReadingOptions) -> Shape:
    """Return how a record is split; broken are those with more or fewer values than `columns`.

    `longest` is the longest record's number of bytes, which bounds how many values it can have.
    """
    fields = [f"c{position}" for position in range(len(columns))]
    schema = ", ".join(f"{field} string" for field in [*fields, BROKEN])
    settings = {
        "sep": options.delimiter,
        "quote": options.quote,
        "escape": options.quote if options.escape is None else options.escape,
        "mode": "PERMISSIVE",
        "columnNameOfCorruptRecord": BROKEN,
        "maxColumns": str(max(MOST_COLUMNS, min(longest + 1, 50 * MOST_COLUMNS))),
    }
    return Shape(
        parse=F.from_csv(F.col(LINE), schema, settings),
        columns={name: F.col(f"{VALUES}.{field}") for name, field in zip(columns, fields, strict=True)},
        broken=F.col(f"{VALUES}.{BROKEN}").isNotNull(),
        reason=f"does not have {len(columns)} values",
    )
