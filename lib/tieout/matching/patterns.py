"""How often does each combination of outcomes occur? Agreement patterns as bytes, and their counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.matching.compare import BANDS, Levels

MISSING_DIGIT, DIFFERENT_DIGIT, FIRST_LEVEL = 0, 1, 2
RANDOM = -1

Digits = NDArray[np.uint8]


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
    """Counts of patterns: `digits` has a row per pattern, a column per comparison; `rule` -1 is random pairs."""

    rule: NDArray[np.int64]
    digits: Digits
    count: NDArray[np.float64]

    def rules(self) -> NDArray[np.int64]:
        """Return the rules that occur."""
        return np.unique(self.rule)

    def chosen(self, mask: NDArray[np.bool_]) -> PatternCounts:
        """Return some of the patterns."""
        return PatternCounts(self.rule[mask], self.digits[mask], self.count[mask])


def count_patterns(rule: NDArray[np.int8], digits: Digits) -> tuple[NDArray[np.void], NDArray[np.int64]]:
    """Return the distinct patterns, as bytes of rule and digits, and their counts."""
    joined = np.concatenate([rule.astype(np.uint8)[:, None], digits], axis=1)
    whole = np.ascontiguousarray(joined).view(f"V{joined.shape[1]}").ravel()
    return np.unique(whole, return_counts=True)


def read_patterns(patterns: list[bytes], counts: NDArray[np.float64]) -> PatternCounts:
    """Return the counts of patterns written by `count_patterns`."""
    width = len(patterns[0]) if patterns else 1
    table = np.frombuffer(b"".join(patterns), dtype=np.uint8).reshape(-1, width)
    return PatternCounts(table[:, 0].astype(np.int8).astype(np.int64), table[:, 1:], counts)


def join(first: PatternCounts, second: PatternCounts) -> PatternCounts:
    """Return both tables' patterns together."""
    return PatternCounts(
        np.concatenate([first.rule, second.rule]),
        np.concatenate([first.digits, second.digits]),
        np.concatenate([first.count, second.count]),
    )
