"""What of a source config fits a sample, and what does not: with file, line, key and what to do."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tieout.config import Config
from tieout.config.base import line_of, load_yaml, nearest
from tieout.config.entity import FieldConfig
from tieout.config.mapping import FieldMapping
from tieout.config.source import ObjectConfig, SourceConfig
from tieout.config.values import ValueOptions
from tieout.onboarding.content import Lists
from tieout.onboarding.readable import is_readable
from tieout.onboarding.sample import Table
from tieout.sources.forms import decimal_mark

EXAMPLES = 3
MOST_NAMED = 12
NOT_NUMBERS = {"string", "boolean", "date", "timestamp"}
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: `place` is a line of the config or of a sample file."""

    severity: Severity
    place: str
    what: str
    todo: str

    def to_dict(self) -> dict[str, str]:
        """Return the finding as a dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One object of a source, with its table of the sample."""

    config: Config
    source: SourceConfig
    name: str
    tables: dict[str, Table]
    path: Path
    document: Any

    @property
    def object(self) -> ObjectConfig:
        return self.source.objects[self.name]

    @property
    def table(self) -> Table:
        return self.tables[self.name]

    def place(self, *keys: str) -> str:
        """Return where the config says something: file, line and key."""
        location = ("objects", self.name, *keys)
        return f"{self.path}:{line_of(self.document, location)}: {'.'.join(location)}"

    def row(self, position: int) -> str:
        """Return where a row of the sample is: file and line."""
        return f"{self.table.files[self.table.part[position]]}:{self.table.lines[position]}"

    @cached_property
    def top(self) -> dict[str, set[str]]:
        """Return, by object, the columns that bronze has: of JSON only the keys at the top."""
        return {
            name: {column.partition(".")[0] for column in table.frame.columns} | set(table.frame.columns)
            for name, table in self.tables.items()
        }


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
        findings += [*_columns(one), *_key(one), *_required(one), *_values(one), *_unmapped(one)]
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
    """Return object → table of the sample, by the object's name or else its file patterns."""
    found: dict[str, Table] = {}
    for table in tables:
        for name, item in source.objects.items():
            sheets = source.reading(name).sheet
            named = table.name.lower() == name.lower() or any(fnmatch.fnmatchcase(table.name, one) for one in sheets)
            fits = any(_fits(file, pattern) for file in table.files for pattern in item.files)
            if (named or (fits and table.reading["format"] != "xlsx")) and name not in found:
                found[name] = table
                break
    return found


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
            yield Finding("error", one.place(*keys), problem, "correct the name, or say `optional: true`")
    for alias, join in one.object.joins.items():
        if join.object is None or join.object not in one.tables:
            continue
        for column in join.on.values():
            known = one.top[join.object]
            if column not in known and column.partition(".")[0] not in known:
                what = f"{join.object} has no column {column!r}.{nearest(column, sorted(known))}"
                yield Finding("error", one.place("joins", alias, "on"), what, "correct the name")


def _missing(one: Check, mapping: FieldMapping) -> str | None:
    if mapping.column is None:
        return None
    table, column = _resolved(one, mapping.column)
    if table is None:
        return None
    known = one.top[table]
    if column in known or column.partition(".")[0] in known:
        return None
    return f"{table} of the sample has no column {column!r}.{nearest(column, sorted(known))}"


def _resolved(one: Check, column: str) -> tuple[str | None, str]:
    """Return the object that a mapping's column belongs to, None where the sample has not got it, and its name."""
    alias, dot, rest = column.partition(".")
    join = one.object.joins.get(alias) if dot else None
    if join is None:
        aliases = [mapping.each.alias for mapping in one.object.to.values() if mapping.each]
        return (None if alias in aliases else one.name), column
    if join.object not in one.tables or join.aggregate:
        return None, rest
    return join.object, rest


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
        yield Finding("warning", one.place("key"), what, "such rows go to quarantine; take them out of the export")
    filled = frame.dropna(how="all").assign(part=[one.table.part[at] for at in frame.dropna(how="all").index])
    repeated = filled[filled.duplicated(keep=False)]
    if len(repeated):
        first = repeated.iloc[0]
        places = [at for at, row in filled.iterrows() if row.equals(first)][:2]
        where = " and ".join(one.row(int(str(at))) for at in places)
        what = f"{len(repeated)} rows share a key {called} within a file, first in {where}"
        yield Finding(
            "warning", one.place("key"), what, "add the columns that tell these rows apart, or the newest wins"
        )


def _required(one: Check) -> Iterator[Finding]:
    for entity, mapping in one.object.to.items():
        for name, field in one.config.entities[entity].fields.items():
            if field.required and name not in mapping.fields:
                what = f"no mapping for the required field {name}: {field.meaning}"
                yield Finding("error", one.place("to", entity, "fields"), what, f"map {name} to a column or an expr")


def _values(one: Check) -> Iterator[Finding]:
    """Yield values that cannot be read as their field's type, or that no list has."""
    for entity, mapping in one.object.to.items():
        for name, part in mapping.fields.items():
            field = one.config.entities[entity].fields.get(name)
            table, column = _resolved(one, part.column) if part.column else (None, "")
            if field is None or table is None or part.json_path or column not in one.tables[table].frame.columns:
                continue
            owner = Check(one.config, one.source, table, one.tables, one.path, one.document)
            found = [
                _unreadable(one, owner, (entity, name), part, field, column),
                _misread(one, owner, (entity, name), part, field, column),
            ]
            yield from (finding for finding in found if finding is not None)


def _unreadable(
    one: Check, owner: Check, at: tuple[str, str], part: FieldMapping, field: FieldConfig, column: str
) -> Finding | None:
    options = part.over(one.source.values(one.name))
    values = owner.table.frame[column]
    bad = [
        position
        for position, value in enumerate(values)
        if value is not None and not _reads(one, part, field, options, value)
    ]
    if not bad:
        return None
    examples = ", ".join(f"{values.iloc[position]!r} ({owner.row(position)})" for position in bad[:EXAMPLES])
    share = f"{len(bad)} of {int(values.notna().sum())} values of {column}"
    if part.lookup is not None or field.values:
        allowed = (
            f"one of {', '.join(field.values)}"
            if field.values
            else f"in lookups/{part.lookup.table if part.lookup else ''}.csv"
        )
        todo = "add them to the code list, or give the lookup an `otherwise`"
        what = f"{share} are not {allowed}: {examples}"
    else:
        todo = "name their form (date_format, decimal_mark, true_words, empty_words), or map another column"
        what = f"{share} cannot be read as {field.type}: {examples}"
    return Finding("error", one.place("to", at[0], "fields", at[1]), what, todo)


def _misread(
    one: Check, owner: Check, at: tuple[str, str], part: FieldMapping, field: FieldConfig, column: str
) -> Finding | None:
    """Return numbers that can be read, but as others: 1.234,50 with a decimal point is 1.2345."""
    values = owner.table.frame[column].dropna()
    mark = part.over(one.source.values(one.name)).decimal_mark or "."
    if field.type in NOT_NUMBERS or part.lookup is not None or decimal_mark(list(values)) == mark:
        return None
    wrong = next((int(str(at)) for at, value in values.items() if "," in value or "." in value), None)
    if wrong is None:
        return None
    other = "," if mark == "." else "."
    what = f"{column} seems to have its decimals after {other!r}: {values.loc[wrong]!r} ({owner.row(wrong)})"
    return Finding("error", one.place("to", at[0], "fields", at[1]), what, f"say decimal_mark: {other!r}")


def _reads(one: Check, part: FieldMapping, field: FieldConfig, options: ValueOptions, value: str) -> bool:
    if value in (options.empty_words or []):
        return True
    if part.lookup is not None:
        known = Lists(one.config.directory).first_column(part.lookup.table)
        return part.lookup.otherwise is not None or part.lookup.key is not None or value.lower() in known
    if field.values and field.type == "string":
        return value in field.values
    return is_readable(value, field.type, options)


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
        yield Finding("warning", one.place(), what, "map what you need; bronze keeps all of them")


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
