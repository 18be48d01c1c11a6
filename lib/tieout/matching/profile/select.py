"""Which of the proposed blocking rules earn their pairs? Chosen by the matches that a trained model expects."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tieout.matching.patterns import PatternCounts

SMALLEST_GAIN = 0.0003  # of all expected matches, that a rule must add
PAIRS_PER_MATCH = 3_000.0  # what one more match may cost


def select_rules(found: PatternCounts, match: NDArray[np.float64], budget: float) -> list[int]:
    """Return the numbers of the rules to keep, the most productive first.

    `found` tells which rules pairs share, `match` is each pattern's probability of being a match, and
    `budget` the number of candidate pairs that all rules together may make. All rules are kept where
    they stay far within the budget.
    """
    if found.count.sum() <= budget / 4:
        return list(range(found.shared.shape[1]))
    expected, pairs = found.count * match, found.count.copy()
    shared, spent = found.shared.astype(np.float64), 0.0
    chosen: list[int] = []
    total = expected.sum()
    while len(chosen) < shared.shape[1]:
        gain, cost = expected @ shared, pairs @ shared
        worth = (gain >= SMALLEST_GAIN * total) & (cost <= gain * PAIRS_PER_MATCH) & (spent + cost <= budget)
        worth[chosen] = False
        if not worth.any():
            break
        # Square of the gain: a rule that finds much comes before one that is merely cheap.
        best = int(np.argmax(np.where(worth, gain**2 / (cost + 1.0), -1.0)))
        chosen.append(best)
        spent += float(cost[best])
        covered = found.shared[:, best]
        expected, pairs = np.where(covered, 0.0, expected), np.where(covered, 0.0, pairs)
    return chosen or [int(np.argmax((found.count * match) @ shared))]
