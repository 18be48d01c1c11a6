"""Named steps that keep a long SQL expression short, each of which may use those before it.

A normaliser that uses its input three times, fed by another that does the same, would repeat the
first one's text nine times. Here each intermediate value is a column with a name; columns that
depend on each other are computed in consecutive projections, which Spark fuses where that is
cheaper. All of it stays Spark SQL: no Python runs on rows.
"""

from __future__ import annotations

import re

from pyspark.sql import DataFrame

BINDING = re.compile(r"\b_step\d+\b")


class Bindings:
    """A growing list of named SQL expressions over one DataFrame's columns."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def let(self, sql: str) -> str:
        """Name an expression and return the name; the same expression gets the same name."""
        if BINDING.fullmatch(sql):
            return sql
        if sql not in self._names:
            self.define(self.reserve(), sql)
        return self._names[sql]

    def reserve(self) -> str:
        """Return a name for a step that is defined later, when all that it reads is known."""
        name = f"_step{len(self._texts)}"
        self._texts[name] = ""
        return name

    def define(self, name: str, sql: str) -> None:
        """Give a reserved name its expression."""
        self._texts[name] = sql
        self._names[sql] = name

    def reads(self, sql: str, name: str) -> bool:
        """Tell whether an expression depends on the step `name`, directly or through others."""
        used = set(BINDING.findall(sql))
        return name in used or any(self.reads(self._texts[step], name) for step in used)

    def apply(self, frame: DataFrame) -> DataFrame:
        """Add every step to `frame` as a column, in as few projections as their order allows."""
        depths: dict[str, int] = {}

        def depth(name: str) -> int:
            if name not in depths:
                depths[name] = 1 + max((depth(used) for used in BINDING.findall(self._texts[name])), default=-1)
            return depths[name]

        for level in range(1 + max((depth(name) for name in self._texts), default=-1)):
            columns = [f"{sql} AS {name}" for name, sql in self._texts.items() if depths[name] == level]
            frame = frame.selectExpr("*", *columns)
        return frame
