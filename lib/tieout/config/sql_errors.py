"""Spark's errors about SQL from the config, each in one sentence with the nearest spelling and the line."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.errors import PySparkException

from tieout.config.base import nearest

# Spark's Python side logs each failed analysis with the JVM's stack, over the sentence that we print.
logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)

SHOWN = 40
LONGEST = 300
RESOLVED_AT = re.compile(r"(?:; |\()line (\d+),? pos \d+")
CODE = re.compile(r"^\[[A-Z0-9_.]+\] ")
STATE = re.compile(r"\s*SQLSTATE: \w+.*$", re.S)


@dataclass(frozen=True)
class SqlProblem:
    """What is wrong with SQL: a sentence, and the line of the SQL, counted from 0."""

    message: str
    line: int = 0


def explain(
    error: PySparkException, sql: str, what: str = "", columns: Sequence[str] = (), tables: Sequence[str] = ()
) -> SqlProblem:
    """Condense Spark's error about `sql` to a sentence.

    `what` has the `columns` that SQL may read, and these are its `tables`; without columns, those that Spark
    finds near are suggested.
    """
    condition = error.getCondition() or ""
    details = error.getMessageParameters() or {}
    return SqlProblem(_sentence(error, condition, details, what, columns, tables), _line(error, sql, details))


def _sentence(
    error: PySparkException, condition: str, details: dict[str, str], what: str, columns: Sequence[str],
    tables: Sequence[str],
) -> str:  # fmt: skip
    if condition.startswith("UNRESOLVED_COLUMN"):
        known = [name for name in columns if not name.startswith("_")]
        near = known or [_bare(name) for name in details.get("proposal", "").split(", ") if name]
        return unknown_column(_bare(details.get("objectName", "?")), near, what, some=not known)
    if condition.startswith("TABLE_OR_VIEW_NOT_FOUND"):
        name = _bare(details.get("relationName", "?"))
        return f"no table {name!r}.{nearest(name, list(tables))} SQL may read: {', '.join(tables)}"
    if condition.startswith("UNRESOLVED_ROUTINE"):
        name = _bare(details.get("routineName", "?"))
        return f"Spark SQL has no function {name!r}.{nearest(name, _functions())}"
    if condition.startswith("UNBOUND_SQL_PARAMETER"):
        return f"no argument named {_bare(details.get('name', '?'))!r}; declare it under `arguments`"
    first = STATE.sub("", str(error).strip())
    return f"not valid Spark SQL: {CODE.sub('', ' '.join(first.split()))[:LONGEST]}"


def unknown_column(name: str, known: Sequence[str], what: str, some: bool = False) -> str:
    """Return the sentence about a column that is not there, with the nearest one; `some`: there are more."""
    shown = ", ".join(known[:SHOWN]) + (", ..." if some or len(known) > SHOWN else "")
    head = f"{what} has no column {name!r}" if what else f"no column {name!r}"
    return f"{head}.{nearest(name, list(known))} It has: {shown}" if known else f"{head}."


def _bare(name: str) -> str:
    return name.replace("`", "")


def _functions() -> list[str]:
    from pyspark.sql import functions

    return [name for name in dir(functions) if name.islower() and not name.startswith("_")]


def _line(error: PySparkException, sql: str, details: dict[str, str]) -> int:
    """Return the line of SQL that the error is about; of a syntax error Spark names only the word."""
    found = RESOLVED_AT.search(str(error))
    if found is not None:
        return min(int(found[1]) - 1, sql.count("\n"))
    word = details.get("error", "").strip("'")
    at = [m.start() for m in re.finditer(rf"(?<!\w){re.escape(word)}(?!\w)", sql)] if word else []
    return sql.count("\n", 0, at[0]) if len(at) == 1 else 0
