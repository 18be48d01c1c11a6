"""What the formats of text files have in common: a record is parsed once, then its columns are picked."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column

VALUES, BROKEN = "_values", "_broken"


@dataclass(frozen=True)
class Shape:
    """How `_line` becomes columns.

    `parse` is added as the column `_values`; `columns` and `broken` (which records do not fit, and
    `reason` says in words how) read it.
    """

    parse: Column
    columns: dict[str, Column]
    broken: Column
    reason: str
