"""Selection of the proposed blocking rules that earn their pairs, by the matches that a model expects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tieout.matching.comparing.patterns import PatternCounts

# What one more match may cost, in compared pairs: much where there are few records and all is quick,
# less where each rule costs minutes. Bounds, and pairs times the square of the records between them.
PAIRS_PER_MATCH = (500.0, 100_000.0)
PAIRS_TIMES_SQUARE = 1e13
# A rule that makes no pair still costs this many pairs a record: each record is sent to its key.
ROUTE = 0.5


def select_rules(found: PatternCounts, match: NDArray[np.float64], budget: float, records: int) -> list[int]:
    """Return the numbers of the rules to keep, the most productive first.

    `found` tells which rules pairs share, `match` is each pattern's probability of being a match, and
    `budget` the number of candidate pairs that all rules together may make for `records` records.
    """
    value = float(np.clip(PAIRS_TIMES_SQUARE / max(records, 1) ** 2, *PAIRS_PER_MATCH))
    expected, pairs = found.count * match, found.count.copy()
    shared, spent = found.shared.astype(np.float64), 0.0
    chosen: list[int] = []
    while len(chosen) < shared.shape[1]:
        gain, cost = expected @ shared, pairs @ shared
        worth = (cost + ROUTE * records <= gain * value) & (spent + cost <= budget)
        worth[chosen] = False
        if not worth.any():
            break
        # Square of the gain: a rule that finds much comes before one that is merely cheap.
        best = int(np.argmax(np.where(worth, gain**2 / (cost + ROUTE * records), -1.0)))
        chosen.append(best)
        spent += float(cost[best])
        covered = found.shared[:, best]
        expected, pairs = np.where(covered, 0.0, expected), np.where(covered, 0.0, pairs)
    return chosen or [int(np.argmax((found.count * match) @ shared))]
