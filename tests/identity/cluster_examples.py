"""Small graphs for the tests of clustering, written as one reads them."""

import pandas as pd

from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.clustering.solve import Evidence, Solution, solve


def frame_of_pairs(*pairs):
    return pd.DataFrame(pairs, columns=["id_l", "id_r", "probability"]).astype({"id_l": "int64", "id_r": "int64"})


def solve_pairs(*pairs, decisions=(), attributes=None, **settings) -> Solution:
    """Solve pairs (id, id, probability); those below 0.01 are fetched as improbable ones are."""
    chosen = ClusterSettings(**settings)
    everything = frame_of_pairs(*pairs)
    weak = everything["probability"] < chosen.plausible

    def fetch(members, linked):
        known = set(members["record_id"])
        inside = everything["id_l"].isin(known) & everything["id_r"].isin(known)
        return Evidence(attributes, everything[weak & inside])

    told = pd.DataFrame(decisions, columns=["id_l", "id_r", "match"])
    return solve(everything[~weak], told, chosen, fetch)


def groups(solution: Solution) -> set[frozenset[int]]:
    """Return the clusters as sets of record ids."""
    frame = solution.assignments
    return {frozenset(part["record_id"]) for _, part in frame.groupby("cluster_id")}


def cut(solution: Solution) -> dict[tuple[int, int], str]:
    """Return the reason for each accepted pair that was parted."""
    return {(row.id_l, row.id_r): row.reason for row in solution.cut.itertuples()}
