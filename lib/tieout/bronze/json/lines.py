"""How JSON records, one a line, become columns: one for each key at the top, nested values as JSON text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.bronze.exported import unique_names
from tieout.bronze.json.deep import deep_texts, may_be_deep
from tieout.bronze.json.numbers import guarded, is_guarded, unguarded
from tieout.bronze.text.check import TextStyle
from tieout.bronze.text.columns import VALUES, Shape
from tieout.bronze.text.lines import INDEX, LINE, PATH
from tieout.config.models.reading import ReadingOptions

# Deep enough for any export; the limit is there because a parser's stack is not endless.
DEEPEST = 100_000
SETTINGS = {"mode": "PERMISSIVE", "maxNestingDepth": str(DEEPEST), "maxStringLen": str(2**31 - 1)}


def style_of(options: ReadingOptions, wide: str | None) -> TextStyle:
    """Return what the check must know of a file of JSON lines: no value has a line break in it."""
    return TextStyle("", "", "", options.skip_lines, wide)


@dataclass(frozen=True)
class Keys:
    """The keys of a file's records in the order of their first appearance; `deep` where some need their own parser."""

    names: tuple[str, ...] = ()
    deep: bool = False


def parsed(deep: bool = False) -> Column:
    """Return `_line` as a map of key to text; null when it is not a JSON object.

    Numbers stay as they are written. `deep` tells to read lines of very many levels, too.
    """
    line = F.col(LINE)
    text = guarded(line)
    values = F.from_json(text, "map<string,string>", SETTINGS)
    exact = F.when(is_guarded(text), F.transform_values(values, lambda _, value: unguarded(value))).otherwise(values)
    if not deep:
        return exact
    return F.when(may_be_deep(line), deep_texts(F.when(may_be_deep(line), line))).otherwise(exact)


def keys(lines: DataFrame) -> dict[str, Keys]:
    """Return the keys of each file's records by path. Needs `_line`, `_path` and `_index`."""
    # One row stands for all deep lines of a file: their keys take a parser in Python, which is not started for nothing.
    names = F.when(may_be_deep(F.col(LINE)), F.array(F.lit(None).cast("string"))).otherwise(F.map_keys(parsed()))
    found = _first_seen(lines, names)
    deep = {path for path, name, _ in found if name is None}
    if deep:
        found += _first_seen(lines.where(may_be_deep(F.col(LINE))), F.map_keys(parsed(deep=True)))
    ordered: dict[str, dict[str, None]] = defaultdict(dict)
    for path, name, _ in sorted(found, key=lambda one: one[2]):
        ordered[path] |= {} if name is None else {name: None}
    return {path: Keys(tuple(names), path in deep) for path, names in ordered.items()}


def _first_seen(lines: DataFrame, names: Column) -> list[tuple[str, str | None, tuple[int, int]]]:
    """Return path, key, and line and position of the first appearance, for each key of each file."""
    exploded = lines.select(PATH, INDEX, F.posexplode(names).alias("position", "key"))
    first = exploded.groupBy(PATH, "key").agg(F.min(F.struct(INDEX, "position")).alias("at"))
    # Bounded by the number of columns in each file.
    return [(row[PATH], row["key"], (row["at"][INDEX], row["at"]["position"])) for row in first.collect()]


def shape(columns: Sequence[str], deep: bool = False) -> Shape:
    """Return how a record's keys are read; broken are lines that are not JSON objects."""
    names = unique_names(columns)
    return Shape(
        parse=parsed(deep),
        columns={name: F.try_element_at(F.col(VALUES), F.lit(key)) for name, key in zip(names, columns, strict=True)},
        broken=F.col(VALUES).isNull(),
        reason="is not a JSON object",
    )
