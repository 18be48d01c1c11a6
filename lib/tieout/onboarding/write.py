"""A draft written as `conf/sources/<name>.yml`: valid, commented, ready for a person to edit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tieout.config.models.entity import EntityConfig
from tieout.config.models.values import DEFAULT_FALSE, DEFAULT_TRUE
from tieout.config.value_formats import AS_DEFAULT, EPOCH_MILLIS, EPOCH_SECONDS, NOTHING, date_format_of, decimal_mark
from tieout.onboarding.columns import Column
from tieout.onboarding.content import Content, known_values
from tieout.onboarding.draft import ObjectDraft
from tieout.onboarding.guess import Guess
from tieout.onboarding.join_candidates import Join
from tieout.onboarding.vocabulary import Vocabulary
from tieout.platform.sql import literal

PLAIN = re.compile(r"^[A-Za-z][A-Za-z0-9_.-]*$")
IDENTIFIER = re.compile(r"^[A-Za-z_]\w*$")
RESERVED = {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "t", "f"}
JSON_FORMATS = {"json", "jsonl"}
MOST_UNUSED = 12
LIST_KNOWS = 0.6


@dataclass(frozen=True)
class Draft:
    """Everything that the file says."""

    name: str
    kind: str
    objects: Sequence[ObjectDraft]
    entities: Mapping[str, EntityConfig]
    vocabulary: Vocabulary


def source_yaml(draft: Draft) -> str:
    """Return the text of the source file."""
    reading = _common([one.profile.table.reading for one in draft.objects])
    lines = [
        f"# {draft.name}, as `tieout source new` guessed it from sample files: a first config to be corrected.",
        "# The number after each mapping is how sure the guess is, from 0 to 1; check those below 0.7 first.",
        "# docs/mapping.md explains the grammar. `tieout source check` says what fits on the sample.",
        f"system: {draft.name}",
        f"kind: {draft.kind}",
        "",
        "defaults:",
        *(f"  {key}: {_scalar(value)}" for key, value in reading.items()),
        "",
        "objects:",
    ]
    names = [one.name for one in draft.objects]
    for one in draft.objects:
        lines += [*_object(one, reading, names, draft), ""]
    return "\n".join(lines).rstrip() + "\n"


def _common(readings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the reading options of most objects of the most frequent format."""
    formats = [reading["format"] for reading in readings]
    usual = max(formats, key=formats.count)
    of_usual = [reading for reading in readings if reading["format"] == usual]
    keys = [key for key in of_usual[0] if key not in ("records", "sheet")]
    common = {}
    for key in keys:
        values = [reading.get(key) for reading in of_usual]
        common[key] = max(values, key=values.count)
    return common


def _object(one: ObjectDraft, reading: Mapping[str, Any], names: Sequence[str], draft: Draft) -> Iterator[str]:
    own = {key: value for key, value in one.profile.table.reading.items() if reading.get(key) != value}
    yield f"  {_scalar(one.name)}:"
    yield f"    files: [{', '.join(json.dumps(pattern) for pattern in file_patterns(one, names))}]"
    yield from (f"    {key}: {_scalar(value)}" for key, value in own.items())
    comment = "" if one.key_unique else "    # not unique in the sample: find the columns that name a record"
    yield f"    key: [{', '.join(_scalar(name) for name in one.key)}]{comment}"
    if one.modified is not None:
        yield f"    modified: {_mapping(one.modified, 'timestamp', {})}"
    if one.deleted is not None:
        yes = ", ".join(f"'{word}'" for word in ("true", "t", "yes", "y", "1", "x"))
        yield f"    deleted_when: {json.dumps(f'lower({_sql(one.deleted.name, one)}) IN ({yes})')}"
    if one.joins:
        yield "    joins:"
        yield from (f"      {alias}: {_join(join, one)}" for alias, join in one.joins.items())
    if one.entity is not None and one.guesses:
        yield "    to:"
        yield f"      {one.entity}:"
        yield "        fields:"
        yield from _fields(one, draft)
    elif one.entity is None:
        yield "    # No entity was found for it: what it has is only joined. Give it a `to:` if it is one."
    unused = one.unmapped()
    if unused:
        more = f" and {len(unused) - MOST_UNUSED} more" if len(unused) > MOST_UNUSED else ""
        yield f"    # not used: {', '.join(unused[:MOST_UNUSED])}{more}"


def file_patterns(one: ObjectDraft, names: Sequence[str]) -> list[str]:
    """Return globs for an object's files that fit no other object's: its own name, and a folder of that name."""
    table = one.profile.table
    ending = "".join(table.files[0].suffixes[-2:] if table.files[0].suffix == ".gz" else [table.files[0].suffix])
    if table.reading["format"] == "xlsx":
        return [f"{table.files[0].stem}*{ending}"]
    others = [name for name in names if name != one.name and name.lower().startswith(one.name.lower())]
    if others:
        return [f"{one.name}{ending}", f"{one.name}[_.-][0-9]*{ending}", f"{one.name}/*{ending}"]
    return [f"{one.name}*{ending}", f"{one.name}/*{ending}"]


def _join(join: Join, one: ObjectDraft) -> str:
    left = join.on[0]
    alias, dot, column = left.partition(".")
    inner = one.joins.get(alias) if dot else None
    # A join on a column of another join names it as it stands; its own columns may need quoting.
    expression = f"{alias}.{_quoted(column)}" if inner is not None else _sql(left, one)
    on = f"{{{_scalar(expression, always=expression != left)}: {_scalar(join.on[1])}}}"
    where = f", where: {json.dumps(_condition(join))}" if join.where else ""
    return f"{{object: {_scalar(join.object)}, on: {on}{where}, optional: true}}    # {join.sure:.2f}"


def _condition(join: Join) -> str:
    tests = [
        f"{_quoted(name)} IS NULL" if value is None else f"{_quoted(name)} = {literal(value)}"
        for name, value in join.where
    ]
    return " AND ".join(tests)


def _fields(one: ObjectDraft, draft: Draft) -> Iterator[str]:
    assert one.entity is not None
    config = draft.entities[one.entity]
    words = draft.vocabulary.fields.get(one.entity, {})
    for name, field in config.fields.items():
        guess = one.guesses.get(name)
        if guess is None:
            full = _full_name(name, one)
            if full is not None:
                yield f"          {name}: {{expr: {json.dumps(full)}}}    # from its parts"
            elif field.required:
                yield f"          # {name}: required, but no column looks like it. {field.meaning}."
            continue
        options = _value_options(guess.column.content, field.type)
        lookup = words[name].lookup if name in words else None
        remark = ""
        if lookup and _listed(guess, lookup):
            otherwise = words[name].otherwise
            options["lookup"] = f"{{table: {lookup}, otherwise: {otherwise}}}" if otherwise else lookup
        elif field.values and field.type == "string":
            remark = f"; needs a lookup to one of {', '.join(field.values)}"
        elif guess.column.content.empty:
            remark = "; empty in the sample"
        mapping = _inside_joined_json(guess.column, one, draft) or _mapping(guess.column, field.type, options)
        yield f"          {name}: {mapping}    # {guess.sure:.2f}{remark}"


def _inside_joined_json(column: Column, one: ObjectDraft, draft: Draft) -> str | None:
    """Return a mapping for a value inside JSON of a joined object, which only an expression can name."""
    if column.via is None or "." not in column.name:
        return None
    other = next(item for item in draft.objects if item.name == one.joins[column.via].object)
    if other.profile.table.reading["format"] not in JSON_FORMATS:
        return None
    top, _, rest = column.name.partition(".")
    expression = f"get_json_object({column.via}.{_quoted(top)}, '$.{rest}')"
    return f"{{expr: {json.dumps(expression)}}}"


def _listed(guess: Guess, lookup: str) -> bool:
    content = guess.column.content
    return known_values(content, content.lists.first_column(lookup)) > LIST_KNOWS


def _full_name(name: str, one: ObjectDraft) -> str | None:
    parts = [one.guesses.get(part) for part in ("first_name", "last_name")]
    if name != "full_name" or not all(parts):
        return None
    columns = [_sql(part.column.name, one) for part in parts if part is not None and part.column.via is None]
    return f"nullif(concat_ws(' ', {', '.join(columns)}), '')" if len(columns) == 2 else None


def _mapping(column: Column, kind: str, options: dict[str, str]) -> str:
    """Return a mapping in YAML: the column alone, or with what else must be known to read it."""
    options = _value_options(column.content, kind) | options
    if column.json is not None:
        options = {"json": json.dumps(column.json)} | options
    if not options:
        return _scalar(column.path)
    inner = ", ".join(f"{key}: {value}" for key, value in options.items())
    return f"{{column: {_scalar(column.path)}, {inner}}}"


def _value_options(content: Content, kind: str) -> dict[str, str]:
    """Return the options that the values of a typed field need beside the defaults."""
    if content.empty or kind == "string":
        return {}
    if kind in ("date", "timestamp"):
        return _date_options(content, kind)
    if kind == "boolean":
        return _flag_options(content)
    return {"decimal_mark": '","'} if decimal_mark(content.shown) == "," else {}


def _date_options(content: Content, kind: str) -> dict[str, str]:
    form = date_format_of(content.shown)
    options: dict[str, str] = {}
    if form is not None and form != AS_DEFAULT:
        options[f"{kind}_format"] = form if form in (EPOCH_MILLIS, EPOCH_SECONDS) else json.dumps(form)
    nothing = sorted({value for value in content.shown if NOTHING.match(value)})
    return options | ({"empty_words": json.dumps(nothing)} if nothing else {})


def _flag_options(content: Content) -> dict[str, str]:
    seen = {value.lower() for value in content.shown}
    options: dict[str, str] = {}
    if not seen <= {*DEFAULT_TRUE, *DEFAULT_FALSE}:
        yes = sorted(seen & {"ja", "oui", "si", "wahr", *DEFAULT_TRUE})
        options = {"true_words": json.dumps(yes), "false_words": json.dumps(sorted(seen - set(yes)))}
    if seen <= {"x"}:
        options["blank_is_false"] = "true"
    return options


def _sql(name: str, one: ObjectDraft) -> str:
    """Return a column as Spark SQL: quoted where its name needs that, taken from JSON where it is inside."""
    top, dot, rest = name.partition(".")
    if dot and one.profile.table.reading["format"] in JSON_FORMATS:
        return f"get_json_object({_quoted(top)}, '$.{rest}')"
    return _quoted(name)


def _quoted(name: str) -> str:
    return name if IDENTIFIER.match(name) else "`" + name.replace("`", "``") + "`"


def _scalar(value: Any, always: bool = False) -> str:
    """Return a YAML scalar, quoted where YAML would take it for something else."""
    if isinstance(value, list):
        return f"[{', '.join(_scalar(one) for one in value)}]"
    text = str(value)
    if not always and PLAIN.match(text) and text.lower() not in RESERVED:
        return text
    return json.dumps(text, ensure_ascii=False)
