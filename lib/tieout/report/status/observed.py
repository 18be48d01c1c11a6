"""The observed state of the lakehouse, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

# Which verbs write a layer; a verb that finds nothing to change has refreshed it all the same.
WRITERS = {
    "bronze": {"ingest", "run", "demo"},
    "silver": {"conform", "run", "demo"},
    "match": {"resolve", "run", "demo"},
    "gold": {"publish", "run", "demo"},
}


@dataclass(frozen=True)
class Observed:
    """Counts and times; times are UTC.

    `tables`: layer.table → newest commit. `runs`: newest first, with `verb, status, finished_at,
    message`. `entities`: silver entity → (rows, newest change). `quarantine` and `reviews`: open by
    entity. `gates`: the newest results by entity.
    """

    tables: dict[str, datetime] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    entities: dict[str, tuple[int, datetime | None]] = field(default_factory=dict)
    quarantine: dict[str, int] = field(default_factory=dict)
    reviews: dict[str, int] = field(default_factory=dict)
    gates: list[dict[str, Any]] = field(default_factory=list)
    differing_percent: float | None = None

    @property
    def last_failure(self) -> str | None:
        """Return what the newest writing run said when it failed; None when it did not fail."""
        writing = [run for run in self.runs if any(run["verb"] in verbs for verbs in WRITERS.values())]
        if not writing or writing[0]["status"] == "done":
            return None
        return str(writing[0]["message"] or writing[0]["status"])

    def refreshed_at(self, tables: list[str]) -> datetime | None:
        """Return when the least fresh of the tables was last written, or found to need no change."""
        times = [self._refreshed(table) for table in tables if table in self.tables]
        return min(times) if times else None

    def _refreshed(self, table: str) -> datetime:
        verbs = WRITERS.get(table.split(".")[0], set())
        good: list[datetime] = [
            run["finished_at"] for run in self.runs if run["status"] == "done" and run["verb"] in verbs
        ]
        return max([self.tables[table], *good])

    def source_changed_at(self, entities: list[str]) -> datetime | None:
        """Return the newest change in the given silver entities."""
        times = [self.entities[name][1] for name in entities if name in self.entities]
        return max((time for time in times if time is not None), default=None)

    def quarantined_percent(self, entities: list[str]) -> float:
        """Return open quarantine of the entities in percent of their rows, current and quarantined."""
        rejected = sum(self.quarantine.get(name, 0) for name in entities)
        rows = sum(self.entities[name][0] for name in entities if name in self.entities)
        return 100.0 * rejected / (rows + rejected) if rows + rejected else 0.0
