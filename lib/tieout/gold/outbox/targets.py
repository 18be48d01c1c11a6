"""Where each system takes a canonical value: its own object and field, length and code list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession

from tieout.config.base import nearest
from tieout.config.lookups import Lookups
from tieout.config.models.entity import EntityConfig
from tieout.config.models.mapping import EntityMapping, FieldMapping, LookupUse, WriteTarget
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout.config.sql_types import ConfigLocation
from tieout.errors import ConfigError
from tieout.platform.rows import frame_of

TARGET_SCHEMA = (
    "entity string, source_system string, field string, target_object string, key_field string, "
    "target_fields array<string>, length int, code_list string, writable boolean"
)
CODE_SCHEMA = "code_list string, code string, form string"


@dataclass(frozen=True)
class Target:
    """One canonical field in one system. No `fields`: the system has the value but takes none."""

    entity: str
    system: str
    field: str
    object: str | None
    key_field: str
    fields: tuple[str, ...]
    length: int | None
    code_list: str | None


@dataclass(frozen=True)
class Targets:
    """Everything that the configured systems take back, and the code lists by name: canonical value → own form."""

    targets: list[Target]
    code_lists: Mapping[str, Mapping[str, str]]

    def frame(self, spark: SparkSession) -> DataFrame:
        """Return the targets as a small frame of TARGET_SCHEMA."""
        rows = [
            (t.entity, t.system, t.field, t.object, t.key_field, list(t.fields), t.length, t.code_list, bool(t.fields))
            for t in self.targets
        ]
        return frame_of(spark, rows, TARGET_SCHEMA)

    def codes(self, spark: SparkSession) -> DataFrame:
        """Return the code lists as one frame of CODE_SCHEMA."""
        rows = [(name, code, form) for name, codes in self.code_lists.items() for code, form in codes.items()]
        return frame_of(spark, rows, CODE_SCHEMA)


def read_targets(sources: Mapping[str, SourceConfig], entities: Mapping[str, EntityConfig], directory: Path) -> Targets:
    """Read the `write:` of every mapping to `entities`. `directory` is the config directory with `lookups/`.

    A field that a system's mapping fills but that `write:` does not name is read-only. Raises
    ConfigError, naming file and line, for a field that the entity does not have and for a code list or a
    column of it that is not there.
    """
    lookups = Lookups(directory / "lookups")
    targets: dict[tuple[str, str, str], Target] = {}
    lists: dict[str, Mapping[str, str]] = {}
    for system, source in sources.items():
        file = ConfigLocation(directory / "sources" / f"{system}.yml")
        for name, item in source.objects.items():
            for entity in entities.values():
                if entity.entity in item.to:
                    location = file.at("objects", name, "to", entity.entity, "write")
                    for target, codes in _targets(system, name, item, entity, lookups, location):
                        # The first object that takes a field; the record says which object it is of.
                        targets.setdefault((entity.entity, system, target.field), target)
                        if target.code_list is not None:
                            lists[target.code_list] = codes
    return Targets(list(targets.values()), lists)


def _targets(
    system: str, name: str, item: ObjectConfig, entity: EntityConfig, lookups: Lookups, location: ConfigLocation
) -> Iterable[tuple[Target, Mapping[str, str]]]:
    mapping = item.to[entity.entity]
    key_field = "/".join(part.column or "?" for part in mapping.key or item.key)
    for field in dict.fromkeys([*mapping.fields, *mapping.write]):
        write = mapping.write.get(field)
        if field not in entity.fields:
            problem = f"entity {entity.entity} has no field {field!r}.{nearest(field, list(entity.fields))}"
            raise location.at(field).error(problem)
        if write is None or write.read_only is not None:
            yield Target(entity.entity, system, field, None, key_field, (), None, None), {}
            continue
        codes = _codes(write, mapping, field, lookups, location.at(field))
        code_list = None if codes is None else f"{system}.{name}.{entity.entity}.{field}"
        fields = tuple(write.field)
        yield (
            Target(entity.entity, system, field, write.object, key_field, fields, write.length, code_list),
            codes or {},
        )


def _codes(
    write: WriteTarget, mapping: EntityMapping, field: str, lookups: Lookups, location: ConfigLocation
) -> Mapping[str, str] | None:
    """Return canonical value → own form; None where the system takes the value as it is."""
    if write.codes:
        return write.codes
    use = write.lookup or _backwards(mapping.fields.get(field))
    if use is None:
        return None
    try:
        return lookups.get(use.table).codes(use.key, use.value, use.where)
    except ConfigError as error:
        raise location.error(str(error)) from error


def _backwards(mapping: FieldMapping | None) -> LookupUse | None:
    """Return the field's own look-up, from its value to its key; None where it names neither."""
    use = mapping.lookup if mapping is not None else None
    if use is None or use.key is None or use.value is None:
        return None
    return LookupUse(table=use.table, key=use.value, value=use.key, where=use.where)
