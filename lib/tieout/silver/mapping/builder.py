"""What a normaliser may use: the steps so far, the code lists, and the row's country."""

from __future__ import annotations

from pyspark.sql import DataFrame

from tieout.config.lookups import Entries, Lookups, constant
from tieout.silver.mapping.bindings import Bindings
from tieout.silver.mapping.unicode_text import cleaned


class ExpressionBuilder:
    """Where one entity's SQL is put together.

    `country` is SQL for the row's ISO-2 country, NULL where it is not known; phones, postcodes
    and tax numbers are read by it.
    """

    def __init__(self, lookups: Lookups) -> None:
        self.lookups = lookups
        self.country = "CAST(NULL AS STRING)"
        self._bindings = Bindings()
        self._cleaned = self._bindings.reserve()
        self._unclean: list[str] = []

    def let(self, sql: str) -> str:
        """Name an intermediate value (see `Bindings.let`)."""
        return self._bindings.let(sql)

    def find(self, entries: Entries, key: str, schema: str = "string") -> str:
        """Return SQL that looks up the text `key` in `entries`; NULL where it is not found.

        The constant is a step of its own, so that many look-ups share one copy of it.
        """
        table, buckets = constant(entries, schema)
        return f"{self.let(table)}[CAST(crc32({key}) % {buckets} AS INT)][{key}]"

    def look_up(self, table: str, key: str, value: str | None = None) -> str:
        """Return SQL that finds the folded text `key` in the first column of a code list."""
        return self.find(self.lookups.get(table).pairs(value=value), key)

    def row_of(self, table: str, key: str, types: dict[str, str]) -> str:
        """Return the name of a struct: the row of a code list whose first column is `key`.

        `types` are the columns wanted, with their SQL types.
        """
        lookup = self.lookups.get(table)
        rows = lookup.records(lookup.columns[:1])
        wanted = {
            found: {name: int(row[name]) if kind == "int" else row[name] for name, kind in types.items() if row[name]}
            for found, row in rows.items()
        }
        schema = "struct<" + ",".join(f"{name}:{kind}" for name, kind in types.items()) + ">"
        return self.let(self.find(wanted, key, schema))

    def clean(self, x: str) -> str:
        """Return SQL for the text `x` in NFKC with single spaces.

        The texts of a row are cleaned together, which needs one test for the many rows where
        there is nothing to do, and one copy of what to do in the others.
        """
        if self._bindings.reads(x, self._cleaned):
            return f"{cleaned([x], self.let)}[0]"
        if x not in self._unclean:
            self._unclean.append(x)
        return f"{self._cleaned}[{self._unclean.index(x)}]"

    def apply(self, frame: DataFrame) -> DataFrame:
        """Add every step to the frame, in as few projections as their order allows."""
        self._bindings.define(self._cleaned, cleaned(self._unclean, self.let) if self._unclean else "NULL")
        return self._bindings.apply(frame)
