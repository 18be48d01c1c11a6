"""Named steps that keep a long SQL expression short, each of which may use those before it.

A normaliser that uses its input three times, fed by another that does the same, would repeat the
first one's text nine times. Here each intermediate value is a column with a name; columns that
depend on each other are computed in consecutive projections, which Spark fuses where that is
cheaper.
"""

from __future__ import annotations

import re

from pyspark.sql import DataFrame


class Bindings:
    """A growing list of named SQL expressions over one DataFrame's columns; their names begin with `prefix`."""

    def __init__(self, prefix: str = "_step") -> None:
        self._prefix = prefix
        self._step = re.compile(rf"\b{prefix}\d+\b")
        self._names: dict[str, str] = {}
        self._texts: dict[str, str] = {}

    def let(self, sql: str) -> str:
        """Name an expression and return the name; the same expression gets the same name."""
        if self._step.fullmatch(sql):
            return sql
        if sql not in self._names:
            self._names[sql] = f"{self._prefix}{len(self._texts)}"
            self._texts[self._names[sql]] = sql
        return self._names[sql]

    def apply(self, frame: DataFrame) -> DataFrame:
        """Add every step to `frame` as a column, in as few projections as their order allows."""
        depths: dict[str, int] = {}

        def depth(name: str) -> int:
            if name not in depths:
                depths[name] = 1 + max((depth(used) for used in self._step.findall(self._texts[name])), default=-1)
            return depths[name]

        for level in range(1 + max((depth(name) for name in self._texts), default=-1)):
            columns = [f"{sql} AS {name}" for name, sql in self._texts.items() if depths[name] == level]
            frame = frame.selectExpr("*", *columns)
        return frame
