"""What of a source config fits a sample, and what does not: with file, line, key and what to do."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from tieout.config import Config
from tieout.config.base import line_of, load_yaml, nearest
from tieout.config.models.mapping import FieldMapping
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout.onboarding.checking.finding import Check, Finding, Severity, resolved
from tieout.onboarding.checking.values import check_values
from tieout.onboarding.sample import Table

MOST_NAMED = 12


def check_source(config: Config, source: SourceConfig, tables: Sequence[Table]) -> list[Finding]:
    """Compare a source with a sample. Tables are matched to objects by the objects' file patterns."""
    path = config.directory / "sources" / f"{source.system}.yml"
    document = load_yaml(path)
    by_object = match_tables(source, tables)
    findings: list[Finding] = []
    for name, item in source.objects.items():
        if name not in by_object:
            findings += _without_sample(path, document, name, item)
            continue
        one = Check(config, source, name, by_object, path, document)
        findings += [*_columns(one), *_key(one), *_required(one), *check_values(one), *_unmapped(one)]
    known = {id(table) for table in by_object.values()}
    findings += [
        Finding(
            "warning", str(table.files[0]), f"no object reads {table.name}", "add an object for it, or leave it out"
        )
        for table in tables
        if id(table) not in known
    ]
    return findings


def match_tables(source: SourceConfig, tables: Iterable[Table]) -> dict[str, Table]:
    """Return object → table of the sample: by the object's name, else by its sheets' names or file patterns."""
    found: dict[str, Table] = {}
    for table in tables:
        named = [name for name in source.objects if name.lower() == table.name.lower()]
        fitting = [name for name in source.objects if _is_of(source, name, table)]
        for name in [*named, *fitting][:1]:
            found.setdefault(name, table)
    return found


def _is_of(source: SourceConfig, name: str, table: Table) -> bool:
    if table.reading["format"] == "xlsx":
        return any(fnmatch.fnmatchcase(table.name, sheet) for sheet in source.reading(name).sheet)
    return any(_fits(file, pattern) for file in table.files for pattern in source.objects[name].files)


def _fits(file: Path, pattern: str) -> bool:
    parts = pattern.split("/")
    return all(map(fnmatch.fnmatchcase, file.parts[-len(parts) :], parts)) and len(file.parts) >= len(parts)


def _without_sample(path: Path, document: Any, name: str, item: ObjectConfig) -> Iterator[Finding]:
    place = f"{path}:{line_of(document, ('objects', name))}: objects.{name}"
    severity: Severity = "error" if item.required else "warning"
    yield Finding(
        severity, place, "no file of the sample is this object", f"give one that fits {' or '.join(item.files)}"
    )


def _mappings(one: Check) -> Iterator[tuple[tuple[str, ...], FieldMapping]]:
    for position, part in enumerate(one.object.key):
        yield ("key", str(position)), part
    if one.object.modified is not None:
        yield ("modified",), one.object.modified
    for entity, mapping in one.object.to.items():
        for name, part in mapping.fields.items():
            yield ("to", entity, "fields", name), part


def _columns(one: Check) -> Iterator[Finding]:
    """Yield the columns that the config names and the sample does not have."""
    for keys, mapping in _mappings(one):
        problem = _missing(one, mapping)
        if problem is not None and not mapping.optional:
            yield Finding("error", one.location(*keys), problem, "correct the name, or say `optional: true`")
    for alias, join in one.object.joins.items():
        if join.object is None or join.object not in one.tables:
            continue
        for column in join.on.values():
            known = one.top[join.object]
            if column not in known and column.partition(".")[0] not in known:
                what = f"{join.object} has no column {column!r}.{nearest(column, sorted(known))}"
                yield Finding("error", one.location("joins", alias, "on"), what, "correct the name")


def _missing(one: Check, mapping: FieldMapping) -> str | None:
    if mapping.column is None:
        return None
    table, column = resolved(one, mapping.column)
    if table is None:
        return None
    known = one.top[table]
    if column in known or column.partition(".")[0] in known:
        return None
    return f"{table} of the sample has no column {column!r}.{nearest(column, sorted(known))}"


def _key(one: Check) -> Iterator[Finding]:
    """Yield keys that are empty or that name more than one row of a file."""
    columns = [part.column for part in one.object.key if part.column in one.table.frame.columns]
    if len(columns) < len(one.object.key):
        return
    frame = one.table.frame[columns]
    called = "/".join(str(column) for column in columns)
    empty = [at for at, bad in enumerate(frame.isna().all(axis=1)) if bad]
    if empty:
        what = f"{len(empty)} rows have no key {called}, first in {one.row(empty[0])}"
        yield Finding("warning", one.location("key"), what, "such rows go to quarantine; take them out of the export")
    filled = frame.dropna(how="all").assign(part=[one.table.part[at] for at in frame.dropna(how="all").index])
    repeated = filled[filled.duplicated(keep=False)]
    if len(repeated):
        first = repeated.iloc[0]
        places = [at for at, row in filled.iterrows() if row.equals(first)][:2]
        where = " and ".join(one.row(int(str(at))) for at in places)
        what = f"{len(repeated)} rows share a key {called} within a file, first in {where}"
        yield Finding(
            "warning", one.location("key"), what, "add the columns that tell these rows apart, or the newest wins"
        )


def _required(one: Check) -> Iterator[Finding]:
    for entity, mapping in one.object.to.items():
        for name, field in one.config.entities[entity].fields.items():
            if field.required and name not in mapping.fields:
                what = f"no mapping for the required field {name}: {field.meaning}"
                yield Finding("error", one.location("to", entity, "fields"), what, f"map {name} to a column or an expr")


def _unmapped(one: Check) -> Iterator[Finding]:
    """Yield the filled columns that nothing of the whole source uses."""
    texts = " ".join(_texts(one.source))
    unused = [
        column
        for column in one.table.frame.columns
        if one.table.frame[column].notna().any() and not re.search(rf"(?<!\w){re.escape(column)}(?!\w)", texts)
    ]
    if unused:
        more = f" and {len(unused) - MOST_NAMED} more" if len(unused) > MOST_NAMED else ""
        what = f"{len(unused)} columns are not used: {', '.join(unused[:MOST_NAMED])}{more}"
        yield Finding("warning", one.location(), what, "map what you need; bronze keeps all of them")


def _texts(source: SourceConfig) -> Iterator[str]:
    """Yield every text of a source that may name a column."""
    stack: list[Any] = [source.model_dump(exclude_none=True)]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            stack += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            stack += value
