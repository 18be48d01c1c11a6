"""Code lists: headers, types, keys, and whether they give what the entities' fields may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from tieout.config.base import nearest
from tieout.config.consistency import unknown
from tieout.config.location import ConfigLocation
from tieout.config.lookups import Lookup, Lookups, fold
from tieout.config.models.entity import FieldConfig
from tieout.config.models.mapping import FieldMapping
from tieout.errors import ConfigError, Problem

# Columns of the lists that the code reads by name, and what their values are: text may be empty, `code` is of
# the list named behind the dot. The first line of a list names its key.
KNOWN: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "countries": (("name",), {"name": "filled", "code": "filled"}),
    "currencies": (("code",), {"code": "filled", "decimals": "number"}),
    "currency_names": (("written",), {"written": "filled", "code": "currencies.code"}),
    "phone_plans": (
        ("country",),
        {
            "country": "filled", "calling_code": "number", "trunk_prefix": "text", "international_prefix": "text",
            "min_length": "number", "max_length": "number",
        },
    ),
    "calling_codes": (("calling_code",), {"calling_code": "number", "trunk_prefix": "text", "main_country": "text"}),
    "postcodes": (("country",), {"country": "countries.code", "pad_to": "number", "keep": "number"}),
    "tax_ids": (
        ("country",), {"country": "filled", "prefix": "text", "min_length": "number", "max_length": "number"},
    ),
    "legal_forms": (("written",), {"written": "filled", "form": "filled", "front": "text"}),
    "units": (("written",), {"written": "filled", "unit": "filled"}),
    "public_mail_domains": (("domain",), {"domain": "filled"}),
    "account_statuses": (("written",), {"written": "filled", "status": "filled"}),
    "account_types": (("written",), {"written": "filled", "account_type": "filled"}),
    "exchange_rates": (
        ("currency", "valid_from"), {"currency": "currencies.code", "valid_from": "date", "rate": "positive"},
    ),
}  # fmt: skip
NUMBER = re.compile(r"^\d*$")
# So many of one list's problems are shown: a list with the wrong delimiter would fill the screen.
SHOWN = 20


def lookup_problems(lookups: Lookups, rates: str) -> Iterator[ConfigError]:
    """Yield what is wrong in the code lists; `rates` is the name of the list of exchange rates."""
    for name in lookups.names:
        try:
            lookup = lookups.get(name)
        except ConfigError as error:
            yield error
            continue
        yield from _header(lookup)
        known = KNOWN.get("exchange_rates" if name == rates else name)
        if known is not None:
            found = list(_rows(lookup, *known, lookups))
            yield from found[:SHOWN]
            if len(found) > SHOWN:
                yield ConfigError(Problem(f"{len(found) - SHOWN} more problems like these", str(lookup.path)))


def _header(lookup: Lookup) -> Iterator[ConfigError]:
    for position, name in enumerate(lookup.columns):
        if not name.strip():
            yield _error(lookup, 1, "", f"column {position + 1} has no name in the header")
        elif name in lookup.columns[:position]:
            yield _error(lookup, 1, name, "two columns of this name; keep one")


def _rows(lookup: Lookup, key: tuple[str, ...], types: dict[str, str], lookups: Lookups) -> Iterator[ConfigError]:
    missing = [name for name in types if name not in lookup.columns]
    for name in missing:
        yield _error(
            lookup, 1, name, f"no column {name!r}.{nearest(name, lookup.columns)} It has: {', '.join(lookup.columns)}"
        )
    if missing:
        return
    allowed = {name: _codes(kind, lookups) for name, kind in types.items()}
    seen: dict[tuple[str, ...], tuple[int, dict[str, str]]] = {}
    for line, row in _numbered(lookup):
        for name, kind in types.items():
            problem = _value(row[name], kind, allowed[name])
            if problem is not None:
                yield _error(lookup, line, name, problem)
        keys = tuple(fold(row[name]) for name in key)
        first, other = seen.setdefault(keys, (line, row))
        if other is not row and other != row and list(row.values()) != list(other.values()):
            shown = ", ".join(row[name] for name in key)
            if {row[name] for name in types if name not in key} != {other[name] for name in types if name not in key}:
                yield _error(
                    lookup, line, ".".join(key), f"{shown!r} stands in line {first} with another value; keep one"
                )


def _numbered(lookup: Lookup) -> Iterable[tuple[int, dict[str, str]]]:
    return enumerate(lookup.rows, start=2)


def _codes(kind: str, lookups: Lookups) -> list[str] | None:
    """Return the codes that a column of type `list.column` may have; None where there is no such list."""
    table, dot, column = kind.partition(".")
    if not dot or table not in lookups.names:
        return None
    try:
        other = lookups.get(table)
    except ConfigError:
        return None
    return sorted({row[column] for row in other.rows}) if column in other.columns else None


def _value(text: str, kind: str, allowed: list[str] | None) -> str | None:
    """Return what is wrong with a value, None for nothing."""
    if kind == "filled" and not text.strip():
        return "must not be empty"
    if kind == "number" and not NUMBER.match(text):
        return f"want a whole number; found {text!r}"
    if kind == "date" and not _is(text, date.fromisoformat):
        return f"want a date such as 2026-03-31; found {text!r}"
    if kind == "positive" and not _is(text, _positive):
        return f"want a number above 0, with a point for decimals; found {text!r}"
    if allowed is not None and text not in allowed:
        return f"{text!r} is no code of lookups/{kind.partition('.')[0]}.csv.{nearest(text, allowed)}"
    return None


def _is(text: str, read: object) -> bool:
    try:
        read(text.strip())  # type: ignore[operator]
    except (ValueError, InvalidOperation):
        return False
    return True


def _positive(text: str) -> None:
    number = Decimal(text)
    if not number.is_finite() or number <= 0:
        raise ValueError(text)


def _error(lookup: Lookup, line: int, key: str, message: str) -> ConfigError:
    return ConfigError(Problem(message, str(lookup.path), line, key))


def value_problems(
    mapping: FieldMapping, field: FieldConfig | None, lookups: Lookups, location: ConfigLocation
) -> Iterator[ConfigError]:
    """Yield what is wrong with a mapping's code list and constants: names, columns, values that a field cannot have."""
    values: list[tuple[ConfigLocation, str, object]] = [
        (location.at("const"), "", mapping.const),
        (location.at("default"), "", mapping.default),
    ]
    use = mapping.lookup
    if use is not None:
        inner = location.at("lookup")
        found = list(unknown(inner, "code list", use.table, lookups.names))
        if not found:
            found = list(_lookup_columns(inner, lookups, use.table, [use.key, use.value, *use.where]))
        yield from found
        if found:
            return
        lookup = lookups.get(use.table)
        given = sorted(set(lookup.pairs(use.key, use.value, use.where).values()))
        values += [(inner, f"lookups/{use.table}.csv gives ", one) for one in given]
        values += [(inner.at("otherwise"), "", use.otherwise)] if use.otherwise != "=" else []
    if field is None:
        return
    for inner, origin, value in values:
        if isinstance(value, str):
            yield from _allowed(inner, origin, value, mapping, field, lookups)


def _lookup_columns(
    location: ConfigLocation, lookups: Lookups, table: str, names: list[str | None]
) -> Iterator[ConfigError]:
    try:
        columns = lookups.get(table).columns
    except ConfigError as error:
        yield error
        return
    for name in names:
        if name is not None:
            yield from unknown(location, f"column of lookups/{table}.csv", name, columns)


def _allowed(
    location: ConfigLocation, origin: str, value: str, mapping: FieldMapping, field: FieldConfig, lookups: Lookups
) -> Iterator[ConfigError]:
    names = [next(iter(use)) if isinstance(use, dict) else use for use in (*mapping.normalise, *field.normalise)]
    if field.values and value not in field.values and not names:
        shown = ", ".join(field.values)
        yield location.error(
            f"{origin}{value!r}, which the field cannot hold.{nearest(value, field.values)} It holds: {shown}"
        )
    for normaliser, table in (("currency", "currency_names"), ("country", "countries")):
        if normaliser in names and table in lookups.names and "lookup" not in location.keys:
            known = lookups.get(table).pairs()
            if fold(value) not in known:
                codes = sorted(set(known.values()))
                yield location.error(f"{value!r} is no {normaliser} of lookups/{table}.csv.{nearest(value, codes)}")
