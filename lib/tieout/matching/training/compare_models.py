"""Comparison of a newly trained model with the one in use, on the same pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tieout.matching.engine import Training
from tieout.matching.model import Model
from tieout.matching.tracking.pyfunc import score_pairs
from tieout.matching.training.em import log_likelihood

FEWEST_LABELS = 20
# A difference below this many bits a pair is none: training again on the same records moves no more.
TOLERANCE = 0.005
CERTAIN = 1e-6


@dataclass(frozen=True)
class Comparison:
    """By what both models were measured, the bits a pair that each reached (higher is better), the verdict."""

    measure: str
    champion: float | None
    challenger: float | None
    pairs: int
    no_worse: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the comparison for figures and reports."""
        bits = {"champion": self.champion, "challenger": self.challenger}
        rounded = {name: value if value is None else round(value, 6) for name, value in bits.items()}
        return {"measure": self.measure, **rounded, "pairs": self.pairs, "no_worse": self.no_worse}


def compare_models(champion: Model, challenger: Training, labelled: pd.DataFrame | None = None) -> Comparison:
    """Compare the model in use with a new one.

    `labelled` are pairs that people have answered: `<column>_l`, `<column>_r` and match boolean. With
    enough of them their mean log2 likelihood counts; else that of the new training's candidate pairs,
    which both models must see alike: the same comparisons with the same levels. Otherwise nothing
    can be said, and the new model does not replace the other by itself.
    """
    if labelled is not None and len(labelled) >= FEWEST_LABELS:
        old, new = (label_bits(model, labelled) for model in (champion, challenger.model))
        return Comparison("labels", old, new, len(labelled), new >= old - TOLERANCE)
    pairs = round(float(challenger.candidates.count.sum()))
    if not _alike(champion, challenger.model):
        return Comparison("none: other comparisons, too few labels", None, None, pairs, False)
    population = challenger.model.parameters.population
    old, new = (
        log_likelihood(model.parameters, challenger.candidates, population) for model in (champion, challenger.model)
    )
    return Comparison("log likelihood", old, new, pairs, new >= old - TOLERANCE)


def label_bits(model: Model, labelled: pd.DataFrame) -> float:
    """Return the mean log2 probability that a model gives to what people answered; 0 is perfect."""
    probability = score_pairs(model, labelled)["match_probability"].to_numpy()
    told = np.where(labelled["match"].to_numpy(dtype=bool), probability, 1.0 - probability)
    return float(np.log2(np.clip(told, CERTAIN, 1.0)).mean())


def _alike(one: Model, other: Model) -> bool:
    kinds = [[(scheme.name, scheme.column, type(scheme.kind)) for scheme in model.schemes] for model in (one, other)]
    levels = [[scheme.texts for scheme in model.schemes] for model in (one, other)]
    return kinds[0] == kinds[1] and levels[0] == levels[1]
