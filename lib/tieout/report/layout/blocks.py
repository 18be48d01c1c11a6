"""The blocks of a report: sections of text, cards, tables and charts; nothing here knows HTML."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd
import plotly.graph_objects as go

from tieout.report.layout.frames import floats, rows

Kind = Literal[
    "text", "code", "raw", "count", "amount", "percent", "decimal", "bar", "amount_bar", "heat", "right", "tick",
    "status", "seconds", "sides",
]  # fmt: skip
Tone = Literal["plain", "good", "warn", "bad"]


@dataclass(frozen=True)
class Column:
    """A column of a table: its key in the rows, its heading and how its values are written.

    Values of kind `sides` are two values one above the other, with what differs marked: `sections.example_pairs.sides`.
    """

    key: str
    label: str
    kind: Kind = "text"
    help: str | None = None

    @property
    def measured(self) -> bool:
        """Tell whether its values are plain numbers, to be sorted and saved as such."""
        return self.kind == "bar" or self.kind == "amount_bar" or (self.numeric and self.kind != "right")

    @property
    def numeric(self) -> bool:
        """Tell whether its values are aligned to the right."""
        return self.kind in {"count", "amount", "percent", "decimal", "seconds", "heat", "right"}


@dataclass(frozen=True)
class Table:
    """A table; `caption` says what it shows. `rows` is small: gathering has put a limit on it.

    Of more than `shown` rows the rest is there, and shown on demand. `sheet` names it in the workbook.
    """

    caption: str
    columns: list[Column]
    rows: pd.DataFrame
    note: str | None = None
    shown: int | None = None
    sheet: str | None = None
    kind: Literal["table"] = "table"

    @property
    def records(self) -> list[dict[str, Any]]:
        """Return the rows as dictionaries, NaN as None."""
        keys = [column.key for column in self.columns]
        return [{key: _value(row.get(key)) for key in keys} for row in rows(self.rows)]

    @property
    def scales(self) -> dict[str, float]:
        """Return the largest value of each column with bars in its cells, 1 for the others."""
        return {one.key: self.largest(one.key) if one.kind in {"bar", "amount_bar"} else 1.0 for one in self.columns}

    @property
    def heat(self) -> float:
        """Return the largest value of the tinted columns but the last, which sums them up."""
        tinted = [one.key for one in self.columns if one.kind == "heat"]
        return max((self.largest(key) for key in tinted[:-1] or tinted), default=1.0)

    def largest(self, key: str) -> float:
        """Return the largest value of a column, for bars drawn inside cells; 1 when there is none."""
        return max((abs(value) for value in floats(self.rows, key)), default=0.0) or 1.0


@dataclass(frozen=True)
class Chart:
    """A chart; `reading` says in words what one sees, and is its text for those who cannot see it."""

    title: str
    figure: go.Figure
    reading: str
    data: Table | None = None
    kind: Literal["chart"] = "chart"


@dataclass(frozen=True)
class Note:
    """A sentence by itself, such as why there is no chart; `link` leads to a page beside the report."""

    text: str
    tone: Tone = "plain"
    link: str | None = None
    kind: Literal["note"] = "note"


@dataclass(frozen=True)
class Card:
    """One figure in large type, with what it counts and a line about it."""

    label: str
    value: str
    detail: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Cards:
    """A row of cards; `dense` ones are smaller, so that more of them fit on the first screen."""

    cards: list[Card]
    dense: bool = False
    kind: Literal["cards"] = "cards"


@dataclass(frozen=True)
class Heading:
    """A heading inside a section."""

    text: str
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True)
class Finding:
    """One point of the executive summary: the news in bold, then a sentence; leads to its section."""

    headline: str
    text: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Findings:
    """The points of the executive summary, each with the anchor of the section that proves it."""

    items: list[tuple[str, Finding]]
    kind: Literal["findings"] = "findings"


Block = Table | Chart | Note | Cards | Heading | Findings


@dataclass(frozen=True)
class Section:
    """One chapter: an anchor, a heading, a few sentences, and blocks. `findings` go to the summary."""

    anchor: str
    title: str
    lead: list[str] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    subtitle: str
    facts: list[tuple[str, str]]
    sections: list[Section]
    sheets: list[Table] = field(default_factory=list)
    """Tables of the workbook that the page offers, beside those of its sections."""
    footnote: str = ""


def _value(value: Any) -> Any:
    if isinstance(value, list | dict | tuple):
        return value
    return None if pd.isna(value) else value
