"""How right are clusters and scored pairs, whichever tool made them? Small, independent of the tools it measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd


def pairs_in(sizes: pd.Series) -> int:
    """Return the number of pairs inside groups of these sizes."""
    return int((sizes.astype("int64") * (sizes.astype("int64") - 1) // 2).sum())


def cluster_accuracy(clusters: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return precision, recall and F1 of the pairs inside clusters (id, cluster_id) against truth (id, cluster)."""
    both = truth.merge(clusters, on="id", how="left")
    # A record that a tool says nothing of stands alone.
    both["cluster_id"] = both["cluster_id"].astype(object).where(both["cluster_id"].notna(), "alone " + both["id"])
    actual, predicted = pairs_in(both["cluster"].value_counts()), pairs_in(both["cluster_id"].value_counts())
    correct = pairs_in(both.groupby(["cluster", "cluster_id"]).size())
    precision, recall = correct / max(predicted, 1), correct / max(actual, 1)
    return _rounded(precision, recall) | {"largest_cluster": int(both["cluster_id"].value_counts().max())}


def pair_accuracy(pairs: pd.DataFrame, truth: pd.DataFrame) -> dict[str, float]:
    """Return F1 of scored pairs (id_l, id_r, probability) at 0.5, the best F1 and its threshold, and calibration."""
    known = truth.set_index("id")["cluster"]
    same = known.reindex(pairs["id_l"]).to_numpy() == known.reindex(pairs["id_r"]).to_numpy()
    chance = pairs["probability"].to_numpy()
    actual = pairs_in(truth["cluster"].value_counts())
    order = np.argsort(-chance, kind="stable")
    correct = np.cumsum(same[order])
    f1 = 2 * correct / (np.arange(1, len(order) + 1) + actual)
    best = int(np.argmax(f1))
    half = chance >= 0.5
    bins = pd.DataFrame({"bin": np.minimum((chance * 20).astype(int), 19), "chance": chance, "same": same})
    sums = bins.groupby("bin")[["chance", "same"]].sum()
    return {
        "pairs_f1_at_half": round(2 * int(same[half].sum()) / (int(half.sum()) + actual), 4),
        "pairs_best_f1": round(float(f1[best]), 4),
        "pairs_best_at": round(float(chance[order][best]), 5),
        "ece": round(float((sums["chance"] - sums["same"]).abs().sum() / len(pairs)), 4),
    }


def _rounded(precision: float, recall: float) -> dict[str, float]:
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def read(folder: Path, name: str) -> pd.DataFrame:
    """Read one Parquet file or folder of results."""
    return pd.read_parquet(folder / name)
