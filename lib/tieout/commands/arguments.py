"""What several verbs share: types of arguments, and the lakehouse that the arguments name."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieout.lakehouse.context import Context

# Spark counts the rows of an answer with 32 bits, and one more is fetched to know whether there are more.
MOST_ROWS = 2**31 - 2


def whole_number(least: int = 1, most: int = MOST_ROWS) -> Callable[[str], int]:
    """Return a type for argparse: a whole number from `least` to `most`."""

    def read(text: str) -> int:
        try:
            value: int | None = int(text)
        except ValueError:
            value = None
        if value is None or not least <= value <= most:
            raise ArgumentTypeError(f"want a whole number from {least} to {most}; found {text[:40]!r}")
        return value

    return read


def add_people(parser: ArgumentParser) -> None:
    """Add the option that every verb with a report has."""
    parser.add_argument(
        "--with-people", action="store_true", help="show rows with names, e-mails and phones of persons in the report"
    )


def opened(args: Namespace, verb: str, **how: Any) -> AbstractContextManager[Context]:
    """Open the lakehouse that the arguments name, and record a run with them; `how`: see `open_context`."""
    from tieout.lakehouse.context import open_context

    return open_context(
        verb,
        args.config,
        root=args.root,
        catalog=args.catalog,
        systems=named(getattr(args, "systems", None)),
        reads=[getattr(args, "input", None)],
        arguments=vars(args),
        as_json=args.json,
        **how,
    )


def named(text: str | None) -> list[str] | None:
    """Return the names of `A,B`, None for no text."""
    return text.split(",") if text else None
