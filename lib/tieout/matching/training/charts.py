"""Tables behind a model's charts: m, u and weight by level, pairs by weight."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.models.matching import Thresholds
from tieout.matching.comparing.patterns import PatternCounts
from tieout.matching.model import Model
from tieout.matching.training.em import probability
from tieout.matching.training.parameters_table import parameter_rows


def level_table(model: Model) -> pd.DataFrame:
    """Return comparison, level (in words), m, u, weight (log2), best level first."""
    rows = pd.DataFrame(parameter_rows(model))
    return rows.assign(level=rows["label"])[["comparison", "level", "m", "u", "weight"]]


def weight_histogram(pairs: DataFrame, thresholds: Thresholds) -> pd.DataFrame:
    """Return weight (whole bits), status (accepted, review, rejected) and pairs. Runs one Spark job."""
    probability = F.col("match_probability")
    status = F.when(probability >= thresholds.accept, "accepted").when(probability >= thresholds.review, "review")
    counted = (
        pairs.select(F.floor("match_weight").alias("weight"), status.otherwise("rejected").alias("status"))
        .groupBy("weight", "status")
        .agg(F.count("*").alias("pairs"))
    )
    # Bounded: weights are some hundred whole numbers.
    return counted.toPandas().sort_values(["weight", "status"], ignore_index=True)


def pattern_histogram(model: Model, candidates: PatternCounts) -> pd.DataFrame:
    """Return what `weight_histogram` does, for the pairs that the model was trained on; no Spark job."""
    weight = model.score(candidates.digits).weight
    return weight_histogram_of(weight, probability(weight), candidates.count, model.config.thresholds)


def weight_histogram_of(
    weight: NDArray[np.float64], chance: NDArray[np.float64], pairs: NDArray[Any], thresholds: Thresholds
) -> pd.DataFrame:
    """Return what `weight_histogram` does, of weights, probabilities and numbers of pairs at hand."""
    accept, review = thresholds.accept, thresholds.review
    status = np.where(chance >= accept, "accepted", np.where(chance >= review, "review", "rejected"))
    table = pd.DataFrame({"weight": np.floor(weight).astype(int), "status": status, "pairs": pairs})
    return table.groupby(["weight", "status"])["pairs"].sum().reset_index()
