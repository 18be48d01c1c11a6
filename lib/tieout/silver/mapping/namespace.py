"""The names that a mapping may use: the object's columns, its joins' and its list's elements."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tieout.config.models.mapping import EntityMapping, FieldMapping
from tieout.config.models.source import ObjectConfig
from tieout.config.sql_types import ConfigLocation, unknown_column
from tieout.platform.sql import literal, quoted
from tieout.silver.mapping.bronze_columns import STRING

SEGMENT = re.compile(r"^[A-Za-z_]\w*$")


@dataclass
class Namespace:
    """Names that SQL of one object may use: `columns` exported, `joins` alias → columns, `elements` JSON texts.

    `hidden` tells where the columns are that a join's alias took the name of.
    """

    name: str
    columns: list[str]
    joins: dict[str, list[str]]
    elements: list[str] = field(default_factory=list)
    hidden: dict[str, str] = field(default_factory=dict)

    def resolve(self, column: str, optional: bool, location: ConfigLocation) -> str:
        """Return SQL for a column named in the config: `NAME`, `alias.NAME`, or `COLUMN.path.in.json`.

        Raises ConfigError for one that is not there; an optional one is NULL.
        """
        if column in self.columns:
            return quoted(self.hidden.get(column, column))
        first, _, rest = column.partition(".")
        if rest and rest in self.joins.get(first, []):
            return f"{quoted(first)}.{quoted(rest)}"
        if first in self.elements or (rest and first in self.columns):
            whole = quoted(self.hidden.get(first, first))
            return json_value(whole, "$." + rest) if rest else whole
        if optional:
            return "CAST(NULL AS STRING)"
        known = [*self.columns, *(f"{alias}.{name}" for alias in self.joins for name in self.joins[alias])]
        raise unknown_column(location, column, [*known, *self.elements], self.name)

    def used_columns(self, alias: str, texts: list[str]) -> set[str]:
        """Return the columns that SQL texts read of a join: every `alias.NAME`."""
        # One pair of back quotes around all of a dotted name is the name of one column, not of a join's.
        name = re.escape(alias)
        pattern = re.compile(rf"(?<![\w.`])(?:`{name}`|{name})\.(?:`([^`]+)`|(\w+))")
        return {
            back_quoted or plain for text in texts for back_quoted, plain in pattern.findall(STRING.sub("''", text))
        }


def json_value(sql: str, path: str) -> str:
    """Return SQL for a value inside JSON text.

    `$.a.b` and `$[0].c` are Spark's own paths. `$.list[?primary].value` takes the list's element
    whose `primary` is true, or else the first; `[?type=work]` the one whose `type` is `work`, or none.
    """
    picked = re.match(r"^(\$[^?]*)\[\?(\w+)(?:=([^\]]*))?\](.*)$", path)
    if picked is None:
        return f"get_json_object({sql}, {literal(path)})"
    head, name, wanted, rest = picked.groups()
    array = sql if head == "$" else f"get_json_object({sql}, {literal(head)})"
    elements = f"from_json({array}, 'array<string>')"
    test = f"get_json_object(element, {literal('$.' + name)}) = {literal('true' if wanted is None else wanted)}"
    first = f"get(filter({elements}, element -> {test}), 0)"
    if wanted is None:
        first = f"coalesce({first}, get({elements}, 0))"
    return json_value(first, "$" + rest) if rest else first


def sql_texts(config: ObjectConfig) -> list[str]:
    """Return every SQL text and column name of an object's config."""
    texts = [config.deleted_when or ""]
    for part in [*config.key, *([config.modified] if config.modified else [])]:
        texts.extend(_texts_of(part))
    for join in config.joins.values():
        texts.extend(join.on)
    for mapping in config.to.values():
        texts.extend(mapping_texts(mapping))
    return [text for text in texts if text]


def mapping_texts(mapping: EntityMapping) -> Iterator[str]:
    """Yield the SQL texts and column names of one entity's mapping."""
    yield mapping.where or ""
    if mapping.each is not None:
        yield quoted(mapping.each.column) if mapping.each.column else str(mapping.each.expr)
    for part in [*mapping.key, *mapping.fields.values()]:
        yield from _texts_of(part)


def _texts_of(part: FieldMapping) -> Iterator[str]:
    if part.column is not None:
        first, _, rest = part.column.partition(".")
        yield quoted(part.column)
        if rest:
            yield f"{quoted(first)}.{quoted(rest)}"
    yield part.expr or ""
    yield part.negative_when or ""
