"""Tables behind a model's charts: m, u and weight by level, pairs by weight."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tieout.matching.comparing.patterns import PatternCounts
from tieout.matching.model import Model
from tieout.matching.training.parameters_table import parameter_rows


def level_table(model: Model) -> pd.DataFrame:
    """Return comparison, level (in words), m, u, weight (log2), best level first."""
    rows = pd.DataFrame(parameter_rows(model))
    return rows.assign(level=rows["label"])[["comparison", "level", "m", "u", "weight"]]


def pattern_histogram(model: Model, candidates: PatternCounts) -> pd.DataFrame:
    """Return weight (whole bits), status (accepted, review, rejected) and pairs that the model was trained on."""
    scores, thresholds = model.score(candidates.digits), model.config.thresholds
    accepted, review = scores.probability >= thresholds.accept, scores.probability >= thresholds.review
    status = np.where(accepted, "accepted", np.where(review, "review", "rejected"))
    table = pd.DataFrame({"weight": np.floor(scores.weight).astype(int), "status": status, "pairs": candidates.count})
    return table.groupby(["weight", "status"])["pairs"].sum().reset_index()
