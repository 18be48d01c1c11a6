"""Answers to the named business questions of `conf/definitions/`, from gold as it was last published."""

from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.models.definitions import Question
from tieout.errors import UsageError
from tieout.gold.build import SIDE_TABLES, TABLES, named_facts, side_tables
from tieout.gold.documents.facts import FACTS, SOURCES
from tieout.gold.inputs import read_inputs
from tieout.gold.questions import answer
from tieout.gold.views import Views, mentions
from tieout.lakehouse.context import Context


def ask(context: Context, question: Question, arguments: dict[str, Any], limit: int = 50) -> dict[str, Any]:
    """Return the answer: `question, wording, arguments, as_of, columns, rows, more`.

    `columns` is name → meaning; there are at most `limit` rows, and `more` tells whether it has more.
    Raises UsageError when gold has not been published.
    """
    as_of = _as_of(context)
    tables = _tables(context, question, as_of)
    # Bounded: `limit` rows and one to know whether there are more.
    rows = answer(question, arguments, Views(context.spark, tables), as_of).limit(limit + 1).collect()
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
