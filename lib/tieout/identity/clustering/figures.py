"""Counts of what clustering did, which add up over buckets, and what follows from them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tieout.identity.clustering.graph import Ints

# Before any cluster of three is seen, two in a hundred pairs are held to escape blocking.
PRIOR_MISSED, PRIOR_PAIRS = 1.0, 50.0


@dataclass
class Figures:
    """Counts of one clustering.

    `sizes`: clusters of two and more by number of records; `pairs_inside` and `proposed_inside`:
    pairs in clusters of three and more, all, and those that blocking proposed; `cut`: accepted pairs
    that were parted, by reason; `nodes`: records that have any plausible pair.
    """

    nodes: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    pairs_inside: float = 0.0
    proposed_inside: float = 0.0
    doubtful_components: int = 0
    largest_component: int = 1
    cut: Counter[str] = field(default_factory=Counter)

    @property
    def linked(self) -> int:
        """Return the number of records that share a cluster with another one."""
        return sum(size * count for size, count in self.sizes.items())

    def alone(self, records: int) -> float:
        """Return the probability that a record without any candidate has no match, of `records` in all.

        In clusters of three and more, a pair that blocking did not propose shows how often it
        misses one. With share m missed and share s of records linked, s / (1 - m) have a match.
        """
        missed = (self.pairs_inside - self.proposed_inside + PRIOR_MISSED) / (self.pairs_inside + PRIOR_PAIRS)
        linked = self.linked / max(records, 1)
        if linked >= 1 or missed >= 1:
            return 0.5
        return min(1.0, max(0.5, 1 - linked * missed / ((1 - missed) * (1 - linked))))

    def report(self, records: int, max_size: int) -> dict[str, Any]:
        """Return the figures for people: clusters counts every cluster, of one record too."""
        return {
            "records": records,
            "clusters": records - self.linked + sum(self.sizes.values()),
            "linked_records": self.linked,
            "largest_cluster": max(self.sizes, default=min(records, 1)),
            "oversize_clusters": sum(count for size, count in self.sizes.items() if size > max_size),
            "cluster_sizes": {1: records - self.linked, **dict(sorted(self.sizes.items()))},
            "largest_component": self.largest_component,
            "doubtful_components": self.doubtful_components,
            "cut_edges": sum(self.cut.values()),
            "cut_reasons": dict(self.cut.most_common()),
        }

    def to_json(self) -> str:
        """Return the figures as one JSON object, for a column of text."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> Figures:
        """Read back what `to_json` wrote."""
        values = json.loads(text)
        sizes = Counter({int(size): count for size, count in values.pop("sizes").items()})
        return cls(**(values | {"sizes": sizes, "cut": Counter(values["cut"])}))

    @classmethod
    def total(cls, parts: Iterable[Figures]) -> Figures:
        """Add up the figures of several buckets."""
        whole = cls()
        for part in parts:
            whole.nodes += part.nodes
            whole.sizes += part.sizes
            whole.cut += part.cut
            whole.pairs_inside += part.pairs_inside
            whole.proposed_inside += part.proposed_inside
            whole.doubtful_components += part.doubtful_components
            whole.largest_component = max(whole.largest_component, part.largest_component)
        return whole


def count_clusters(clusters: Ints, left: Ints, right: Ints) -> Figures:
    """Count clusters of two and more, and the pairs inside those of three and more.

    `clusters` names each node's cluster; `left` and `right` are the proposed pairs.
    """
    members = np.bincount(clusters)
    large = members >= 3
    inside = (clusters[left] == clusters[right]) & large[clusters[left]]
    sizes, counts = np.unique(members[members >= 2], return_counts=True)
    return Figures(
        nodes=len(clusters),
        sizes=Counter(dict(zip(sizes.tolist(), counts.tolist(), strict=True))),
        pairs_inside=float((members[large] * (members[large] - 1.0) / 2).sum()),
        proposed_inside=float(inside.sum()),
    )
