"""Types of command line arguments that several verbs take."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable

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
