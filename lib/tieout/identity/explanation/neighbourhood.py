"""The links inside a cluster, and the chain of pairs that joins two of its records."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.identity.explanation.lookup import Found

MOST_PAIRS = 5_000


@dataclass(frozen=True)
class Link:
    """One scored pair of records, named `system:id`."""

    left: str
    right: str
    probability: float
    weight: float
    rule: str
    levels: dict[str, int]
    status: str
    cut_reason: str | None

    def other(self, name: str) -> str:
        """Return the end that is not `name`."""
        return self.right if self.left == name else self.left


def links_of(pairs: DataFrame, records: Sequence[Found]) -> list[Link]:
    """Return the scored pairs that any of `records` (all of one entity) is in, most probable first.

    `pairs` are rows of match.pair; only those of these records are read, at most MOST_PAIRS.
    """
    names = [record.name for record in records]
    mine = pairs.where(F.col("entity") == records[0].entity).select(
        "*",
        *(F.concat_ws(":", f"source_system_{side}", f"source_id_{side}").alias(f"name_{side}") for side in "lr"),
    )
    touching = mine.where(F.col("name_l").isin(names) | F.col("name_r").isin(names))
    # Bounded by MOST_PAIRS.
    rows = touching.orderBy(F.desc("match_probability"), "name_l", "name_r").limit(MOST_PAIRS).collect()
    return [_link(row.asDict()) for row in rows]


def _link(row: dict[str, Any]) -> Link:
    return Link(
        row["name_l"], row["name_r"], row["match_probability"], row["match_weight"], row["rule"],
        dict(row["levels"] or {}), row["status"], row["cut_reason"],
    )  # fmt: skip


def strongest_path(links: Sequence[Link], start: str, end: str) -> list[Link]:
    """Return the accepted links from `start` to `end` whose weakest link is as strong as can be.

    An empty list when no accepted links lead there.
    """
    accepted = sorted((link for link in links if link.status == "accepted"), key=lambda link: -link.probability)
    for count in range(1, len(accepted) + 1):
        last = count == len(accepted)
        if last or accepted[count].probability < accepted[count - 1].probability:
            path = _shortest(accepted[:count], start, end)
            if path:
                return path
    return []


def _shortest(links: Sequence[Link], start: str, end: str) -> list[Link]:
    by_end: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_end[link.left].append(link)
        by_end[link.right].append(link)
    came_by: dict[str, Link | None] = {start: None}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for link in by_end[here]:
            there = link.other(here)
            if there not in came_by:
                came_by[there] = link
                waiting.append(there)
    path: list[Link] = []
    here = end
    while (last := came_by.get(here)) is not None:
        path.append(last)
        here = last.other(here)
    return path[::-1]
