"""Mapper: the rows of one exported object as rows of one canonical entity."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame

from tieout.config.lookups import Lookups
from tieout.config.models.entity import EntityConfig, FieldConfig
from tieout.config.models.mapping import EachConfig, EntityMapping, FieldMapping
from tieout.config.models.source import SourceConfig
from tieout.config.sql_types import ConfigLocation, types_of
from tieout.platform.sql import literal, quoted
from tieout.silver.mapping.bronze_columns import REASON
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.fields import FieldCompiler, Value
from tieout.silver.mapping.joins import Reader, attach
from tieout.silver.mapping.namespace import Namespace, json_value

KEY_SEPARATOR = "/"
KEY = FieldConfig(type="string", meaning="the record's key")
MODIFIED = FieldConfig(type="timestamp", meaning="when the row last changed")

# Columns of a mapped frame beside the entity's own fields. `_unreadable` has one bit a field whose
# text could not be read as its type; `_position` counts the elements that one row became.
MAPPED_COLUMNS = (
    "source_system", "source_id", "_bronze_ref", "_modified_at", "_deleted", "_object", "_rejected_id", "_position",
    "_corrupt", REASON, "_unreadable", "_ingested_at", "_file", "_row", "_raw",
)  # fmt: skip


@dataclass(frozen=True)
class Mapper:
    """What compiling the mappings of one system needs."""

    source: SourceConfig
    read: Reader
    lookups: Lookups
    location: ConfigLocation

    def mapped(
        self,
        object_name: str,
        entity: EntityConfig,
        corrections: DataFrame | None = None,
    ) -> DataFrame:
        """Return one row for each bronze row (and list element) that belongs to the entity.

        Columns: the entity's fields, typed, and MAPPED_COLUMNS. `corrections` (`_rejected_id`,
        `_fix` map of field to text, `_accepted`) are stewards' values that win over mapped ones.
        Raises ConfigError, before any job runs, for whatever is wrong in the config.
        """
        config = self.source.objects[object_name]
        mapping = config.to[entity.entity]
        bronze = self.read(object_name)
        assert bronze is not None
        frame, namespace = attach(bronze, self.source, object_name, self.read, self.lookups, self.location)
        location = self.location.at("objects", object_name)
        entity_location = location.at("to", entity.entity)
        frame = _listed(frame, mapping.each, namespace, entity_location)
        frame = _identified(frame, self.source.system, object_name, entity.entity)
        frame = frame if corrections is None else frame.join(corrections, "_rejected_id", "left")
        if mapping.where is not None:
            types_of(frame, {"where": mapping.where}, entity_location.at, object_name, namespace.columns)
            frame = frame.where(f"_corrupt IS NOT NULL OR ({mapping.where})")
        parts = self._parts(object_name, mapping)
        types = _types(frame, parts, config.deleted_when, location, entity_location, object_name, namespace)
        compiler = FieldCompiler(
            namespace, entity, self.source.values(object_name), types, ExpressionBuilder(self.lookups)
        )
        values = compiler.fields(mapping.fields, entity_location.at("fields"))
        system = self._system_columns(compiler, object_name, mapping, location, entity_location)
        frame = compiler.builder.apply(frame)
        columns = [
            f"{_fixed(name, value.sql, entity.fields[name], corrections)} AS {name}" for name, value in values.items()
        ]
        return frame.selectExpr(*columns, *system, f"{_bits(values)} AS _unreadable", *_carried(corrections))

    def _parts(self, object_name: str, mapping: EntityMapping) -> dict[str, FieldMapping]:
        """Return every mapping of the object and entity by a name: fields, key parts, modified."""
        config = self.source.objects[object_name]
        keys = {f"key.{position}": part for position, part in enumerate(mapping.key or config.key)}
        modified = {"modified": config.modified} if config.modified is not None else {}
        return {**mapping.fields, **keys, **modified}

    def _system_columns(
        self,
        compiler: FieldCompiler,
        object_name: str,
        mapping: EntityMapping,
        location: ConfigLocation,
        entity_location: ConfigLocation,
    ) -> list[str]:
        config = self.source.objects[object_name]
        where = (entity_location if mapping.key else location).at("key")
        keys = [
            compiler.value(f"key.{position}", part, KEY, where.at(position)).sql
            for position, part in enumerate(mapping.key or config.key)
        ]
        modified = "CAST(NULL AS TIMESTAMP)"
        if config.modified is not None:
            modified = compiler.value("modified", config.modified, MODIFIED, location.at("modified")).sql
        deleted = f"coalesce({config.deleted_when}, FALSE)" if config.deleted_when else "FALSE"
        return [
            f"{literal(self.source.system)} AS source_system",
            f"{_key(keys)} AS source_id",
            f"concat({literal(object_name + '/')}, substring_index(_file, '/', -1), '#', _row) AS _bronze_ref",
            f"{modified} AS _modified_at",
            f"{deleted} AS _deleted",
            f"{literal(object_name)} AS _object",
        ]


def _key(parts: list[str]) -> str:
    if len(parts) == 1:
        return parts[0]
    joined = f"concat_ws('{KEY_SEPARATOR}', {', '.join(f'''coalesce({part}, '')''' for part in parts)})"
    return f"CASE WHEN {' OR '.join(f'{part} IS NOT NULL' for part in parts)} THEN {joined} END"


def _listed(frame: DataFrame, each: EachConfig | None, namespace: Namespace, location: ConfigLocation) -> DataFrame:
    """Make one row for each element of a JSON list; a row without elements stays, with `_position` NULL."""
    if each is None:
        return frame.selectExpr("*", "CAST(0 AS INT) AS _position")
    if each.column is not None:
        text = namespace.resolve(each.column, False, location.at("each", "column"))
    else:
        text = f"({each.expr})"
        types_of(frame, {"expr": text}, location.at("each").at, namespace.name, namespace.columns)
    array = text if each.json_path == "$" else json_value(text, each.json_path)
    elements = f"from_json({array}, 'array<string>')"
    namespace.elements.append(each.alias)
    return frame.selectExpr("*", f"posexplode_outer({elements}) AS (_position, {quoted(each.alias)})")


def _identified(frame: DataFrame, system: str, object_name: str, entity: str) -> DataFrame:
    """Add `_rejected_id`, which names the bronze row (and element) in quarantine."""
    seed = literal(f"{system}/{object_name}/{entity}")
    return frame.selectExpr("*", f"xxhash64({seed}, _file_hash, _row, _position) AS _rejected_id")


def _types(
    frame: DataFrame,
    parts: dict[str, FieldMapping],
    deleted_when: str | None,
    location: ConfigLocation,
    entity_location: ConfigLocation,
    what: str,
    namespace: Namespace,
) -> dict[str, str]:
    """Check all SQL of the object and return the type of each expression, by the part's name."""
    expressions = {name: part.expr for name, part in parts.items() if part.expr is not None}
    signs = {f"negative.{name}": part.negative_when for name, part in parts.items() if part.negative_when}
    deleted = {"deleted_when": deleted_when} if deleted_when else {}

    def where(name: str) -> ConfigLocation:
        if name == "deleted_when":
            return location.at(name)
        if name.startswith("negative."):
            return entity_location.at("fields", name.removeprefix("negative."), "negative_when")
        if name == "modified":
            return location.at(name, "expr")
        if name.startswith("key."):
            return location.at("key", int(name.removeprefix("key.")), "expr")
        return entity_location.at("fields", name, "expr")

    schema = types_of(frame, expressions | signs | deleted, where, what, namespace.columns)
    return {field.name: field.dataType.simpleString() for field in schema.fields}


def _fixed(name: str, sql: str, config: FieldConfig, corrections: DataFrame | None) -> str:
    if corrections is None:
        return sql
    return f"if(map_contains_key(_fix, '{name}'), try_cast(_fix['{name}'] AS {config.type}), {sql})"


def _bits(values: dict[str, Value]) -> str:
    """Return SQL of a number with bit n set when field n could not be read."""
    bits = [
        f"if({value.unreadable}, {1 << position}L, 0L)"
        for position, value in enumerate(values.values())
        if value.unreadable is not None
    ]
    return " + ".join(bits) or "0L"


def _carried(corrections: DataFrame | None) -> list[str]:
    names = ["_rejected_id", "_position", "_corrupt", REASON, "_ingested_at", "_file", "_row", "_raw"]
    return names if corrections is None else [*names, "_fix", "_accepted"]
