"""A pyfunc model over a pandas DataFrame of pairs of records, for any MLflow client."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pandas as pd

from tieout.matching.comparing.patterns import levels_of
from tieout.matching.comparing.raw_pairs import pair_digits
from tieout.matching.model import Model


def score_pairs(model: Model, pairs: pd.DataFrame) -> pd.DataFrame:
    """Score pairs of raw records.

    Needs `<column>_l` and `<column>_r` for columns of the config; one that is absent counts as
    missing on that side. Returns, on the same index, match_weight (log2 odds), match_probability,
    weight_relatives (log2, 0 or less: what the chance that they are relatives costs), and per
    comparison `weight_<name>` (log2) and `level_<name>` (in words). Raises ModelError when no column of
    the config is there.
    """
    digits = pair_digits(model.config, model.frequencies, pairs)
    scores = model.score(digits)
    found: dict[str, Any] = {
        "match_weight": scores.weight,
        "match_probability": scores.probability,
        "weight_relatives": scores.relatives,
    }
    for number, scheme in enumerate(model.schemes):
        found[f"weight_{scheme.name}"] = scores.parts[:, number]
        found[f"level_{scheme.name}"] = [scheme.label(level) for level in levels_of(digits[:, number])]
    return pd.DataFrame(found, index=pairs.index)


class PairScorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc,unused-ignore]
    """The MLflow model: `predict` is `score_pairs`."""

    def load_context(self, context: Any) -> None:
        """Read the model's files."""
        self.model = Model.load(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score each row of a DataFrame of pairs."""
        return score_pairs(self.model, model_input)
