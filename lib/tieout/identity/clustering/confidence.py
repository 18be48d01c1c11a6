"""Confidence that a record belongs to its cluster, or that it is rightly alone.

A record's pairs say how probable it is that it belongs to its own cluster and, for pairs that lead
out of it, to another one. At most one of these is true, so their odds compete with each other and
with the odds (1) of belonging nowhere.
"""

from __future__ import annotations

import numpy as np

from tieout.identity.clustering.graph import Floats, Ints

# A probability is never taken for more certain than this: no pair proves anything alone.
SUREST = 0.9999


def membership(clusters: Ints, left: Ints, right: Ints, probability: Floats) -> Floats:
    """Return for each node the probability that its cluster is the right one for it.

    `clusters` names each node's cluster; `left`, `right` and `probability` are the pairs.
    """
    surprise = -np.log1p(-np.minimum(probability, SUREST))
    inside = clusters[left] == clusters[right]
    count = len(clusters)
    support = _sum(count, left[inside], right[inside], surprise[inside])
    own = np.expm1(support)
    away = np.expm1(surprise[~inside])
    others = _sum(count, left[~inside], right[~inside], away)
    alone = np.bincount(clusters, minlength=count)[clusters] == 1
    return np.asarray(np.where(alone, 1.0, own) / (1.0 + own + others), dtype=np.float64)


def _sum(count: int, left: Ints, right: Ints, values: Floats) -> Floats:
    total = np.bincount(left, weights=values, minlength=count)
    return np.asarray(total + np.bincount(right, weights=values, minlength=count), dtype=np.float64)
