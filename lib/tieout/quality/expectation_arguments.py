"""Great Expectations' expectations and their arguments, known without loading the library, which takes seconds.

    python -m tieout.quality.expectation_arguments

writes `great_expectations.json` anew from the version that is installed; a test compares the two.
"""

from __future__ import annotations

import json
import typing
from datetime import date
from enum import Enum
from functools import cache
from numbers import Number
from pathlib import Path
from typing import Any, NamedTuple

from tieout.config.base import nearest

FILE = Path(__file__).with_name("great_expectations.json")
# What the gate itself gives, or what means nothing to it: no arguments for a config.
OWN = ("id", "meta", "notes", "rendered_content", "windows", "batch_id", "result_format", "catch_exceptions")
COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "sum_columns")
# Of expectations with these, columns that are not there are what is asked about.
ABOUT_COLUMNS = (
    "expect_column_to_exist", "expect_table_columns_to_match_set", "expect_table_columns_to_match_ordered_list",
)  # fmt: skip
# The library turns whatever it gets into these lists.
LISTS = ("value_set", "column_list")


class Argument(NamedTuple):
    """One argument: whether it must be given, the types that it takes, and its values where they are few."""

    required: bool
    types: list[str]
    values: list[Any]


@cache
def known() -> dict[str, dict[str, Argument]]:
    """Return the arguments of every expectation, by name."""
    table = json.loads(FILE.read_text(encoding="utf-8"))
    return {
        kind: {name: Argument(**one) for name, one in arguments.items()}
        for kind, arguments in table["expectations"].items()
    }


def problems(kind: str, kwargs: dict[str, Any], given_elsewhere: frozenset[str] = frozenset()) -> list[tuple[str, str]]:
    """Return what is wrong with an expectation's name and arguments, as (key, sentence); key `type` or `kwargs.x`.

    `given_elsewhere` are arguments that the gate adds, such as a `value_set` from a code list.
    """
    allowed = known().get(kind)
    if allowed is None:
        return [("type", f"Great Expectations has no {kind!r}.{nearest(kind, list(known()))}")]
    found = []
    for name, value in kwargs.items():
        if name not in allowed:
            message = f"{kind} has no argument {name!r}.{nearest(name, list(allowed))} It has: {', '.join(allowed)}"
            found.append((f"kwargs.{name}", message))
        elif not _fits(value, allowed[name]):
            wanted = ", ".join(map(str, allowed[name].values or allowed[name].types))
            found.append((f"kwargs.{name}", f"want {wanted}; found {str(value)[:60]!r}"))
    missing = [name for name, one in allowed.items() if one.required and name not in {*kwargs, *given_elsewhere}]
    return found + [("kwargs", f"{kind} needs the argument {name!r}") for name in missing]


def columns_of(kind: str, kwargs: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the columns that an expectation's arguments name, each with the argument."""
    if kind in ABOUT_COLUMNS:
        return []
    named = [(key, kwargs[key]) for key in COLUMN_ARGUMENTS if key in kwargs]
    return [(key, one) for key, value in named for one in (value if isinstance(value, list) else [value])]


def _fits(value: Any, argument: Argument) -> bool:
    if argument.values:
        return value in argument.values or (value is None and "null" in argument.types)
    return any(_is(value, kind) for kind in argument.types)


def _is(value: Any, kind: str) -> bool:
    match kind:
        case "text":
            return isinstance(value, str)
        case "number":
            return isinstance(value, Number) and not isinstance(value, bool)
        case "yes or no":
            return isinstance(value, bool)
        case "date":
            return isinstance(value, date) or (isinstance(value, str) and _is_date(value))
        case "list":
            return isinstance(value, list | tuple)
        case "mapping":
            return isinstance(value, dict)
        case "null":
            return value is None
        case _:
            return True


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text[:10])
    except ValueError:
        return False
    return True


def generate() -> dict[str, Any]:
    """Return what `great_expectations.json` holds, from the installed library."""
    import great_expectations
    from great_expectations import expectations

    classes = [getattr(expectations, name) for name in dir(expectations) if name.startswith(("Expect", "Unexpected"))]
    found = {one.expectation_type: one.__fields__ for one in classes if hasattr(one, "expectation_type")}
    return {
        "source": f"great_expectations {great_expectations.__version__}",
        "expectations": {
            kind: {name: _argument(field) for name, field in sorted(fields.items()) if name not in OWN}
            for kind, fields in sorted(found.items())
        },
    }


def _argument(field: Any) -> dict[str, Any]:
    types, values = (["list"], []) if field.name in LISTS else _types(field.outer_type_)
    if not field.required and field.allow_none:
        types.append("null")
    return {"required": bool(field.required), "types": sorted(set(types)), "values": values}


def _types(annotation: Any) -> tuple[list[str], list[Any]]:
    """Return the types and values of a Python annotation; a date or a text has no values of its own."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Literal:
        return ["text"], list(arguments)
    if origin is typing.Union:
        parts = [_types(one) for one in arguments]
        values = [value for _, some in parts for value in some]
        types = [kind for kinds, _ in parts for kind in kinds]
        return types, values if set(types) <= {"text", "null"} and all(v or k == ["null"] for k, v in parts) else []
    origin = origin or annotation
    if isinstance(origin, type):
        if issubclass(origin, Enum):
            return ["text"], [one.value for one in origin]
        for kind, classes in CLASSES.items():
            if issubclass(origin, classes):
                return [kind], []
    return (["mapping"], []) if "row_conditions" in str(annotation) else (["any"], [])


CLASSES: dict[str, tuple[type, ...]] = {
    "yes or no": (bool,),
    "number": (int, float),
    "text": (str,),
    "date": (date,),
    "list": (list, tuple, set),
    "mapping": (dict,),
    "null": (type(None),),
}


if __name__ == "__main__":
    written = generate()
    lines = [f'  "{kind}": {json.dumps(arguments)}' for kind, arguments in written["expectations"].items()]
    body = ",\n".join(lines)
    FILE.write_text(f'{{"source": "{written["source"]}", "expectations": {{\n{body}\n}}}}\n', encoding="utf-8")
