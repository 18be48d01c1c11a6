"""Average-link merging of clusters within a doubtful component.

Every record starts alone. The two clusters with the strongest evidence, as a mean over all pairs
between them, are merged, until no mean is above zero: a weak bridge between two groups is outvoted by
the pairs that it does not explain. All components are worked on at once, in rounds: in each round the
pairs of clusters that are each other's best merge. Average linkage is reducible, so these rounds
give the same clusters as merging one pair at a time (reciprocal nearest neighbours; Murtagh 1983),
and the sum of evidence is the objective of correlation clustering (Bansal, Blum and Chawla 2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tieout.identity.clustering.constraints import Guard
from tieout.identity.clustering.graph import Floats, Ints, label_components, sum_by_pair

# Outweighs any sum of evidence, and stays exact in double precision.
NEVER = -1e9


@dataclass
class _Links:
    """The pairs of clusters between which there is evidence."""

    low: Ints
    high: Ints
    total: Floats
    urgency: Floats
    pairs: Floats

    def select(self, chosen: npt.NDArray[np.bool_]) -> _Links:
        ends = self.low[chosen], self.high[chosen]
        return _Links(*ends, self.total[chosen], self.urgency[chosen], self.pairs[chosen])

    def renamed(self, names: Ints) -> _Links:
        low, high = names[self.low], names[self.high]
        between = low != high
        values = (value[between] for value in (self.total, self.urgency, self.pairs))
        low, high, sums = sum_by_pair(low[between], high[between], *values)
        return _Links(low, high, *sums)


def agglomerate(
    labels: Ints,
    left: Ints,
    right: Ints,
    weight: Floats,
    urgency: Floats,
    *,
    ids: Ints,
    absent: float,
    guard: Guard,
) -> Ints:
    """Return each node's cluster, named by its smallest node.

    `labels` are clusters to start from (each node itself, or the smallest node that a steward put
    it together with); `left`, `right`, `weight` are pairs of nodes with evidence in bits, positive
    for the same thing; of clusters that may be merged, those with the highest mean `urgency` are
    merged first; `absent` is the evidence of a pair that is not among them; `ids` break ties
    the same way whatever else is clustered at the same time.
    """
    component = label_components(len(labels), np.r_[left, labels], np.r_[right, np.arange(len(labels))])
    sizes = np.bincount(labels, minlength=len(labels)).astype(np.float64)
    ranks = _scatter(ids)
    links = _Links(left, right, weight, urgency, np.ones(len(left))).renamed(labels)
    while len(links.low):
        possible = sizes[links.low] * sizes[links.high]
        mean = (links.total + absent * (possible - links.pairs)) / possible
        good = mean > 0
        banned = good.copy()
        banned[good] = guard.forbidden(links.low[good], links.high[good])
        links.total[banned] += NEVER
        good &= ~banned
        if not good.any():
            break
        urgent = (links.urgency / possible)[good]
        kept, gone = _mutual_best(links.low[good], links.high[good], urgent, ranks)
        names = np.arange(len(labels))
        names[gone] = kept
        labels, sizes[kept] = names[labels], sizes[kept] + sizes[gone]
        guard.merge(kept, gone)
        busy = np.zeros(len(labels), dtype=bool)
        busy[component[links.low[good]]] = True
        links = links.select(busy[component[links.low]]).renamed(names)
    return labels


def _mutual_best(low: Ints, high: Ints, urgent: Floats, ranks: npt.NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """Return the pairs of clusters, smaller name first, that are each other's best."""
    worst_first = np.lexsort((high, low, ranks[low] ^ ranks[high], urgent))
    place = np.arange(len(low))
    best = np.full(len(ranks), -1, dtype=np.int64)
    ends = np.stack([low[worst_first], high[worst_first]], axis=1).ravel()
    # Of repeated positions the last assignment holds: each cluster's best link.
    best[ends] = np.repeat(place, 2)
    mutual = worst_first[(best[low[worst_first]] == place) & (best[high[worst_first]] == place)]
    return low[mutual], high[mutual]


def _scatter(ids: Ints) -> npt.NDArray[np.uint64]:
    """Mix the ids' bits, so that equal weights are merged all over a group and not along a line."""
    mixed = ids.astype(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
