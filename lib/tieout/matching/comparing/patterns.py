"""Agreement patterns as bytes, and their counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.matching.comparing.levels import BANDS, Levels

MISSING_DIGIT, DIFFERENT_DIGIT, FIRST_LEVEL = 0, 1, 2

Digits = NDArray[np.uint8]
Patterns = NDArray[np.uint8]
COUNTED = "pattern binary, n bigint"


def digit_count(levels: int) -> int:
    """Return how many outcomes a comparison of `levels` levels has: missing, different, each level's bands."""
    return FIRST_LEVEL + levels * BANDS


def to_digits(levels: Levels) -> Digits:
    """Return one outcome number per pair (rows) and comparison (columns)."""
    level = levels.level.astype(np.int16)
    agreed = FIRST_LEVEL + (level - 1) * BANDS + levels.band
    return np.where(level > 0, agreed, level + 1).astype(np.uint8)


def levels_of(digits: Digits) -> NDArray[np.int8]:
    """Return the level behind each outcome: -1 missing, 0 different, 1 and up."""
    level = (digits.astype(np.int16) - FIRST_LEVEL) // BANDS + 1
    return np.where(digits >= FIRST_LEVEL, level, digits.astype(np.int16) - 1).astype(np.int8)


@dataclass(frozen=True)
class PatternCounts:
    """Counts of patterns: `digits` has a row per pattern and a column per comparison.

    `shared` tells which blocking rules such pairs share; it has no columns where pairs were drawn at random.
    """

    shared: NDArray[np.bool_]
    digits: Digits
    count: NDArray[np.float64]

    @property
    def total(self) -> int:
        """Return about how many pairs there are."""
        return round(float(self.count.sum()))


def to_patterns(digits: Digits, shared: NDArray[np.bool_]) -> Patterns:
    """Return a row of bytes per pair: its outcomes, then the blocking rules that it shares, eight a byte."""
    return np.concatenate([digits, np.packbits(shared, axis=1)], axis=1)


def count_patterns(
    patterns: Patterns, times: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Return the distinct patterns and their counts, each of `patterns` once or so many times."""
    whole = np.ascontiguousarray(patterns).view(f"V{patterns.shape[1]}").ravel()
    if times is None:
        return np.unique(whole, return_counts=True)
    distinct, which = np.unique(whole, return_inverse=True)
    return distinct, np.bincount(which, times, len(distinct)).astype(np.int64)


def counted_batch(patterns: NDArray[np.void], counts: NDArray[np.int64]) -> pa.RecordBatch:
    """Return what `count_patterns` found as rows of COUNTED."""
    arrays = [pa.array(patterns.tolist(), pa.binary()), pa.array(counts, pa.int64())]
    return pa.RecordBatch.from_arrays(arrays, names=["pattern", "n"])


def read_counted(found: pa.Table, share: float, comparisons: int, rules: int = 0) -> PatternCounts:
    """Add up rows of COUNTED, which are of a share of the pairs."""
    sums = found.group_by("pattern").aggregate([("n", "sum")])
    counts = sums.column("n_sum").to_numpy() / share
    return read_patterns(sums.column("pattern").to_pylist(), counts, comparisons, rules)


def read_patterns(
    patterns: list[bytes], counts: NDArray[np.float64], comparisons: int, rules: int = 0
) -> PatternCounts:
    """Return the counts of patterns, given as bytes."""
    width = comparisons + (rules + 7) // 8
    table = np.frombuffer(b"".join(patterns), dtype=np.uint8).reshape(-1, width)
    shared = np.unpackbits(table[:, comparisons:], axis=1, count=rules) if rules else table[:, :0]
    return PatternCounts(shared.astype(bool), np.ascontiguousarray(table[:, :comparisons]), counts)
