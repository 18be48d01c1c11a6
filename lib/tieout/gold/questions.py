"""Answers to named business questions, with typed arguments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.base import nearest
from tieout.config.models.definitions import Argument, Question, Scalar
from tieout.errors import ConfigError, Problem, UsageError
from tieout.gold.views import Views

TRUE = ("true", "yes", "1")
FALSE = ("false", "no", "0")
# What SQL's INT holds, and the decimals that add up and multiply without leaving Spark's 38 digits.
LARGEST_INT = 2**31 - 1
WHOLE_DIGITS, DECIMAL_PLACES = 18, 6
SHOWN = 60


def find_question(name: str, questions: Iterable[Question]) -> Question:
    """Return the question of that name. Raises UsageError with the nearest spelling."""
    known = {question.name: question for question in questions}
    if name in known:
        return known[name]
    names = sorted(known)
    raise UsageError(f"No question {name!r}.{nearest(name, names)} There are: {', '.join(names)}")


def parse_arguments(question: Question, given: Iterable[str]) -> dict[str, Scalar]:
    """Turn `key=value` texts into typed arguments, with defaults for those not given.

    Raises UsageError for an unknown or repeated key and for a value out of type or range.
    """
    values = {name: typed(name, one, str(one.default)) for name, one in question.arguments.items()}
    seen: set[str] = set()
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--arg {text!r}: want key=value, such as --arg {_example(question)}")
        if name in seen:
            raise UsageError(f"--arg {name}: given twice")
        if name not in question.arguments:
            known = sorted(question.arguments)
            hint = nearest(name, known)
            raise UsageError(f"{question.name} has no argument {name!r}.{hint} It has: {', '.join(known) or 'none'}")
        seen.add(name)
        values[name] = typed(name, question.arguments[name], value)
    return values


def _example(question: Question) -> str:
    for name, argument in question.arguments.items():
        return f"{name}={argument.default}"
    return "key=value"


def typed(name: str, argument: Argument, text: str) -> Scalar:
    """Return the text as the argument's type. Raises UsageError that names argument, type and range."""
    text = text.strip()
    value = _parse(name, argument, text)
    if argument.allowed and text not in argument.allowed:
        hint = nearest(text, argument.allowed)
        raise UsageError(f"{name}: allowed are {', '.join(argument.allowed)}; found {text[:SHOWN]!r}.{hint}")
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        _check_range(name, argument, Decimal(value))
    return value


def _parse(name: str, argument: Argument, text: str) -> Scalar:
    try:
        match argument.type:
            case "int":
                return _int(text)
            case "decimal":
                return _decimal(text)
            case "date":
                return date.fromisoformat(text)
            case "boolean":
                return _boolean(text)
            case _:
                return text
    except (ValueError, InvalidOperation) as error:
        limit = {
            "int": f" up to {LARGEST_INT}",
            "decimal": f" of up to {WHOLE_DIGITS} digits and {DECIMAL_PLACES} after the point",
        }.get(argument.type, "")
        example = {"date": "2026-03-31", "boolean": "true"}.get(argument.type, str(argument.default))
        raise UsageError(f"{name}: want {argument.type}{limit}, such as {example}; found {text[:SHOWN]!r}") from error


def _int(text: str) -> int:
    number = int(text)
    if abs(number) > LARGEST_INT:
        raise ValueError(text)
    return number


def _decimal(text: str) -> Decimal:
    """Return the number without an exponent, which SQL's decimals do not have."""
    number = Decimal(text)
    if not number.is_finite() or number.adjusted() >= WHOLE_DIGITS:
        raise InvalidOperation
    exact = number.quantize(Decimal(1).scaleb(-DECIMAL_PLACES))
    if exact != number:
        raise InvalidOperation
    return Decimal(format(exact.normalize(), "f"))


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise ValueError(text)


def _check_range(name: str, argument: Argument, value: Decimal) -> None:
    if argument.minimum is not None and value < argument.minimum:
        raise UsageError(f"{name}: must be at least {argument.minimum}; found {value}")
    if argument.maximum is not None and value > argument.maximum:
        raise UsageError(f"{name}: must be at most {argument.maximum}; found {value}")


def answer(question: Question, arguments: Mapping[str, Any], views: Views, as_of: date) -> DataFrame:
    """Run the question; returns the columns that it describes, in their order.

    Raises ConfigError when its SQL does not run or lacks a column that is described.
    """
    where = f"conf/definitions: question {question.name}: sql"
    frame = views.query(question.sql, {**arguments, "as_of": as_of}, where, question)
    missing = [name for name in question.columns if name not in frame.columns]
    if missing:
        problem = (
            f"no column {', '.join(missing)}; found {', '.join(frame.columns)}.{nearest(missing[0], frame.columns)}"
        )
        raise ConfigError(Problem(problem, key=where, item=question, keys=("columns", missing[0])))
    return frame.select(*question.columns)
