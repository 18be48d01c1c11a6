"""How does any MLflow client score pairs? A pyfunc model over a pandas DataFrame of pairs of records."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pyarrow as pa

from tieout.config.matching import MatchingConfig
from tieout.errors import ModelError
from tieout.matching.batch import Batch, prepare_table
from tieout.matching.compare import compare
from tieout.matching.model import Model
from tieout.matching.patterns import levels_of, to_digits


def source_columns(config: MatchingConfig) -> list[str]:
    """Return the raw columns that the model reads of each record."""
    return sorted({source for name, column in config.columns.items() for source in column.source or [name]})


def score_pairs(model: Model, pairs: pd.DataFrame) -> pd.DataFrame:
    """Score pairs of raw records.

    Needs `<column>_l` and `<column>_r` for columns of the config; one that is absent counts as
    missing on that side. Returns, on the same index, match_weight (log2 odds), match_probability,
    weight_relatives (log2, 0 or less: what the chance that they are relatives costs), and per
    comparison `weight_<name>` (log2) and `level_<name>` (in words). Raises ModelError when no column of
    the config is there.
    """
    columns = source_columns(model.config)
    if not any(f"{name}{side}" in pairs.columns for name in columns for side in ("_l", "_r")):
        expected = ", ".join(f"{name}_l, {name}_r" for name in columns)
        raise ModelError(f"No column to compare among {', '.join(map(str, pairs.columns))}; expected {expected}")
    table = pa.concat_tables([_side(pairs, columns, "_l"), _side(pairs, columns, "_r")])
    batch = Batch(model.config, pa.table(prepare_table(model.config, table)), model.frequencies)
    rows = np.arange(len(pairs))
    levels = compare(batch, model.schemes, rows, rows + len(pairs))
    digits = to_digits(levels)
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


def _side(pairs: pd.DataFrame, columns: list[str], side: str) -> pa.Table:
    texts = {}
    for name in columns:
        values = pairs.get(f"{name}{side}")
        missing = [None] * len(pairs)
        listed = missing if values is None else [None if pd.isna(value) else str(value) for value in values]
        texts[name] = pa.array(listed, pa.string())
    return pa.table(texts)


class PairScorer(mlflow.pyfunc.PythonModel):  # type: ignore[misc,unused-ignore]
    """The MLflow model: `predict` is `score_pairs`."""

    def load_context(self, context: Any) -> None:
        """Read the model's files."""
        self.model = Model.load(Path(context.artifacts["model"]))

    def predict(self, context: Any, model_input: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Score each row of a DataFrame of pairs."""
        return score_pairs(self.model, model_input)
