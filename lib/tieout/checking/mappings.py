"""Mappings of the sources, compiled over the columns that they name: which columns exports have is not known here.

SQL is analysed by Spark over one empty row type an object: its own columns, one struct a join, one text a list's
element. Everything else about a field is compiled by the same compiler that maps the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from tieout.checking.empty import constant_problems, empty_frame
from tieout.checking.lookups import value_problems
from tieout.config import Config
from tieout.config.consistency import unknown
from tieout.config.location import ConfigLocation
from tieout.config.lookups import Lookups
from tieout.config.models.entity import EntityConfig, FieldConfig
from tieout.config.models.mapping import FieldMapping, JoinConfig, Mapping
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout.config.models.values import ValueOptions
from tieout.config.sql_types import sql_problems, unknown_column
from tieout.errors import ConfigError
from tieout.platform.sql import literal, quoted
from tieout.silver.mapping.bronze_columns import words_of
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.check import TYPES
from tieout.silver.mapping.fields import FieldCompiler
from tieout.silver.mapping.mapper import KEY, MODIFIED
from tieout.silver.mapping.namespace import Namespace, sql_texts

# Patterns that are no Spark patterns but words of ours.
WORDS = ("iso", "epoch_seconds", "epoch_millis")


def mapping_problems(spark: SparkSession, config: Config, lookups: Lookups) -> Iterator[ConfigError]:
    """Yield what is wrong in the mappings of every source."""
    patterns: dict[ConfigLocation, str] = {}
    for system, source in config.sources.items():
        location = ConfigLocation(config.directory / "sources" / f"{system}.yml")
        columns = assumed_columns(source)
        for name in source.objects:
            one = _Object(spark, source, name, columns, lookups, location.at("objects", name), config.entities)
            yield from one.problems()
        patterns |= dict(_patterns(source, location))
    yield from constant_problems(spark, patterns)


def assumed_columns(source: SourceConfig) -> dict[str, list[str]]:
    """Return the columns that each object must have for its mappings and the joins to it, by object.

    Words of SQL that are no columns are among them, which does no harm.
    """
    found: dict[str, dict[str, str]] = {name: {} for name in source.objects}

    def add(name: str, words: Iterable[str]) -> None:
        for word in words:
            found[name].setdefault(word.lower(), word)

    for name, item in source.objects.items():
        texts = sql_texts(item)
        taken = {*item.joins, *(mapping.each.alias for mapping in item.to.values() if mapping.each is not None)}
        plain = [part.column.partition(".")[0] for part in _parts(item) if part.column is not None]
        add(name, (word for word in plain if word not in taken))
        # A dotted name in back quotes is a column's; one that a mapping reads by `column` is JSON or a join's.
        add(name, (word for word in words_of(part.expr or "" for part in _parts(item)) if "." in word))
        add(
            name,
            (word for word in words_of([*texts, item.not_rows_when or ""]) if "." not in word and word not in taken),
        )
        namespace = Namespace(name, [], {})
        for alias, join in item.joins.items():
            if join.object is not None:
                add(join.object, () if join.aggregate else sorted(namespace.used_columns(alias, texts)))
                add(join.object, (column.partition(".")[0] for column in join.on.values()))
                add(join.object, sorted(words_of([join.where or "", join.order_by or "", *join.aggregate.values()])))
    return {name: list(words.values()) for name, words in found.items()}


def _parts(item: ObjectConfig) -> list[FieldMapping]:
    own = [*item.key, *([item.modified] if item.modified is not None else [])]
    return own + [part for mapping in item.to.values() for part in (*mapping.key, *mapping.fields.values())]


@dataclass(frozen=True)
class _Object:
    """One object of a source, with everything that its SQL may read."""

    spark: SparkSession
    source: SourceConfig
    name: str
    columns: dict[str, list[str]]
    lookups: Lookups
    location: ConfigLocation
    entities: dict[str, EntityConfig]

    @property
    def item(self) -> ObjectConfig:
        """Return the object's config."""
        return self.source.objects[self.name]

    @cached_property
    def namespace(self) -> Namespace:
        """Return the names that the object's SQL may use."""
        texts = sql_texts(self.item)
        namespace = Namespace(self.name, self.columns[self.name], {})
        namespace.joins |= {alias: sorted(namespace.used_columns(alias, texts)) for alias in self.item.joins}
        namespace.elements += [one.each.alias for one in self.item.to.values() if one.each is not None]
        return namespace

    @cached_property
    def frame(self) -> DataFrame:
        """Return the object's columns, joins and list elements without rows."""
        types = dict.fromkeys(self.namespace.columns, "STRING") | TYPES
        for alias, known in self.namespace.joins.items():
            inside = ", ".join(f"{quoted(name)}: STRING" for name in known) or "_found: INT"
            types[alias] = f"STRUCT<{inside}>"
        return empty_frame(self.spark, types | dict.fromkeys(self.namespace.elements, "STRING"))

    def problems(self) -> Iterator[ConfigError]:
        """Yield each problem of the object's joins, conditions, keys, fields and code lists."""
        for alias, join in self.item.joins.items():
            yield from self._join_problems(alias, join, self.location.at("joins", alias))
        types, errors = self._types(dict(self._expressions()))
        yield from errors
        yield from self._conditions(dict(self._row_conditions()))
        compiler = self._compiler(EntityConfig(entity="key", meaning="", fields={"key": KEY}), {})
        for name, part, field, location in self._own_parts():
            yield from _attempt(lambda: compiler.value(name, part, field, location))  # noqa: B023
        for entity, mapping in self.item.to.items():
            if entity in self.entities:
                location = self.location.at("to", entity, "fields")
                yield from self._field_problems(self.entities[entity], mapping.fields, types.get(entity, {}), location)

    def _compiler(self, entity: EntityConfig, types: dict[str, str]) -> FieldCompiler:
        return FieldCompiler(
            self.namespace, entity, self.source.values(self.name), types, ExpressionBuilder(self.lookups)
        )

    def _field_problems(
        self, entity: EntityConfig, mappings: dict[str, Mapping], types: dict[str, str], location: ConfigLocation
    ) -> Iterator[ConfigError]:
        compiler = self._compiler(entity, types)
        for name, mapping in mappings.items():
            found = list(value_problems(mapping, entity.fields.get(name), self.lookups, location.at(name)))
            yield from found
            if not found:
                yield from _attempt(lambda: compiler.fields({name: mapping}, location))  # noqa: B023

    def _own_parts(self) -> Iterator[tuple[str, FieldMapping, FieldConfig, ConfigLocation]]:
        keys = [(self.item.key, self.location.at("key"))]
        keys += [(one.key, self.location.at("to", entity, "key")) for entity, one in self.item.to.items()]
        for parts, location in keys:
            for position, part in enumerate(parts):
                yield f"key.{position}", part, KEY, location.at(position)
        if self.item.modified is not None:
            yield "modified", self.item.modified, MODIFIED, self.location.at("modified")

    def _expressions(self) -> Iterator[tuple[ConfigLocation, str]]:
        for _, part, _, location in self._own_parts():
            if part.expr is not None:
                yield location.at("expr"), part.expr
        for entity, mapping in self.item.to.items():
            location = self.location.at("to", entity)
            if mapping.each is not None and mapping.each.expr is not None:
                yield location.at("each", "expr"), mapping.each.expr
            for name, part in mapping.fields.items():
                if part.expr is not None:
                    yield location.at("fields", name, "expr"), part.expr

    def _row_conditions(self) -> Iterator[tuple[ConfigLocation, str]]:
        own = {"deleted_when": self.item.deleted_when, "not_rows_when": self.item.not_rows_when}
        yield from ((self.location.at(key), sql) for key, sql in own.items() if sql is not None)
        for entity, mapping in self.item.to.items():
            location = self.location.at("to", entity)
            if mapping.where is not None:
                yield location.at("where"), mapping.where
            for name, part in mapping.fields.items():
                if part.negative_when is not None:
                    yield location.at("fields", name, "negative_when"), part.negative_when

    def _types(self, expressions: dict[ConfigLocation, str]) -> tuple[dict[str, dict[str, str]], list[ConfigError]]:
        """Return the type of each field's expression, by entity and field, and the errors of the others."""
        places, errors = dict(enumerate(expressions)), []
        chosen = {str(n): expressions[location] for n, location in places.items()}
        schema = _schema(self.frame, chosen)
        if schema is None:
            errors = sql_problems(self.frame, chosen, lambda n: places[int(n)], self.name, self._known())
            wrong = {problem.key for error in errors for problem in error.problems}
            good = {n: sql for n, sql in chosen.items() if ".".join(map(str, places[int(n)].keys)) not in wrong}
            schema = _schema(self.frame, good) or {}
        types: dict[str, dict[str, str]] = {}
        for n, kind in schema.items():
            keys = places[int(n)].keys
            if "fields" in keys:
                types.setdefault(str(keys[-4]), {})[str(keys[-2])] = kind
        return types, errors

    def _conditions(self, conditions: dict[ConfigLocation, str]) -> Iterator[ConfigError]:
        places = dict(enumerate(conditions))
        chosen = {str(n): conditions[location] for n, location in places.items()}
        schema = _schema(self.frame, chosen)
        if schema is None:
            yield from sql_problems(self.frame, chosen, lambda n: places[int(n)], self.name, self._known())
            return
        for n, kind in schema.items():
            if kind not in ("boolean", "void"):
                yield places[int(n)].error(f"want a condition, which is true or false; this gives {kind}")

    def _known(self) -> list[str]:
        """Return the names to suggest: those that the mappings read by `column`, and the joins'."""
        plain = [part.column for part in _parts(self.item) if part.column is not None]
        return list(dict.fromkeys([*plain, *self.item.joins, *self.namespace.elements]))

    def _join_problems(self, alias: str, join: JoinConfig, location: ConfigLocation) -> Iterator[ConfigError]:
        left = {str(n): sql for n, sql in enumerate(join.on)}
        if _schema(self.frame, left) is None:
            yield from sql_problems(self.frame, left, lambda _: location.at("on"), self.name, self._known())
        used = self.namespace.joins[alias]
        if join.lookup is not None:
            found = list(unknown(location.at("lookup"), "code list", join.lookup, self.lookups.names))
            yield from found
            if not found:
                known = self.lookups.get(join.lookup).columns
                for name in sorted({*used, *join.on.values()} - set(known)):
                    yield unknown_column(location, f"{alias}.{name}", known, f"code list {join.lookup}")
            return
        if join.aggregate:
            for name in sorted(set(used) - set(join.aggregate)):
                yield unknown_column(location, f"{alias}.{name}", list(join.aggregate), f"the join {alias}")
        yield from self._inside_join(join, location)

    def _inside_join(self, join: JoinConfig, location: ConfigLocation) -> Iterator[ConfigError]:
        other = str(join.object)
        if other not in self.columns:
            return
        right = empty_frame(self.spark, dict.fromkeys(self.columns[other], "STRING") | TYPES)
        aggregates = {location.at("aggregate", name): sql for name, sql in join.aggregate.items()}
        plain = {location.at(key): sql for key, sql in (("where", join.where),) if sql is not None}
        if join.order_by is not None:
            # An order may end in DESC, which no expression does.
            plain[location.at("order_by")] = f"row_number() OVER (ORDER BY {join.order_by})"
        for chosen in (plain, aggregates):
            places = dict(enumerate(chosen))
            named = {str(n): chosen[at] for n, at in places.items()}
            if _schema(right, named) is None:
                yield from sql_problems(right, named, lambda n: places[int(n)], other)  # noqa: B023


def _schema(frame: DataFrame, expressions: dict[str, str]) -> dict[str, str] | None:
    """Return the type of each expression, None where one of them is wrong."""
    if not expressions:
        return {}
    try:
        schema = frame.selectExpr(*(f"({sql}) AS {quoted(name)}" for name, sql in expressions.items())).schema
    except PySparkException:
        return None
    return {field.name: field.dataType.simpleString() for field in schema.fields}


def _attempt(compile_: Callable[[], object]) -> Iterator[ConfigError]:
    try:
        compile_()
    except ConfigError as error:
        yield error


def _patterns(source: SourceConfig, location: ConfigLocation) -> Iterator[tuple[ConfigLocation, str]]:
    """Yield an expression for each date pattern, which Spark reads as it computes it."""
    options: list[tuple[ConfigLocation, ValueOptions]] = [(location.at("defaults"), source.defaults)]
    for name, item in source.objects.items():
        at = location.at("objects", name)
        options.append((at, item))
        options += [(at.at("key", n), part) for n, part in enumerate(item.key)]
        options += [(at.at("modified"), item.modified)] if item.modified is not None else []
        for entity, mapping in item.to.items():
            options += [(at.at("to", entity, "fields", field), part) for field, part in mapping.fields.items()]
    for at, one in options:
        for key in ("date_format", "timestamp_format"):
            given = getattr(one, key)
            patterns = [(at.at(key), given)] if isinstance(given, str) else [
                (at.at(key, n), pattern) for n, pattern in enumerate(given or [])
            ]  # fmt: skip
            yield from (
                (inner, f"try_to_timestamp('', {literal(pattern)})")
                for inner, pattern in patterns
                if pattern not in WORDS
            )
