"""What a config may say but hardly means: files that nobody reads, rows of code lists that never count."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from tieout.config import Config
from tieout.config.base import nearest
from tieout.config.lookups import Lookup, Lookups, fold
from tieout.errors import ConfigError, Problem

FOLDERS = ("sources", "entities", "quality", "matching", "survivorship", "definitions", "lookups")
FILES = ("tieout.yml", "products.yml", "words.yml", "policies.yml")


def warnings(config: Config, lookups: Lookups) -> Iterator[Problem]:
    """Yield what is allowed and suspicious, sorted by file."""
    found = [
        *_unread_files(config.directory),
        *_rates(config, lookups),
        *_repeated(config, lookups),
        *_entities(config),
    ]
    yield from sorted(found, key=lambda one: (one.file, one.line or 0, one.key))


def _unread_files(directory: Path) -> Iterator[Problem]:
    for path in sorted(directory.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and path.name in FOLDERS:
            ending = ".csv" if path.name == "lookups" else ".yml"
            for inside in sorted(path.iterdir()):
                if inside.suffix != ending and not inside.name.startswith("."):
                    yield Problem(f"nobody reads this file; {path.name}/ holds {ending} files", str(inside))
        elif path.name not in FILES:
            known = [*FOLDERS, *FILES]
            what = "folder" if path.is_dir() else "file"
            yield Problem(f"nobody reads this {what}.{nearest(path.name, known)}", str(path))


def _rates(config: Config, lookups: Lookups) -> Iterator[Problem]:
    """Yield rates of the reporting currency that are not 1: then the list is in another currency."""
    lookup = _list(lookups, Path(config.project.exchange_rates).stem)
    currency = config.project.reporting_currency
    if lookup is None or not {"currency", "rate"} <= set(lookup.columns):
        return
    for line, row in enumerate(lookup.rows, start=2):
        try:
            other = row["currency"] == currency and Decimal(row["rate"]) != 1
        except InvalidOperation:
            continue
        if other:
            message = (
                f"a rate of {currency}, the reporting currency, that is not 1: are these rates in another currency?"
            )
            yield Problem(message, str(lookup.path), line, "rate")
            return


def _repeated(config: Config, lookups: Lookups) -> Iterator[Problem]:
    """Yield rows of code lists that are never found, as an earlier one has their key."""
    uses = {
        (use.table, use.key, tuple(use.where.items()))
        for source in config.sources.values()
        for item in source.objects.values()
        for mapping in item.to.values()
        for part in mapping.fields.values()
        if (use := part.lookup) is not None
    }
    for table, key, where in sorted(uses, key=str):
        lookup = _list(lookups, table)
        name = key or (lookup.columns[0] if lookup is not None else "")
        if lookup is None or not {name, *dict(where)} <= set(lookup.columns):
            continue
        seen: dict[str, int] = {}
        for line, row in enumerate(lookup.rows, start=2):
            if all(row[column] == value for column, value in where):
                first = seen.setdefault(fold(row[name]), line)
                if first != line:
                    message = f"{row[name]!r} is never found: line {first} has it already"
                    yield Problem(message, str(lookup.path), line, name)


def _list(lookups: Lookups, name: str) -> Lookup | None:
    try:
        return lookups.get(name)
    except ConfigError:
        return None


def _entities(config: Config) -> Iterator[Problem]:
    """Yield entities that no source fills."""
    filled = {entity for source in config.sources.values() for item in source.objects.values() for entity in item.to}
    for entity in config.entities:
        if entity not in filled:
            path = config.directory / "entities" / f"{entity}.yml"
            yield Problem("no source maps anything to this entity", str(path), 1, entity)
