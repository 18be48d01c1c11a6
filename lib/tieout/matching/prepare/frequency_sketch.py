"""Frequency sketch: counts by hash in a table of fixed size, whatever the number of records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tieout.matching.hashing import Hashes

SMALLEST, LARGEST = 12, 20
# A table of up to so many places per value is added to as a whole; else the values are sorted first.
LOOKED_THROUGH = 16


def table_bits(values: int, largest: int = LARGEST) -> int:
    """Return the power of two of a table with about four places per value, within bounds."""
    return int(np.clip(np.ceil(np.log2(max(values, 1) * 4)), SMALLEST, largest))


def slots(hashes: Hashes, bits: int) -> NDArray[np.int64]:
    """Return the place of each hash in a table of 2**bits counts."""
    return (hashes >> np.uint64(64 - bits)).astype(np.int64)


def add(counts: NDArray[np.signedinteger[Any]], hashes: Hashes) -> None:
    """Count each hash but 0 (nothing), in place."""
    bits = int(counts.size).bit_length() - 1
    found = slots(hashes[hashes != 0].ravel(), bits)
    if counts.size <= LOOKED_THROUGH * len(found):
        counts += np.bincount(found, minlength=counts.size).astype(counts.dtype)
        return
    found = np.sort(found)
    last = np.flatnonzero(np.diff(found, append=-1))
    counts[found[last]] += np.diff(last, prepend=-1).astype(counts.dtype)


STEPS = 8.0  # steps of the logarithm per power of two: a count is kept within 9 %


def compress(counts: NDArray[np.signedinteger[Any]]) -> NDArray[np.uint8]:
    """Return counts as logarithms of one byte each, so that a table is small enough to send around."""
    steps: NDArray[np.float64] = np.rint(np.log2(np.maximum(counts, 1)) * STEPS)
    return np.minimum(steps, 255).astype(np.uint8)


@dataclass(frozen=True)
class Frequencies:
    """How often each value of some fields occurs among `records` records.

    Two values that fall on one place are counted together, so a rare value may look up to a few
    times too common, never too rare. `tables` hold compressed counts.
    """

    records: int
    tables: dict[str, NDArray[np.uint8]]

    def share(self, field: str, hashes: Hashes) -> NDArray[np.float64]:
        """Return the share of records that have each value, at least one record's; 1 for nothing."""
        table = self.tables.get(field)
        if table is None or not self.records:
            return np.ones(hashes.shape)
        bits = int(table.size).bit_length() - 1
        counts = np.exp2(table[slots(hashes, bits)] / STEPS)
        return np.where(hashes == 0, 1.0, np.minimum(counts / self.records, 1.0))
