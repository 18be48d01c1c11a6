"""The review queue as questions for stewards, and their answers read back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.identity.decisions import MATCH, NO_MATCH
from tieout.identity.pair_table import ENDS, MONEY
from tieout.platform.rows import frame_of

OPEN = "open"
KEYS = ("entity", *ENDS)
QUEUE = (*KEYS, "match_probability", "reason", "value", *MONEY)
ANSWER = ("verdict", "note")
VERDICTS = {
    MATCH: MATCH, "same": MATCH, "yes": MATCH, "y": MATCH,
    NO_MATCH: NO_MATCH, "no match": NO_MATCH, "different": NO_MATCH, "no": NO_MATCH, "n": NO_MATCH,
    OPEN: OPEN, "undo": OPEN,
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """One steward's answer on a pair; verdict `open` takes an earlier one back."""

    entity: str
    source_system_l: str
    source_id_l: str
    source_system_r: str
    source_id_r: str
    verdict: str
    who: str
    note: str | None

    @property
    def ends(self) -> tuple[str, str]:
        """Return both records as `system:id`."""
        return f"{self.source_system_l}:{self.source_id_l}", f"{self.source_system_r}:{self.source_id_r}"


def worklist(queue: DataFrame, silver: DataFrame, columns: Sequence[str], limit: int) -> DataFrame:
    """Return the first `limit` questions in the order of `first_questions`, with both records side by side.

    `queue` are rows of match.review_queue of one entity, `silver` the entity's records; adds
    `<column>_l` and `<column>_r` for each of `columns`, and empty verdict and note.
    """
    asked = with_money(queue).orderBy(*first_questions()).limit(limit)
    for side in "lr":
        record = silver.select(
            F.col("source_system").alias(f"source_system_{side}"),
            F.col("source_id").alias(f"source_id_{side}"),
            *(F.col(name).cast("string").alias(f"{name}_{side}") for name in columns),
        )
        asked = asked.join(record, [f"source_system_{side}", f"source_id_{side}"], "left")
    sides = [f"{name}_{side}" for name in columns for side in "lr"]
    empty = [F.lit(None).cast("string").alias(name) for name in ANSWER]
    return asked.orderBy(*first_questions()).select(*QUEUE, *empty, *sides)


def with_money(queue: DataFrame) -> DataFrame:
    """Add the columns of `MONEY`, empty, to a queue that was written without them."""
    lacking = {name: F.lit(None).cast(kind) for name, kind in MONEY.items() if name not in queue.columns}
    return queue.withColumns(lacking) if lacking else queue


def first_questions() -> list[Column]:
    """Return the order of a queue: money that agrees across two customers, then the records' value, then doubt.

    Needs amount, value, match_probability and the keys. Of equal values the least certain pair comes first.
    """
    doubt = F.abs(F.col("match_probability") - 0.5)
    ends = [F.col(name) for name in ENDS]
    return [F.desc_nulls_last("amount"), F.desc_nulls_last("value"), doubt, *ends]


def read_answers(sheet: pd.DataFrame, who: str, place: str) -> list[Answer]:
    """Read the answered rows of a sheet, of which the first is row 2; see `numbered_answers`."""
    return [answer for _, answer in numbered_answers(sheet.set_axis(range(2, len(sheet) + 2)), who, place)]


def numbered_answers(sheet: pd.DataFrame, who: str, place: str) -> list[tuple[int, Answer]]:
    """Read the answered rows of a sheet: text columns with `KEYS`, verdict, and perhaps note and who.

    The index is the number of each row, which is returned with its answer. Rows without a verdict are left
    out. Raises UsageError naming the row for a missing column, an unknown verdict, or a missing key.
    """
    missing = [name for name in (*KEYS, "verdict") if name not in sheet.columns]
    if missing:
        raise UsageError(f"{place}: no column {', '.join(missing)}; import a file that `tieout review export` made")
    rows = zip(sheet.index, sheet.to_dict("records"), strict=True)
    return [(number, _answer(row, who, f"{place}: row {number}")) for number, row in rows if _text(row["verdict"])]


def _answer(row: dict[Any, Any], who: str, place: str) -> Answer:
    word = str(_text(row["verdict"]))
    verdict = VERDICTS.get(word.lower())
    if verdict is None:
        raise UsageError(f"{place}: verdict {word!r}; want match, no_match, or open to take one back")
    keys = {name: _text(row[name]) for name in KEYS}
    lacking = [name for name, value in keys.items() if value is None]
    if lacking:
        raise UsageError(f"{place}: {', '.join(lacking)} is empty, so nobody knows which record is meant")
    named = {name: str(value) for name, value in keys.items()}
    return Answer(**named, verdict=verdict, who=_text(row.get("who")) or who, note=_text(row.get("note")))


def _text(value: Any) -> str | None:
    if value is None or pd.isna(value):
        return None
    text = str(value).strip()
    return text or None


def new_answers(answers: Sequence[Answer], log: DataFrame | None) -> list[Answer]:
    """Leave out the answers that say what the last decision on their pair says already."""
    if log is None or not answers:
        return list(answers)
    entities = sorted({answer.entity for answer in answers})
    newest = F.max_by("verdict", "at").alias("verdict")
    # Bounded: one row for each pair that people have decided on.
    rows = log.where(F.col("entity").isin(entities)).groupBy(*KEYS).agg(newest).collect()
    said = {(row["entity"], frozenset(_ends(row))): row["verdict"] for row in rows}
    return [answer for answer in answers if said.get((answer.entity, frozenset(answer.ends))) != answer.verdict]


def _ends(row: Any) -> tuple[str, str]:
    return f"{row[ENDS[0]]}:{row[ENDS[1]]}", f"{row[ENDS[2]]}:{row[ENDS[3]]}"


def unknown_ends(answers: Sequence[Answer], crosswalk: DataFrame) -> list[str]:
    """Return the records, as `system:id`, that answers name but the crosswalk does not know."""
    spark = crosswalk.sparkSession
    wanted = sorted({(answer.entity, end) for answer in answers for end in answer.ends})
    if not wanted:
        return []
    named = crosswalk.select("entity", F.concat_ws(":", "source_system", "source_id").alias("end"))
    asked = frame_of(spark, wanted, "entity string, end string")
    # Bounded: no more than the answers name.
    return [row["end"] for row in asked.join(named, ["entity", "end"], "left_anti").orderBy("end").collect()]
