"""Answers to the named business questions of `conf/definitions/`, from gold as it was last published."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame
from rich.console import Console
from rich.table import Table

from tieout.config import load_config
from tieout.config.definitions import Question, merge
from tieout.console import styled, to_json, visible
from tieout.context import Context, open_context
from tieout.errors import UsageError
from tieout.gold.build import SIDE_TABLES, TABLES, named_facts, side_tables
from tieout.gold.facts import FACTS, SOURCES
from tieout.gold.inputs import read_inputs
from tieout.gold.questions import answer, find_question, parse_arguments
from tieout.gold.views import mentions, views


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Answer one question, or list them all; both are checked before Spark starts."""
    definitions = merge(load_config(Path(args.config)).definitions.values())
    if args.list:
        return {"questions": [described(question) for question in definitions.questions]}
    if not args.name:
        raise UsageError("Say which question: `tieout ask NAME`; `tieout ask --list` shows all.")
    if args.limit < 1:
        raise UsageError(f"--limit: must be at least 1; found {args.limit}")
    question = find_question(args.name, definitions.questions)
    arguments = parse_arguments(question, args.arg)
    with open_context(args, "ask", record=False) as context:
        return ask(context, question, arguments, args.limit) | {"format": args.format}


def ask(context: Context, question: Question, arguments: dict[str, Any], limit: int = 50) -> dict[str, Any]:
    """Return the answer: `question, wording, arguments, as_of, columns, rows, more`.

    `columns` is name → meaning; there are at most `limit` rows, and `more` tells whether it has more.
    Raises UsageError when gold has not been published.
    """
    as_of = _as_of(context)
    tables = _tables(context, question, as_of)
    with views(context.spark, tables) as named:
        # Bounded: `limit` rows and one to know whether there are more.
        rows = answer(question, arguments, named, as_of).limit(limit + 1).collect()
    shown = [row.asDict(recursive=True) for row in rows[:limit]]
    context.run.step("ask", object=question.name, rows=len(shown))
    return {
        "question": question.name,
        "wording": question.wording,
        "arguments": arguments,
        "as_of": as_of,
        "columns": dict(question.columns),
        "rows": shown,
        "more": len(rows) > limit,
    }


def _tables(context: Context, question: Question, as_of: date) -> dict[str, DataFrame]:
    """Return what the question may read: gold by its tables' names, and the facts where it needs them."""
    lake = context.lake
    named = [name for name in (*TABLES, *FACTS, *SIDE_TABLES) if mentions(question.sql, name)]
    tables = {name: lake.read("gold", name) for name in named if name in TABLES and lake.exists("gold", name)}
    if set(named) <= set(TABLES):
        return tables
    sources = {source for name in named if name not in TABLES for source in SOURCES.get(name, (name,))}
    inputs = read_inputs(lake, context.config, as_of, only=sources)
    return tables | named_facts(inputs, named) | side_tables(inputs, named)


def _as_of(context: Context) -> date:
    if not context.lake.exists("gold", "metric"):
        raise UsageError("There is no gold yet: run `tieout publish` (or `tieout run`) first.")
    row = context.lake.read("gold", "metric").select("as_of").first()
    if row is None:
        raise UsageError("gold.metric is empty: run `tieout publish` first.")
    return date.fromisoformat(str(row["as_of"]))


def described(question: Question) -> dict[str, Any]:
    """Return what a person needs to know to ask the question."""
    return {
        "name": question.name,
        "wording": question.wording,
        "owner": question.owner,
        "arguments": {
            name: {"type": one.type, "default": str(one.default), "meaning": one.meaning}
            for name, one in question.arguments.items()
        },
        "columns": dict(question.columns),
    }


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
