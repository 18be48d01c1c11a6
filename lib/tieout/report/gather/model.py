"""The model in use: m, u and weights of the champion, from MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from tieout.errors import ModelError
from tieout.report.facts import MatchFacts

SQLITE = "sqlite:///"


def champion_levels(tracking_uri: str, entity: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the champion's levels and its `name, version, alias`; nothing where there is no champion.

    Levels: `comparison, level` (words), `m, u, weight, weight_common, weight_rare`.
    """
    nothing: tuple[pd.DataFrame, dict[str, Any]] = (MatchFacts().levels, {})
    if tracking_uri.startswith(SQLITE) and not Path(tracking_uri.removeprefix(SQLITE)).exists():
        # Asking would make a new, empty store.
        return nothing
    from mlflow.exceptions import MlflowException

    from tieout.matching.tracking.registry import champion
    from tieout.matching.training.parameters_table import parameter_rows

    try:
        found = champion(entity, tracking_uri)
    except (MlflowException, ModelError, OSError):
        # A report about money must not fail because a model store is away.
        return nothing
    if found is None:
        return nothing
    model, version = found
    levels = pd.DataFrame(parameter_rows(model)).drop(columns="level").rename(columns={"label": "level"})
    return levels, version.to_dict()
