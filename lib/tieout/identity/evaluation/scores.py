"""Precision, recall, B-cubed, calibration and thresholds from counts against the truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd


def ratio(part: float, whole: float) -> float:
    """Return part / whole; nothing out of nothing is perfect."""
    return part / whole if whole else 1.0


def harmonic_mean(precision: float, recall: float) -> float:
    """Return F1."""
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@dataclass(frozen=True)
class ClusterScores:
    """Pairs of records: those in one cluster (predicted), in one entity (actual), in both (correct)."""

    records: int
    correct: int
    predicted: int
    actual: int
    b3_precision: float
    b3_recall: float

    @classmethod
    def of(cls, sums: Mapping[str, Any]) -> ClusterScores:
        """Read the sums over records that `measures.cluster_scores` makes."""
        records = int(sums.get("records") or 0)
        return cls(
            records,
            *(int(sums.get(name) or 0) for name in ("correct", "predicted", "actual")),
            *(ratio(float(sums.get(name) or 0), records) for name in ("b3_precision", "b3_recall")),
        )

    def with_pairs(self, **counts: int) -> ClusterScores:
        """Return the scores with other counts of pairs."""
        return replace(self, **counts)

    @property
    def precision(self) -> float:
        """Return the share of predicted pairs that are correct."""
        return ratio(self.correct, self.predicted)

    @property
    def recall(self) -> float:
        """Return the share of actual pairs that were predicted."""
        return ratio(self.correct, self.actual)

    @property
    def f1(self) -> float:
        """Return the harmonic mean of pair precision and recall."""
        return harmonic_mean(self.precision, self.recall)

    @property
    def b3_f1(self) -> float:
        """Return the harmonic mean of B-cubed precision and recall."""
        return harmonic_mean(self.b3_precision, self.b3_recall)

    def figures(self) -> dict[str, float | int]:
        """Return everything as plain numbers, ratios rounded to six digits."""
        ratios = {name: round(getattr(self, name), 6) for name in ("precision", "recall", "f1")}
        cubed = {name: round(getattr(self, name), 6) for name in ("b3_precision", "b3_recall", "b3_f1")}
        counts = {name: value for name, value in asdict(self).items() if isinstance(value, int)}
        return {**ratios, **cubed, **counts}


@dataclass(frozen=True)
class Histogram:
    """Rows by probability: bin, weight (log2 odds, lower end), rows, same, probability (sum)."""

    table: pd.DataFrame

    def calibration(self) -> pd.DataFrame:
        """Return bin, rows, probability (mean), share (of rows that are right), by equal-width bins."""
        sums = self.table.groupby("bin", as_index=False)[["rows", "same", "probability"]].sum()
        return pd.DataFrame(
            {
                "bin": sums["bin"],
                "rows": sums["rows"],
                "probability": sums["probability"] / sums["rows"],
                "share": sums["same"] / sums["rows"],
            }
        )

    def calibration_error(self) -> float:
        """Return the expected calibration error (Naeini, Cooper and Hauskrecht 2015)."""
        table = self.calibration()
        if table.empty:
            return 0.0
        gap = (table["probability"] - table["share"]).abs()
        return float((gap * table["rows"]).sum() / table["rows"].sum())

    def curve(self, actual: int) -> pd.DataFrame:
        """Return threshold (probability), pairs, precision, recall, f1: if all pairs from it were accepted.

        `actual` is the number of pairs that are truly one entity, found by blocking or not.
        """
        by_weight = self.table.groupby("weight", as_index=False)[["rows", "same"]].sum()
        by_weight = by_weight.sort_values("weight", ascending=False)
        pairs, correct = by_weight["rows"].cumsum(), by_weight["same"].cumsum()
        precision, recall = correct / pairs, correct / max(actual, 1)
        mean = (precision + recall).replace(0, np.nan)
        return pd.DataFrame(
            {
                "threshold": 1 / (1 + np.exp2(-by_weight["weight"])),
                "pairs": pairs,
                "precision": precision,
                "recall": recall,
                "f1": (2 * precision * recall / mean).fillna(0.0),
            }
        ).reset_index(drop=True)

    def same(self) -> int:
        """Return how many rows are truly one entity: over `actual`, the recall of blocking."""
        return int(self.table["same"].sum())
