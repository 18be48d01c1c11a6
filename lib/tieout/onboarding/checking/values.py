"""Values of a sample that cannot be read as what the config says they are."""

from __future__ import annotations

from collections.abc import Iterator

from tieout.config.models.entity import FieldConfig
from tieout.config.models.mapping import FieldMapping
from tieout.config.models.values import ValueOptions
from tieout.config.value_formats import decimal_mark
from tieout.onboarding.checking.finding import Check, Finding, resolved
from tieout.onboarding.checking.readable import is_readable
from tieout.onboarding.content import Lists

EXAMPLES = 3
NOT_NUMBERS = {"string", "boolean", "date", "timestamp"}


def check_values(one: Check) -> Iterator[Finding]:
    """Yield values that cannot be read as their field's type, or that no list has."""
    for entity, mapping in one.object.to.items():
        for name, part in mapping.fields.items():
            field = one.config.entities[entity].fields.get(name)
            table, column = resolved(one, part.column) if part.column else (None, "")
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
    return Finding("error", one.location("to", at[0], "fields", at[1]), what, todo)


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
    return Finding("error", one.location("to", at[0], "fields", at[1]), what, f"say decimal_mark: {other!r}")


def _reads(one: Check, part: FieldMapping, field: FieldConfig, options: ValueOptions, value: str) -> bool:
    if value in (options.empty_words or []):
        return True
    if part.lookup is not None:
        known = Lists(one.config.directory).first_column(part.lookup.table)
        return part.lookup.otherwise is not None or part.lookup.key is not None or value.lower() in known
    if field.values and field.type == "string":
        return value in field.values
    return is_readable(value, field.type, options)
