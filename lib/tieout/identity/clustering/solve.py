"""From scored pairs in memory to clusters: the whole computation for one set of components."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tieout.identity.clustering.agglomerate import NEVER, agglomerate
from tieout.identity.clustering.confidence import membership
from tieout.identity.clustering.constraints import Guard
from tieout.identity.clustering.figures import Figures, count_clusters
from tieout.identity.clustering.graph import Flags, Floats, Ints, label_components, number_nodes
from tieout.identity.clustering.settings import ClusterSettings

WEAK_BRIDGE = "weak bridge"
DECIDED = "decision"
# The closest to certainty that a double precision number tells from it.
CERTAIN = 2.0**-52


@dataclass(frozen=True)
class Evidence:
    """What only some records need, fetched once it is known which.

    `attributes`: record_id, source and the constraints' columns of the linked records; `pairs`:
    id_l < id_r, probability of pairs inside doubtful components, known ones or not.
    """

    attributes: pd.DataFrame
    pairs: pd.DataFrame


# Given the doubtful records (record_id, component) and the ids of all linked ones when constraints
# are set, returns their evidence.
Fetch = Callable[[pd.DataFrame, Ints], Evidence]


@dataclass(frozen=True)
class Solution:
    """`assignments`: record_id, cluster_id, confidence, single (boolean); `cut`: id_l, id_r, reason."""

    assignments: pd.DataFrame
    cut: pd.DataFrame
    figures: Figures


@dataclass(frozen=True)
class _Graph:
    """Pairs as positions among `ids`; `decided` is +1 for a steward's match, -1 for none, else 0."""

    ids: Ints
    left: Ints
    right: Ints
    probability: Floats
    decided: Ints


def solve(pairs: pd.DataFrame, decisions: pd.DataFrame, settings: ClusterSettings, fetch: Fetch) -> Solution:
    """Cluster `pairs` (id_l, id_r, probability), each pair once.

    `decisions` (id_l, id_r, match boolean; the last one on a pair holds) are stewards' words, which
    outrank every score.
    """
    graph = _read(pairs, decisions)
    accepted = graph.probability >= settings.accept
    count = len(graph.ids)
    component = label_components(count, graph.left[accepted], graph.right[accepted])
    sizes = np.bincount(component, minlength=count)
    doubtful = _incomplete(graph, accepted, component, sizes)
    evidence = fetch(*_wanted(graph, component, sizes, doubtful, settings))
    attributes = evidence.attributes
    if settings.constrained:
        attributes = attributes.drop_duplicates("record_id").set_index("record_id").reindex(graph.ids)
        guard = Guard(attributes, settings, np.arange(count))
        banned = guard.forbidden(graph.left[accepted], graph.right[accepted])
        doubtful[component[graph.left[accepted][banned]]] = True
    proposed = len(graph.left)
    graph = _with_pairs(graph, evidence.pairs, doubtful[component])
    clusters = _split(graph, component, doubtful[component], attributes, settings)
    parted, reasons = _parted(graph, clusters, attributes, settings)
    probability = graph.probability.copy()
    # What a rule or a steward forbids is no rival: it does not make a record less sure of its place.
    probability[parted[reasons != WEAK_BRIDGE]] = 0.0
    confidence = membership(clusters, graph.left, graph.right, probability)
    cut = _cut(graph, parted, reasons, settings)
    figures = count_clusters(clusters, graph.left[:proposed], graph.right[:proposed])
    figures.doubtful_components, figures.largest_component = int(doubtful.sum()), int(sizes.max(initial=1))
    figures.cut = Counter(cut["reason"])
    return Solution(_assignments(graph, clusters, confidence), cut, figures)


def _assignments(graph: _Graph, clusters: Ints, confidence: Floats) -> pd.DataFrame:
    single = np.bincount(clusters, minlength=len(clusters))[clusters] == 1
    return pd.DataFrame(
        {
            "record_id": graph.ids,
            "cluster_id": graph.ids[clusters],
            "confidence": confidence,
            "single": single,
        }
    )


def _cut(graph: _Graph, parted: Ints, reasons: npt.NDArray[np.object_], settings: ClusterSettings) -> pd.DataFrame:
    cut = graph.probability[parted] >= settings.accept
    left, right = graph.ids[graph.left[parted[cut]]], graph.ids[graph.right[parted[cut]]]
    return pd.DataFrame({"id_l": left, "id_r": right, "reason": reasons[cut].astype("str")})


def _read(pairs: pd.DataFrame, decisions: pd.DataFrame) -> _Graph:
    decided = pd.DataFrame(
        {
            "id_l": decisions[["id_l", "id_r"]].min(axis=1),
            "id_r": decisions[["id_l", "id_r"]].max(axis=1),
            "probability": decisions["match"].astype(float),
            "decided": np.where(decisions["match"].astype(bool), 1, -1),
        }
    )
    columns = pairs[["id_l", "id_r", "probability"]]
    if len(decided):
        columns = pd.concat([columns.assign(decided=0), decided], ignore_index=True)
        columns = columns.drop_duplicates(["id_l", "id_r"], keep="last")
    left, right = columns["id_l"].to_numpy(np.int64), columns["id_r"].to_numpy(np.int64)
    ids, left, right = number_nodes(left, right)
    none = np.zeros(len(left), dtype=np.int64)
    words = columns["decided"].to_numpy(np.int64) if len(decided) else none
    return _Graph(ids, left, right, columns["probability"].to_numpy(np.float64), words)


def _incomplete(graph: _Graph, accepted: Flags, component: Ints, sizes: Ints) -> Flags:
    """Flag, by its smallest node, each component that lacks pairs or that a steward spoke about."""
    pairs = np.bincount(component[graph.left[accepted]], minlength=len(component))
    doubtful = (sizes > 2) & (pairs < sizes * (sizes - 1) // 2)
    settled = graph.decided != 0
    doubtful[component[graph.left[settled]]] = True
    return np.asarray(doubtful, dtype=np.bool_)


def _wanted(
    graph: _Graph, component: Ints, sizes: Ints, doubtful: Flags, settings: ClusterSettings
) -> tuple[pd.DataFrame, Ints]:
    chosen = doubtful[component]
    members = pd.DataFrame({"record_id": graph.ids[chosen], "component": graph.ids[component[chosen]]})
    linked = graph.ids[sizes[component] > 1] if settings.constrained else graph.ids[:0]
    return members, linked


def _with_pairs(graph: _Graph, pairs: pd.DataFrame, chosen: Flags) -> _Graph:
    """Add the pairs that are not known yet; all are of `chosen` nodes."""
    left = np.searchsorted(graph.ids, pairs["id_l"].to_numpy(np.int64))
    right = np.searchsorted(graph.ids, pairs["id_r"].to_numpy(np.int64))
    inside = chosen[graph.left]
    new = ~np.isin(_pair_keys(left, right), _pair_keys(graph.left[inside], graph.right[inside]))
    return _Graph(
        graph.ids,
        np.r_[graph.left, left[new]],
        np.r_[graph.right, right[new]],
        np.r_[graph.probability, pairs["probability"].to_numpy(np.float64)[new]],
        np.r_[graph.decided, np.zeros(int(new.sum()), dtype=np.int64)],
    )


def _split(graph: _Graph, component: Ints, chosen: Flags, attributes: pd.DataFrame, settings: ClusterSettings) -> Ints:
    """Return each node's cluster, by its smallest node; only `chosen` components are looked into."""
    nodes = np.flatnonzero(chosen)
    place = np.cumsum(chosen) - 1
    inside = chosen[graph.left] & (component[graph.left] == component[graph.right])
    left, right, decided = place[graph.left[inside]], place[graph.right[inside]], graph.decided[inside]
    start = label_components(len(nodes), left[decided > 0], right[decided > 0])
    own = attributes.iloc[nodes] if settings.constrained else attributes
    urgency = log_odds(graph.probability[inside])
    weight = np.clip(urgency - settings.accept_weight, -settings.strongest, settings.strongest)
    weight[Guard(own, settings, np.arange(len(nodes))).forbidden(left, right) | (decided < 0)] = NEVER
    labels = agglomerate(
        start, left, right, weight, urgency,
        ids=graph.ids[nodes], absent=settings.absent_weight, guard=Guard(own, settings, start),
    )  # fmt: skip
    clusters = component.copy()
    clusters[nodes] = nodes[labels]
    return clusters


def log_odds(probability: Floats) -> Floats:
    """Return log2 odds, finite for certainty too."""
    bounded = np.clip(probability, CERTAIN, 1 - CERTAIN)
    return np.asarray(np.log2(bounded) - np.log2(1 - bounded), dtype=np.float64)


def _parted(
    graph: _Graph, clusters: Ints, attributes: pd.DataFrame, settings: ClusterSettings
) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Return the plausible pairs whose records are in different clusters, and what parts them."""
    parted = np.flatnonzero((graph.probability >= settings.plausible) & (clusters[graph.left] != clusters[graph.right]))
    ends = clusters[graph.left[parted]], clusters[graph.right[parted]]
    reasons = Guard(attributes, settings, clusters).reasons(*ends)
    settled = graph.decided < 0
    apart = _pair_keys(clusters[graph.left[settled]], clusters[graph.right[settled]])
    reasons[np.isin(_pair_keys(*ends), apart)] = DECIDED
    reasons[reasons == None] = WEAK_BRIDGE  # noqa: E711  (element-wise)
    return parted, reasons


def _pair_keys(left: Ints, right: Ints) -> Ints:
    """Return one number per unordered pair of positions (each below 2**31)."""
    return np.minimum(left, right) << 31 | np.maximum(left, right)
