"""Quality of clusters and probabilities that fit the driver, counted in numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from tieout.identity.clustering.graph import Flags, Floats, Ints, label_components
from tieout.identity.evaluation.measures import BINS, FURTHEST, STEPS_A_BIT
from tieout.identity.evaluation.scores import ClusterScores, Histogram


def cluster_scores(clusters: Ints, entities: Ints, sources: Ints | None = None) -> ClusterScores:
    """Compare clusters with the truth as `measures.cluster_scores` does; one element a record that both know.

    With `sources`, only pairs of records from different sources count.
    """
    source = [] if sources is None else [sources]
    cells, n = _distinct(clusters, entities, *source)
    clusters, entities = cells[0], cells[1]
    in_cluster, in_entity = _sum_over(n, clusters), _sum_over(n, entities)
    together = _sum_over(n, clusters, entities) if source else n
    # The records that a record makes no pair with: itself, or all those of its source.
    alone = [_sum_over(n, one, cells[2]) if source else np.ones(1) for one in (clusters, entities)]
    return ClusterScores.of(
        {
            "records": n.sum(),
            "correct": _pairs(n, together, n if source else np.ones(1)),
            "predicted": _pairs(n, in_cluster, alone[0]),
            "actual": _pairs(n, in_entity, alone[1]),
            "b3_precision": (n * together / in_cluster).sum(),
            "b3_recall": (n * together / in_entity).sum(),
        }
    )


def _codes(*keys: Ints) -> Ints:
    """Number the distinct combinations of keys."""
    codes, values = pd.factorize(keys[0])
    for key in keys[1:]:
        more, others = pd.factorize(key)
        # Below 2**63: no more combinations than rows are left after each key.
        codes, values = pd.factorize(codes * max(len(others), 1) + more)
    return np.asarray(codes, dtype=np.int64)


def _distinct(*keys: Ints) -> tuple[list[Ints], Floats]:
    codes = _codes(*keys)
    n = np.bincount(codes).astype(np.float64)
    first = np.empty(len(n), dtype=np.int64)
    first[codes] = np.arange(len(codes))
    return [key[first] for key in keys], n


def _sum_over(n: Floats, *keys: Ints) -> Floats:
    codes = _codes(*keys)
    return np.asarray(np.bincount(codes, n)[codes], dtype=np.float64)


def _pairs(n: Floats, together: Floats, not_with: Floats) -> float:
    return float((n * (together - not_with)).sum() / 2)


def linked_scores(clusters: Ints, left: Ints, right: Ints, sources: Ints | None = None) -> ClusterScores:
    """Compare clusters with a truth that is a list of pairs, as `measures.linked_scores` does.

    `clusters` has an element a record, `left` and `right` are the pairs' places among them; places beyond are of
    what is no record, which may chain records all the same.
    """
    count = len(clusters)
    entities = label_components(int(max(count - 1, left.max(initial=0), right.max(initial=0))) + 1, left, right)
    scores = cluster_scores(clusters, entities[:count], sources)
    there = (left < count) & (right < count)
    correct = clusters[left[there]] == clusters[right[there]]
    return scores.with_pairs(correct=int(correct.sum()), actual=len(correct))


def listed(left: Ints, right: Ints, true_left: Ints, true_right: Ints) -> Flags:
    """Tell which pairs (left, right) are among the true ones, whichever way round; all are places below 2**31."""
    return np.asarray(np.isin(_pair_keys(left, right), _pair_keys(true_left, true_right)))


def _pair_keys(left: Ints, right: Ints) -> Ints:
    return np.minimum(left, right) << 31 | np.maximum(left, right)


def histogram(probability: Floats, same: Flags) -> Histogram:
    """Count pairs by probability, as `measures.histogram` does."""
    with np.errstate(divide="ignore"):
        weight = np.log2(probability) - np.log2(1 - probability)
    steps = np.floor(np.clip(weight, -FURTHEST, FURTHEST) * STEPS_A_BIT) / STEPS_A_BIT
    bins: npt.NDArray[np.int64] = np.minimum(np.floor(probability * BINS), BINS - 1).astype(np.int64)
    table = pd.DataFrame(
        {"bin": bins, "weight": steps, "rows": 1, "same": same.astype(np.int64), "probability": probability}
    )
    return Histogram(table.groupby(["bin", "weight"], as_index=False).sum())
