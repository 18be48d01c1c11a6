"""Look-up of the record that `system:id`, a bare id, or a tieout_id names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, Row
from pyspark.sql import functions as F

from tieout.errors import UsageError

TIEOUT_ID = re.compile(r"^[A-Z]-[0-9A-HJKMNP-TV-Z]{13}$")
MOST = 20


@dataclass(frozen=True)
class Found:
    """One source record and its place in the crosswalk."""

    entity: str
    source_system: str
    source_id: str
    tieout_id: str
    confidence: float
    status: str

    @property
    def name(self) -> str:
        """Return `system:id`."""
        return f"{self.source_system}:{self.source_id}"

    @classmethod
    def of(cls, row: Row) -> Found:
        """Read a crosswalk row."""
        return cls(*(row[field] for field in cls.__dataclass_fields__))


def is_tieout_id(text: str) -> bool:
    """Tell whether the text is written as a tieout_id."""
    return TIEOUT_ID.match(text) is not None


def find_records(crosswalk: DataFrame, texts: Sequence[str], entity: str | None = None) -> list[Found]:
    """Return the one record that each text means, all of one entity.

    `crosswalk` are rows of match.crosswalk. A text is `system:id` or a bare id; leading zeros need not
    be typed. Reads only rows that match. Raises UsageError when a text means none or several.
    """
    meant = [_rows(crosswalk, text, entity) for text in texts]
    for text, rows in zip(texts, meant, strict=True):
        if not rows:
            raise UsageError(_unknown(text, entity))
    shared = set.intersection(*({row.entity for row in rows} for rows in meant))
    if not shared:
        kinds = " and ".join(f"{rows[0].name} is a {rows[0].entity}" for rows in meant)
        raise UsageError(f"{kinds}; only records of one kind can be one thing")
    return [_only([row for row in rows if row.entity in shared], text) for text, rows in zip(texts, meant, strict=True)]


def members(crosswalk: DataFrame, tieout_id: str, most: int) -> list[Found]:
    """Return up to `most` records of one cluster."""
    rows = crosswalk.where(F.col("tieout_id") == tieout_id).orderBy("source_system", "source_id").limit(most)
    # Bounded by `most`.
    return [Found.of(row) for row in rows.collect()]


def _rows(crosswalk: DataFrame, text: str, entity: str | None) -> list[Found]:
    here = crosswalk if entity is None else crosswalk.where(F.col("entity") == entity)
    system, separator, own = text.partition(":")
    # An id may itself have a colon, so the whole text is looked for too.
    wanted = _same_id(text) | (F.lit(bool(separator)) & (F.col("source_system") == system) & _same_id(own))
    # Bounded by MOST.
    found = [Found.of(row) for row in here.where(wanted).limit(MOST).collect()]
    exact = [row for row in found if row.source_id == text or row.name == text]
    return exact or found


def _same_id(text: str) -> Column:
    bare = text.lstrip("0") or text
    return (F.col("source_id") == text) | (F.ltrim("source_id", F.lit("0")) == bare)


def _only(rows: list[Found], text: str) -> Found:
    if len(rows) == 1:
        return rows[0]
    choices = ", ".join(sorted(f"{row.name} ({row.entity})" for row in rows))
    raise UsageError(f"{text} may be any of {choices}; give system:id, and --entity where that is not enough")


def _unknown(text: str, entity: str | None) -> str:
    kind = f" of entity {entity}" if entity else ""
    hint = "give system:id, an id as exported, or a tieout_id; a deleted record is not in it"
    return f"{text}: no such record{kind} in match.crosswalk; {hint}"
