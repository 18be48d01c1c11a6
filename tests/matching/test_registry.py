"""A trained model is registered, found again as champion, and scores pairs through plain MLflow."""

from __future__ import annotations

from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest

from tieout.config.matching import MatchingConfig
from tieout.errors import ModelError
from tieout.matching import registry
from tieout.matching.em import Parameters
from tieout.matching.model import Model
from tieout.matching.patterns import digit_count
from tieout.matching.pyfunc import score_pairs
from tieout.matching.sketch import Frequencies


@pytest.fixture
def model() -> Model:
    config = MatchingConfig.model_validate(
        {
            "entity": "account",
            "columns": {"name": "company_name", "country": "country"},
            "blocking_rules": ["name.rarest"],
            "comparisons": [
                {"name": "name", "columns": ["name"], "levels": ["exact"]},
                {"name": "country", "columns": ["country"]},
            ],
        }
    )
    size = digit_count(1)

    def table(different: float) -> np.ndarray:
        return np.array([0.0, different, *[(1 - different) / (size - 2)] * (size - 2)])

    m, u = [table(0.05)] * 2, [table(0.9999), table(0.8)]
    return Model(config, Parameters(m, u, [u], 100.0, [0.0], 1e5, 5), Frequencies(0, {}))


PAIRS = pd.DataFrame(
    {
        "name_l": ["Acme GmbH", "Acme GmbH", "Acme GmbH"],
        "name_r": ["ACME", "Other Ltd", None],
        "country_l": ["DE", "DE", None],
        "country_r": ["Germany", "FR", "FR"],
    }
)


def test_weights_add_up_to_the_match_weight(model: Model) -> None:
    scored = score_pairs(model, PAIRS)
    parts = scored[["weight_name", "weight_country", "weight_relatives"]].sum(axis=1)
    assert np.allclose(parts + model.parameters.prior_weight, scored["match_weight"])
    assert scored["level_name"].tolist() == ["exact", "different", "missing"]
    assert scored["match_probability"][0] > 0.9 > 0.01 > scored["match_probability"][1]


def test_pairs_without_any_known_column_are_an_error(model: Model) -> None:
    with pytest.raises(ModelError, match="name_l, name_r"):
        score_pairs(model, pd.DataFrame({"x": [1]}))


def test_the_newest_promoted_version_is_the_champion(model: Model, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    assert registry.champion("account", uri) is None
    registry.register(model, tracking_uri=uri, experiment="tieout")
    second = registry.register(model, tracking_uri=uri, experiment="tieout")
    registry.register(model, tracking_uri=uri, experiment="tieout", promote=False)
    found = registry.champion("account", uri)
    assert found is not None
    assert (found[1].version, second.to_dict()["alias"]) == (second.version, "champion")
    assert found[0].config == model.config
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(uri)
    try:
        scored = mlflow.pyfunc.load_model("models:/tieout-account@champion").predict(PAIRS)
    finally:
        mlflow.set_tracking_uri(before)
    pd.testing.assert_frame_equal(scored, score_pairs(model, PAIRS))
