"""The plan of a world: what is generated, how it is cut into pieces, and where each piece's chance comes from.

Pieces have a size that depends on the number of customers alone, never on the machine, and each has
its own seeds, so the same plan gives the same files whatever runs it.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import date

import numpy as np

SMALLEST_PIECE = 500
LARGEST_PIECE = 8_000
#: Numbers are given out in ranges per customer, so that pieces never meet.
DEALS_PER_CUSTOMER = 16
RECORDS_PER_CUSTOMER = 3


@dataclass(frozen=True)
class Plan:
    """The order for one set of sample exports."""

    customers: int
    systems: tuple[str, ...]
    out: str
    seed: int = 1
    as_of: date = date(2026, 9, 30)

    @property
    def piece_size(self) -> int:
        """Customers per piece: a quarter of a small order, at most 8,000."""
        return int(min(max(-(-self.customers // 4), SMALLEST_PIECE), LARGEST_PIECE))

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return -(-self.customers // self.piece_size)

    def piece(self, number: int) -> Piece:
        """Return piece `number`, counted from zero."""
        start = number * self.piece_size
        return Piece(self, number, start, min(self.piece_size, self.customers - start))


@dataclass(frozen=True)
class Piece:
    """Customers `start` ... `start + size - 1` of a plan."""

    plan: Plan
    number: int
    start: int
    size: int

    def rng(self, topic: str) -> np.random.Generator:
        """Return the chance for one topic of this piece; topics do not disturb one another."""
        return np.random.default_rng([self.plan.seed, self.number, zlib.crc32(topic.encode())])

    @property
    def as_of(self) -> np.datetime64:
        """The day on which the exports are taken."""
        return np.datetime64(self.plan.as_of, "D")
