"""How the lines of a fixed-width file become columns."""

from __future__ import annotations

from pyspark.sql import functions as F

from tieout.bronze.text.check import TextStyle
from tieout.bronze.text.columns import VALUES, Shape
from tieout.bronze.text.lines import LINE
from tieout.config.models.reading import ReadingOptions
from tieout.errors import ConfigError


def style_of(options: ReadingOptions, wide: str | None) -> TextStyle:
    """Return what the check must know of a fixed-width file: nothing is quoted."""
    return TextStyle("", "", "", options.skip_lines, wide)


def shape(options: ReadingOptions) -> Shape:
    """Return how a line is cut; broken are lines that end before the last column starts.

    Values lose the blanks that pad them on the right, and stay otherwise as written.
    """
    if not options.fixed_columns:
        raise ConfigError("format: fixed needs `fixed_columns`, a list of name, start and width")
    last = max(column.start for column in options.fixed_columns)
    cells = {
        column.name: F.rtrim(F.substring(f"{VALUES}.text", column.start, column.width))
        for column in options.fixed_columns
    }
    return Shape(
        parse=F.struct(F.col(LINE).alias("text")),
        columns=cells,
        broken=F.char_length(f"{VALUES}.text") < last,
        reason=f"is shorter than {last} characters",
    )


def shortest_record(options: ReadingOptions) -> int:
    """Return the number of characters below which a line is no record."""
    return max(column.start for column in options.fixed_columns)
