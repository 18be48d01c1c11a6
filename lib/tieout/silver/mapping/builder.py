"""What the SQL of one object is put together with: named steps, text values, code lists, the row's country."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.lookups import Entries, Lookups, constant
from tieout.silver.mapping.bindings import Bindings
from tieout.values.text_plan import Step, TextPlan


class ExpressionBuilder:
    """Collects the steps of one object's SQL: origins, then texts through normalisers, then typed values.

    `country` is the number of the text that is the row's ISO-2 country, None where there is none; phones, postcodes,
    regions and tax numbers are read by it.
    """

    def __init__(self, lookups: Lookups) -> None:
        self.lookups = lookups
        self.country: int | None = None
        self._origins = Bindings("_origin")
        self._texts = TextPlan()
        self._steps = Bindings("_step")

    def origin(self, sql: str) -> str:
        """Name an intermediate value of exported columns, that texts and typed values may read."""
        return self._origins.let(sql)

    def text(self, sql: str, steps: Sequence[tuple[Any, Step]]) -> int:
        """Put the text of an origin through steps (each with what tells it apart); return its number."""
        return self._texts.add(sql, steps)

    def let(self, sql: str) -> str:
        """Name an intermediate value (see `Bindings.let`) that may read origins, texts and steps before it."""
        return self._steps.let(sql)

    def find(self, entries: Entries, key: str, schema: str = "string") -> str:
        """Return SQL that looks up the text `key` in `entries`; NULL where it is not found.

        The constant is a step of its own, so that many look-ups share one copy of it.
        """
        table, buckets = constant(entries, schema)
        return f"{self.let(table)}[CAST(crc32({key}) % {buckets} AS INT)][{key}]"

    def apply(self, frame: DataFrame) -> DataFrame:
        """Add all values to the frame: origins and steps in as few projections as their order allows."""
        return self._steps.apply(self._texts.apply(self._origins.apply(frame)))
