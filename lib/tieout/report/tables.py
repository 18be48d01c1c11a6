"""The lakehouse's tables for reports, and their rows on the driver: never more than a stated number."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse

LARGE = 500
"""Rows of the largest frame that the report ever asks for."""


class Tables:
    """The lakehouse's tables, each looked up once; an absent one is None. `titles`: system → its name for people."""

    def __init__(self, lake: Lakehouse, titles: Mapping[str, str] | None = None) -> None:
        self.lake = lake
        self.titles = dict(titles or {})
        self._found: dict[tuple[str, str], DataFrame | None] = {}

    def find(self, layer: str, table: str) -> DataFrame | None:
        """Return the table, or None when it has not been written."""
        key = (layer, table)
        if key not in self._found:
            self._found[key] = self.lake.read(layer, table) if self.lake.exists(layer, table) else None
        return self._found[key]

    def titled(self, text: str) -> str:
        """Return a text with each system's key, as a word, replaced by the system's name for people."""
        if not self.titles:
            return text
        keys = sorted(self.titles, key=len, reverse=True)
        return re.sub(rf"\b({'|'.join(map(re.escape, keys))})\b", lambda found: self.titles[found[1]], text)


def small(frame: DataFrame, rows: int = LARGE) -> pd.DataFrame:
    """Bring at most `rows` rows to the driver; decimals become floats, arrays become tuples."""
    types = dict(frame.dtypes)
    decimals = [name for name, kind in types.items() if kind.startswith("decimal")]
    plain = frame.withColumns({name: F.col(name).cast("double") for name in decimals}) if decimals else frame
    # Bounded: the limit holds whatever the table's size.
    found: pd.DataFrame = plain.limit(min(rows, LARGE)).toPandas()
    for name, kind in types.items():
        if kind.startswith("array"):
            found[name] = pd.Series([tuple(() if v is None else v) for v in found[name]], dtype=object)
        elif kind.startswith("map"):
            found[name] = pd.Series([dict(value or {}) for value in found[name]], dtype=object)
    return found
