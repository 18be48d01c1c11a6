"""How JSON records, one a line, become columns: one for each key at the top, nested values as JSON text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.reading import ReadingOptions
from tieout.sources.check import TextStyle
from tieout.sources.exported import unique_names
from tieout.sources.lines import INDEX, LINE, PATH
from tieout.sources.shape import VALUES, Shape

# Deep enough for any export; the limit is there because a parser's stack is not endless.
DEEPEST = 100_000
SETTINGS = {"mode": "PERMISSIVE", "maxNestingDepth": str(DEEPEST), "maxStringLen": str(2**31 - 1)}


def style_of(options: ReadingOptions, wide: str | None) -> TextStyle:
    """Return what the check must know of a file of JSON lines: no value has a line break in it."""
    return TextStyle("", "", "", options.skip_lines, wide)


def parsed() -> Column:
    """Return `_line` as a map of key to text; null when it is not a JSON object."""
    return F.from_json(F.col(LINE), "map<string,string>", SETTINGS)


def keys(lines: DataFrame) -> dict[str, list[str]]:
    """Return the keys of each file's records by path, in the order of their first appearance.

    Needs `_line`, `_path` and `_index`.
    """
    exploded = lines.select(PATH, INDEX, F.posexplode(F.map_keys(parsed())).alias("position", "key"))
    first = exploded.groupBy(PATH, "key").agg(F.min(F.struct(INDEX, "position")).alias("at"))
    found: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    # Bounded by the number of columns in each file.
    for row in first.collect():
        found[row[PATH]].append((row["at"][INDEX], row["at"]["position"], row["key"]))
    return {path: [key for _, _, key in sorted(entries)] for path, entries in found.items()}


def shape(columns: Sequence[str]) -> Shape:
    """Return how a record's keys are read; broken are lines that are not JSON objects."""
    names = unique_names(columns)
    return Shape(
        parse=parsed(),
        columns={name: F.try_element_at(F.col(VALUES), F.lit(key)) for name, key in zip(names, columns, strict=True)},
        broken=F.col(VALUES).isNull(),
        reason="is not a JSON object",
    )
