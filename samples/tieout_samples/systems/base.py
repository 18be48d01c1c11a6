"""What does every system's export have in common: its tables, its truth, its small set of bad rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from tieout_samples.presence import CRMS, ERPS
from tieout_samples.rows import Array, Rows, chance
from tieout_samples.tables import Table
from tieout_samples.world import World


@dataclass(frozen=True)
class Export:
    """A system's view of one piece: tables to write, one after another, and the truth about their keys.

    `truth` maps an entity to the keys as exported and the true ids.
    """

    tables: Iterator[Table]
    truth: Mapping[str, tuple[Array, Array]]


def earlier(
    world: World, topic: str, size: int, share: float, changes: Mapping[str, Array | str]
) -> dict[int, dict[str, str]]:
    """Draw rows that were changed lately; return what stood in their columns before."""
    hit = np.flatnonzero(chance(world.piece.rng(f"earlier {topic}"), size, share))
    return {
        int(i): {name: (old if isinstance(old, str) else str(old[i])) for name, old in changes.items()} for i in hit
    }


def main_contact(world: World, contacts: Rows) -> Array:
    """Return the position of each customer's first contact in the system, or -1."""
    first = np.full(len(world.customers), -1)
    owner = world.people["customer"][contacts["person"]]
    first[owner[::-1]] = np.arange(len(contacts))[::-1]
    return first


def at_home(world: World, side: str, system: str) -> Array:
    """Return a mask of the customers whose business is kept in this system; side is crm or erp."""
    known = CRMS if side == "crm" else ERPS
    chosen = [name for name in world.piece.plan.systems if name in known]
    return np.asarray(world.known[side] == chosen.index(system))


def quarter_text(days: Array) -> tuple[Array, Array]:
    """Return calendar year and quarter of dates as numbers."""
    months = days.astype("datetime64[M]").astype(np.int64)
    return months // 12 + 1970, months % 12 // 3 + 1
