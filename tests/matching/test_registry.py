"""A trained model is registered, found again as champion, and scores pairs through plain MLflow."""

from __future__ import annotations

import dataclasses
import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ModelError
from tieout.matching.comparing.levels import schemes
from tieout.matching.comparing.patterns import digit_count
from tieout.matching.model import Model
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.tracking import registry
from tieout.matching.tracking.pyfunc import score_pairs
from tieout.matching.training.em import Parameters


@pytest.fixture
def model() -> Model:
    return small_model()


def small_model() -> Model:
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


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store of one trained model; making its tables takes seconds."""
    folder = tmp_path_factory.mktemp("made")
    registry.register(small_model(), tracking_uri=f"sqlite:///{folder}/mlflow.db", experiment="tieout")
    return folder


@pytest.fixture
def uri(made: Path, tmp_path: Path) -> str:
    """Return the tracking URI of a copy of that store: nothing in it says where it was made."""
    shutil.copytree(made, tmp_path / "copy")
    return f"sqlite:///{tmp_path}/copy/mlflow.db"


def test_weights_add_up_to_the_match_weight(model: Model) -> None:
    scored = score_pairs(model, PAIRS)
    parts = scored[["weight_name", "weight_country", "weight_relatives"]].sum(axis=1)
    assert np.allclose(parts + model.parameters.prior_weight, scored["match_weight"])
    assert scored["level_name"].tolist() == ["exact", "different", "missing"]
    assert scored["match_probability"][0] > 0.9 > 0.01 > scored["match_probability"][1]


def test_pairs_without_any_known_column_are_an_error(model: Model) -> None:
    with pytest.raises(ModelError, match="name_l, name_r"):
        score_pairs(model, pd.DataFrame({"x": [1]}))


def test_the_newest_promoted_version_is_the_champion(model: Model, uri: str) -> None:
    assert registry.champion("contact", uri) is None
    second = registry.register(model, tracking_uri=uri, experiment="tieout")
    registry.register(model, tracking_uri=uri, experiment="tieout", promote=False)
    found = registry.champion("account", uri)
    assert found is not None
    assert (found[1].version, second.to_dict()["alias"]) == (second.version, "champion")
    assert found[0].config == model.config
    pd.testing.assert_frame_equal(registry.scorer("account", uri).predict(PAIRS), score_pairs(model, PAIRS))


def test_a_moved_store_keeps_its_models(model: Model, made: Path, uri: str) -> None:
    found = registry.champion("account", uri)
    assert found is not None
    assert found[0].config == model.config
    assert registry.register(model, tracking_uri=uri, experiment="tieout").version == "2"
    client = MlflowClient(uri)
    locations = [experiment.artifact_location for experiment in client.search_experiments()]
    locations += [run.info.artifact_uri for run in client.search_runs(["1"])]
    assert [location for location in locations if not location.startswith("mlflow-artifacts:/")] == []
    assert len(list((made / "mlartifacts").iterdir())) == 1


def test_looking_for_a_model_makes_no_store(tmp_path: Path) -> None:
    assert registry.champion("account", f"sqlite:///{tmp_path}/mlflow.db") is None
    assert list(tmp_path.iterdir()) == []


def test_missing_files_and_a_garbage_store_are_one_sentence(uri: str, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "copy" / "mlartifacts")
    with pytest.raises(ModelError, match="artifacts is not there"):
        registry.champion("account", uri)
    (tmp_path / "garbage.db").write_text("no database" * 1000)
    with pytest.raises(ModelError, match="garbage.db: MLflow cannot open it"):
        registry.champion("account", f"sqlite:///{tmp_path}/garbage.db")


def test_a_store_that_was_left_half_made_is_made_anew(model: Model, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mlflow.db") as connection:
        connection.execute("CREATE TABLE _alembic_tmp_experiments (a)")
    registry.register(model, tracking_uri=f"sqlite:///{tmp_path}/mlflow.db", experiment="tieout")
    assert len(list(tmp_path.glob("mlflow.db.half-made-*"))) == 1


def test_a_training_that_was_killed_ends_when_the_next_is_logged(model: Model, uri: str) -> None:
    client = MlflowClient(uri)
    killed = client.create_run("1", start_time=1).info.run_id
    running = client.create_run("1").info.run_id
    registry.register(model, tracking_uri=uri, experiment="tieout")
    assert [client.get_run(run).info.status for run in (killed, running)] == ["KILLED", "RUNNING"]


def test_a_run_says_what_it_was_trained_on_and_how_right_it_is(model: Model, uri: str) -> None:
    table = registry.Table("silver.account", "/lake/silver/account", 7, 9_000, {"name": "string"})
    made = registry.register(model, tracking_uri=uri, experiment="tieout", tables=[table], labels=12, seconds=60)
    figures = dict.fromkeys(("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1"), 0.99) | {"ece": 0.01}
    for f1 in (0.5, 0.98765):
        assert registry.log_accuracy("account", uri, figures | {"f1": f1, "curve": []})
    client = MlflowClient(uri)
    run, version = client.get_run(made.run_id), client.get_model_version(made.name, made.version)
    assert (run.data.metrics["accuracy/f1"], version.tags["f1"]) == (0.98765, "0.9877")
    assert run.info.end_time - run.info.start_time >= 60_000
    (read,) = run.inputs.dataset_inputs
    assert (read.dataset.name, read.dataset.digest) == ("silver.account", "version 7")
    assert "`silver.account` version 7 and 12 answers of stewards" in version.description
    assert version.description == run.data.tags["mlflow.note.content"]
    assert version.description.count("Measured against known answers") == 1
    assert "F1 0.9877 by pairs" in version.description
    assert not registry.log_accuracy("contact", uri, figures)


def test_a_model_keeps_the_levels_that_it_was_trained_with(model: Model, tmp_path: Path) -> None:
    config = model.config.model_copy(
        update={"comparisons": [one.model_copy(update={"levels": []}) for one in model.config.comparisons]}
    )
    sizes = [digit_count(len(scheme.levels)) for scheme in schemes(config)]
    tables = [np.full(size, 1 / size) for size in sizes]
    parameters = dataclasses.replace(model.parameters, m=tables, u=tables, q=[tables])
    dataclasses.replace(model, config=config, parameters=parameters).save(tmp_path)
    assert Model.load(tmp_path).config == config

    # Before a model's file named its levels, a company's name had eight of them.
    data = json.loads((tmp_path / "model.json").read_text())
    del data["levels"]
    (tmp_path / "model.json").write_text(json.dumps(data | {"form": 3}))
    assert [len(scheme.levels) for scheme in Model.load(tmp_path).schemes] == [8, 1]
