"""`tieout ask`: answers to named business questions, from gold."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import opened, whole_number
from tieout.errors import UsageError
from tieout.platform.console import styled, to_json, visible

if TYPE_CHECKING:
    from rich.console import Console


HELP = "answer a named business question from gold"
FORMATS = ("table", "csv", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the question, its arguments and the shape of the answer."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the question; --list shows all")
    parser.add_argument("--arg", action="append", default=[], metavar="KEY=VALUE", help="an argument of the question")
    parser.add_argument("--list", action="store_true", help="list the questions with their arguments")
    parser.add_argument("--limit", type=whole_number(), default=50, metavar="N", help="rows shown at most; default 50")
    parser.add_argument("--format", choices=FORMATS, default="table", help="how the answer is printed")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Answer one question, or list them all; both are checked before Spark starts."""
    from tieout.config import load_config
    from tieout.config.models.definitions import merge
    from tieout.gold.ask import ask, described
    from tieout.gold.questions import find_question, parse_arguments

    definitions = merge(load_config(Path(args.config)).definitions.values())
    if args.list:
        return {"questions": [described(question) for question in definitions.questions]}
    if not args.name:
        raise UsageError("Say which question: `tieout ask NAME`; `tieout ask --list` shows all.")
    if args.limit < 1:
        raise UsageError(f"--limit: must be at least 1; found {args.limit}")
    question = find_question(args.name, definitions.questions)
    arguments = parse_arguments(question, args.arg)
    with opened(args, "ask", record=False) as context:
        return ask(context, question, arguments, args.limit) | {"format": args.format}


def render(figures: dict[str, Any], console: Console) -> None:
    """Print the answer or the list."""
    if "questions" in figures:
        _render_list(figures["questions"], console)
        return
    shape = figures["format"]
    if shape == "csv":
        _print_csv(list(figures["columns"]), figures["rows"])
    elif shape == "json":
        print(to_json(figures["rows"], indent=2))  # noqa: T201
    else:
        _render_table(figures, console)


def _render_list(questions: Sequence[dict[str, Any]], console: Console) -> None:
    for question in questions:
        console.print(styled((question["name"], "bold"), "  ", question["wording"]))
        for name, one in question["arguments"].items():
            console.print(f"    --arg {name}={one['default']}  ({one['type']}) {one['meaning']}")


def _render_table(figures: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    given = ", ".join(f"{name} = {value}" for name, value in figures["arguments"].items())
    dated = f"{given + '; ' if given else ''}as of {figures['as_of']}"
    console.print(styled(figures["wording"], "  ", (dated, "dim")))
    table = Table(box=None)
    for name in figures["columns"]:
        numbers = any(isinstance(row[name], int | Decimal) for row in figures["rows"])
        table.add_column(name, justify="right" if numbers else "left", overflow="fold")
    for row in figures["rows"]:
        table.add_row(*[_shown(row[name]) for name in figures["columns"]])
    console.print(table)
    count = len(figures["rows"])
    console.print(f"{count} rows" + ("; there are more, see --limit" if figures["more"] else ""))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,}" if isinstance(value, int | Decimal) else str(value)


def _print_csv(columns: list[str], rows: list[dict[str, Any]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in columns])
    # A file gets the names as they are, a terminal no escape sequences.
    sys.stdout.write(visible(text.getvalue()) if sys.stdout.isatty() else text.getvalue())


def _cell(value: Any) -> Any:
    value = " ".join(map(str, value)) if isinstance(value, list) else value
    # A spreadsheet would run a text that starts like a formula.
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@"):
        return f"'{value}"
    return value
