"""What must agree between the files of a config directory: entities, fields, systems and currencies by name.

Only what the config's own models say; SQL and code lists are looked at where they are compiled.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from tieout.config.base import nearest
from tieout.config.location import ConfigLocation
from tieout.config.models.definitions import DefinitionFile
from tieout.config.models.source import SourceConfig
from tieout.errors import ConfigError

if TYPE_CHECKING:
    from tieout.config import Config

KINDS = ("crm", "erp", "other")
CURRENCIES = "lookups/currencies.csv"
# Columns that every entity has beside its fields.
KEYS = ("source_system", "source_id")


def inconsistencies(config: Config) -> Iterator[ConfigError]:
    """Yield what does not agree in a config, each with its file and line."""
    yield from _project(config)
    yield from _entities(config)
    for system, source in config.sources.items():
        location = ConfigLocation(config.directory / "sources" / f"{system}.yml")
        yield from _same_name(location, "system", source.system)
        for name, item in source.objects.items():
            for entity in item.to:
                at = location.at("objects", name, "to", entity)
                yield from unknown(at, "entity", entity, _entity_names(config))
        yield from _time_zones(source, location)
    yield from _quality(config)
    yield from _matching(config)
    yield from _survivorship(config)
    yield from _given_twice(config)


def unknown(location: ConfigLocation, what: str, name: str, known: Iterable[str]) -> Iterator[ConfigError]:
    """Yield the error for a name that is none of the known ones, with the nearest."""
    names = list(known)
    if name not in names:
        yield location.error(f"no {what} {name!r}.{nearest(name, names)} There are: {', '.join(names) or 'none'}")


def currency_codes(directory: Path) -> list[str]:
    """Return the codes of the config's currencies; none where it has no list of them."""
    path = directory / CURRENCIES
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [row["code"] for row in csv.DictReader(file) if row.get("code")]
    except (OSError, ValueError, csv.Error):
        return []


def owners(config: Config) -> list[str]:
    """Return what may own a value: kinds of systems, and every system that has a file."""
    return [*KINDS, *sorted({path.stem for path in (config.directory / "sources").glob("*.yml")} | set(config.sources))]


def _entity_names(config: Config) -> list[str]:
    """Return the entities, also those whose file could not be read, which is said once."""
    return sorted({path.stem for path in (config.directory / "entities").glob("*.yml")})


def _same_name(location: ConfigLocation, key: str, name: str) -> Iterator[ConfigError]:
    if name != location.path.stem:
        yield location.at(key).error(f"{name!r} in a file called {location.path.name}: give both the same name")


def _project(config: Config) -> Iterator[ConfigError]:
    location, project = ConfigLocation(config.directory / "tieout.yml"), config.project
    codes = currency_codes(config.directory)
    if codes and project.reporting_currency not in codes:
        hint = nearest(project.reporting_currency, codes)
        yield location.at("reporting_currency").error(
            f"{project.reporting_currency!r} is no currency of {CURRENCIES}.{hint} Use its ISO 4217 code, such as EUR"
        )
    yield from _time_zone(location.at("time_zone"), project.time_zone)
    if not config.lookup_path(project.exchange_rates).is_file():
        yield location.at("exchange_rates").error(f"no file {project.exchange_rates!r} in {config.directory}")


def _time_zone(location: ConfigLocation, name: str | None) -> Iterator[ConfigError]:
    if name is None:
        return
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = nearest(name, sorted(available_timezones()))
        yield location.error(f"no time zone {name!r}.{hint} Use a name such as Europe/Berlin")


def _entities(config: Config) -> Iterator[ConfigError]:
    names, allowed = _entity_names(config), owners(config)
    for entity, definition in config.entities.items():
        location = ConfigLocation(config.directory / "entities" / f"{entity}.yml")
        yield from _same_name(location, "entity", definition.entity)
        for name, field in definition.fields.items():
            if field.references is not None:
                yield from unknown(location.at("fields", name, "references"), "entity", field.references, names)
            if field.owner is not None:
                yield from unknown(location.at("fields", name, "owner"), "system or kind", field.owner, allowed)


def _time_zones(source: SourceConfig, location: ConfigLocation) -> Iterator[ConfigError]:
    yield from _time_zone(location.at("defaults", "time_zone"), source.defaults.time_zone)
    for name, item in source.objects.items():
        inner = location.at("objects", name)
        yield from _time_zone(inner.at("time_zone"), item.time_zone)
        for entity, mapping in item.to.items():
            for field, part in mapping.fields.items():
                yield from _time_zone(inner.at("to", entity, "fields", field, "time_zone"), part.time_zone)


def missing_fields(config: Config) -> Iterator[ConfigError]:
    """Yield the required fields that a source's mapping leaves out; a draft may do so, a finished source not."""
    for system, source in config.sources.items():
        for name, item in source.objects.items():
            for entity, mapping in item.to.items():
                location = ConfigLocation(
                    config.directory / "sources" / f"{system}.yml", ("objects", name, "to", entity)
                )
                known = config.entities[entity].fields if entity in config.entities else {}
                for field, one in known.items():
                    if one.required and field not in mapping.fields:
                        near = nearest(field, sorted(set(mapping.fields) - set(known)))
                        yield location.at("fields").error(
                            f"the required field {field!r} of {entity} is not mapped ({one.meaning}).{near} "
                            f"Add `{field}: COLUMN`, or drop `required` in entities/{entity}.yml"
                        )


def _quality(config: Config) -> Iterator[ConfigError]:
    for entity, quality in config.quality.items():
        location = ConfigLocation(config.directory / "quality" / f"{entity}.yml")
        yield from _same_name(location, "entity", quality.entity)
        yield from unknown(location.at("entity"), "entity", entity, _entity_names(config))
        definition = config.entities.get(entity)
        if definition is None:
            continue
        for name in quality.unreadable:
            yield from unknown(location.at("unreadable", name), "field", name, definition.fields)
        for name, reference in quality.references.items():
            inner = location.at("references", name)
            yield from unknown(inner, "reference field", name, definition.references())
            yield from _systems(config, inner.at("systems"), reference.systems)
        for position, expectation in enumerate(quality.expectations):
            yield from _systems(config, location.at("expectations", position, "systems"), expectation.systems)


def _systems(config: Config, location: ConfigLocation, names: list[str]) -> Iterator[ConfigError]:
    known = owners(config)[len(KINDS) :]
    for position, name in enumerate(names):
        yield from unknown(location.at(position), "system", name, known)


def _matching(config: Config) -> Iterator[ConfigError]:
    for entity, matching in config.matching.items():
        location = ConfigLocation(config.directory / "matching" / f"{entity}.yml")
        yield from _same_name(location, "entity", matching.entity)
        yield from unknown(location.at("entity"), "entity", entity, _entity_names(config))
        yield from _systems(config, location.at("clusters", "one_to_one"), matching.clusters.one_to_one)
        if entity not in config.entities:
            continue
        fields = [*config.entities[entity].fields, *KEYS]
        for name, column in matching.columns.items():
            for source in column.source or [name]:
                yield from unknown(location.at("columns", name), f"field of {entity}", source, fields)
            if column.within is not None:
                yield from unknown(location.at("columns", name, "within"), "column", column.within, matching.columns)
        for position, one in enumerate(matching.clusters.different):
            for key, value in (("column", one.column), ("within", one.within)):
                if value is not None:
                    inner = location.at("clusters", "different", position, key)
                    yield from unknown(inner, "column", value, matching.columns)


def _survivorship(config: Config) -> Iterator[ConfigError]:
    allowed = owners(config)
    for entity, rules in config.survivorship.items():
        location = ConfigLocation(config.directory / "survivorship" / f"{entity}.yml")
        yield from _same_name(location, "entity", rules.entity)
        yield from unknown(location.at("entity"), "entity", entity, _entity_names(config))
        for section, named in (("fields", rules.fields), ("together", rules.together)):
            for name, rule in named.items():
                inner = location.at(section, name)
                lists = [(inner.at("owner"), rule.owner)]
                lists += [(inner.at("cases", n, "owner"), case.owner) for n, case in enumerate(rule.cases)]
                for at, given in lists:
                    for position, owner in enumerate(given or []):
                        yield from unknown(at.at(position), "system or kind", owner, allowed)


def _given_twice(config: Config) -> Iterator[ConfigError]:
    """Yield what two files, or one, define under one name: definitions, questions, 360 columns, the tie-out."""
    seen: dict[tuple[str, ...], ConfigLocation] = {}
    for location, what, key in _names(config.directory / "definitions", config.definitions):
        first = seen.setdefault((what, *key), location)
        if first is not location:
            where = f"{first.path.name}, {'.'.join(map(str, first.keys))}"
            yield location.error(f"{what} {' of team '.join(key)} is given twice, first in {where}; keep one")


def _names(folder: Path, files: Mapping[str, DefinitionFile]) -> Iterator[tuple[ConfigLocation, str, tuple[str, ...]]]:
    for stem, file in files.items():
        location = ConfigLocation(folder / f"{stem}.yml")
        for n, definition in enumerate(file.definitions):
            yield location.at("definitions", n, "name"), "definition", (definition.name, definition.team)
            if definition.column is not None:
                yield location.at("definitions", n, "column"), "customer_360 column", (definition.column,)
        for n, question in enumerate(file.questions):
            yield location.at("questions", n, "name"), "question", (question.name,)
        if file.tie_out is not None:
            yield location.at("tie_out"), "section", ("tie_out",)
