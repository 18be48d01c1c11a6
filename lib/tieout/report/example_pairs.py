"""Pairs of records side by side: the surest matches, the doubtful pairs, and the least sure matches."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from tieout.report.layout.blocks import Block, Column, Note, Section, Table
from tieout.report.layout.frames import rows
from tieout.report.layout.text import shorten, title

LONGEST = 60
GROUPS = {
    "worst": ("The least sure matches", "If these are right, so are those that are surer."),
    "doubtful": ("The doubtful pairs", "Not matched, and nearest to the threshold: a person decides these quickest."),
    "best": ("The surest matches", "What a match looks like in these files."),
}


def section(examples: Mapping[str, pd.DataFrame], fields: Sequence[str]) -> Section:
    """Build the chapter; see `write_match_report` for the columns of the examples."""
    blocks: list[Block] = []
    for name, (caption, note) in GROUPS.items():
        pairs = examples.get(name)
        if pairs is not None and not pairs.empty:
            blocks.append(_table(pairs, fields, caption, note))
    if not blocks and examples:
        blocks.append(Note("No pair was likely enough to show."))
    lead = (
        "The first record stands above the second, words that differ are marked, and below them is how alike they are. "
        "All matches are in matches.xlsx."
    )
    return Section("pairs", "Pairs to look at", [lead] if blocks else [], blocks)


def _table(pairs: pd.DataFrame, fields: Sequence[str], caption: str, note: str) -> Table:
    shown = [
        {
            "probability": _chance(row["match_probability"]),
            "decision": row["decision"],
            "records": _records(row),
            **{field: _field(row, field) for field in fields},
        }
        for row in rows(pairs)
    ]
    columns = [
        Column("probability", "Probability"),
        *(Column(field, title(field), "sides") for field in fields[:1]),
        Column("records", "File and id", "sides"),
        *(Column(field, title(field), "sides") for field in fields[1:]),
        Column("decision", "Decision"),
    ]
    return Table(caption, columns, pd.DataFrame(shown, dtype=object), note)


def _chance(value: float) -> str:
    """Write a probability so that 0.9999 is not 100 %."""
    return f"{100 * value:.1f} %" if 0.001 <= value <= 0.999 else f"{100 * value:.3g} %" if value < 0.5 else "> 99.9 %"


def _records(row: Mapping[str, Any]) -> dict[str, Any]:
    left, right = ([(f"{row[f'{side}_file']}: {row[f'{side}_id']}", False)] for side in ("left", "right"))
    return {"left": left, "right": right, "level": "", "tone": "plain"}


def _field(row: Mapping[str, Any], field: str) -> dict[str, Any]:
    agrees = row[f"{field}_agrees"]
    tone = "plain" if pd.isna(agrees) else "good" if agrees == 1 else "warn" if agrees > 0 else "bad"
    return sides(row[f"left_{field}"], row[f"right_{field}"], str(row[f"{field}_level"]), tone)


def sides(left: Any, right: Any, level: str, tone: str) -> dict[str, Any]:
    """Return two values as a cell of kind `sides`: words with whether the other lacks them, and the level in words."""
    one, other = (_words(value) for value in (left, right))
    marked = tone not in {"good", "plain"}
    return {
        "left": [(word, marked and _bare(word) not in set(map(_bare, other))) for word in one],
        "right": [(word, marked and _bare(word) not in set(map(_bare, one))) for word in other],
        "level": level,
        "tone": tone,
    }


def _words(value: Any) -> list[str]:
    return [] if value is None or value != value else shorten(value, LONGEST).split()


def _bare(word: str) -> str:
    return re.sub(r"\W", "", word).casefold()
