"""Names and values in Spark SQL."""

from __future__ import annotations

from datetime import date


def literal(value: object) -> str:
    """Write a Python value as a Spark SQL literal (text quoted, True/False, numbers, dates, None as NULL)."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, date):
        return f"DATE'{value:%Y-%m-%d}'"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def quoted(name: str) -> str:
    """Write a column name as Spark SQL, whatever characters it has."""
    return "`" + name.replace("`", "``") + "`"


def braced(sql: str) -> str:
    """Write SQL as a part of text for `spark.sql` that names DataFrames in braces, where a brace stands for itself."""
    return sql.replace("{", "{{").replace("}", "}}")
