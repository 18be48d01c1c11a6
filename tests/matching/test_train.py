"""Training leaves a run, a version and an alias in MLflow, and a worse model does not come into use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.matching import engine
from tieout.matching.engine import Training
from tieout.matching.model import Model
from tieout.matching.tracking import registry
from tieout.matching.training.compare_models import compare_models, label_bits
from tieout.matching.training.labels import labelled_pairs
from tieout.pipeline.training_files import chart_page, training_files
from tieout.platform.rows import frame_of

CITIES = ("Bonn", "Köln", "Mainz", "Trier", "Aachen")
CONFIG = MatchingConfig.model_validate(
    {
        "entity": "account",
        "columns": {"name": "company_name", "city": "city", "phone": "phone"},
        "blocking_rules": ["name.rarest", "phone.exact", "city.exact"],
        "comparisons": [
            {"name": "name", "columns": ["name"]},
            {"name": "city", "columns": ["city"]},
            {"name": "phone", "columns": ["phone"]},
        ],
    }
)


@pytest.fixture(scope="module")
def records(spark: SparkSession) -> DataFrame:
    """Return 150 companies that two systems know, some under a cut name or without a phone."""
    draw = np.random.default_rng(5)
    rows = []
    for number in range(150):
        brand = "".join(draw.choice(list("bdfgklmnprstvz"), 3)) + "o" + "".join(draw.choice(list("bdfgklmn"), 3))
        city, phone = CITIES[number % 5], f"+49 228 {1000000 + number * 37}"
        rows.append((2 * number, "crm", f"{brand} Handel GmbH", city, phone))
        rows.append((2 * number + 1, "erp", f"{brand} Handel".upper(), city, None if number % 7 == 0 else phone))
    return frame_of(spark, rows, "record_id bigint, source string, name string, city string, phone string")


@pytest.fixture(scope="module")
def trained(records: DataFrame) -> Iterator[Training]:
    """Return the training on those records."""
    prepared = engine.prepare(records, CONFIG)
    yield engine.fit(engine.compare(prepared))
    prepared.release()


def worse(model: Model) -> Model:
    """Return a model that has learned nothing of names: among matches they agree as by chance."""
    parameters = model.parameters
    return Model(
        model.config,
        type(parameters)(
            [parameters.u[0], *parameters.m[1:]], parameters.u, parameters.q, parameters.matches,
            parameters.relatives, parameters.population, parameters.iterations,
        ),
        model.frequencies,
    )  # fmt: skip


def answers(spark: SparkSession, records: DataFrame) -> pd.DataFrame:
    pairs = [(2 * n, 2 * n + 1, True) for n in range(60)] + [(2 * n, 2 * n + 11, False) for n in range(60)]
    return labelled_pairs(records, frame_of(spark, pairs, "id_l bigint, id_r bigint, match boolean"), CONFIG)


def test_it_finds_the_pairs_without_labels(trained: Training) -> None:
    assert abs(trained.model.parameters.matches - 150) < 15
    assert trained.pairs_by_rule()["city.exact"] == pytest.approx(5 * 60 * 59 / 2, rel=0.01)


def test_a_better_model_replaces_the_champion_and_a_worse_one_does_not(trained: Training) -> None:
    assert compare_models(worse(trained.model), trained).no_worse
    found = compare_models(trained.model, Training(worse(trained.model), trained.candidates))
    assert (found.measure, found.no_worse) == ("log likelihood", False)


def test_answers_of_people_decide_where_there_are_enough(
    spark: SparkSession, records: DataFrame, trained: Training
) -> None:
    labelled = answers(spark, records)
    assert 10 < labelled["tested"].sum() < 60
    found = compare_models(trained.model, Training(worse(trained.model), trained.candidates), labelled)
    assert (found.measure, found.pairs, found.no_worse) == ("labels", 120, False)
    assert label_bits(trained.model, labelled) > label_bits(worse(trained.model), labelled)


def test_models_with_other_levels_cannot_be_compared_without_answers(trained: Training) -> None:
    comparisons = [comparison.model_copy(update={"levels": ["exact"]}) for comparison in CONFIG.comparisons]
    other = Model(
        CONFIG.model_copy(update={"comparisons": comparisons}), trained.model.parameters, trained.model.frequencies
    )
    found = compare_models(other, trained)
    assert (found.champion, found.no_worse) == (None, False)


def test_answers_change_what_the_model_believes_of_such_pairs(spark: SparkSession, records: DataFrame) -> None:
    # People say that records of one city without a name in common are one company, which nobody would guess.
    pairs = [(2 * n, 2 * n + 10, True) for n in range(140)]
    told = frame_of(spark, pairs, "id_l bigint, id_r bigint, match boolean")
    prepared = engine.prepare(records, CONFIG)
    labelled = labelled_pairs(records, told, CONFIG)
    compared = engine.compare(prepared)
    before, after = (engine.fit(compared, given).model for given in (None, labelled))
    prepared.release()
    assert label_bits(after, labelled) > label_bits(before, labelled) + 1


def test_the_run_shows_figures_charts_and_the_alias(trained: Training, tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    files = training_files(trained, {"measure": "labels"})
    metrics = trained.metrics() | {"blocking_pairs/name.rarest + city.exact": 3.0}
    first = registry.register(
        trained.model, tracking_uri=uri, experiment="t", metrics=metrics, artifacts=files, promote=True
    )
    second = registry.register(trained.model, tracking_uri=uri, experiment="t", metrics=metrics, promote=False)
    assert (first.to_dict()["alias"], second.to_dict()["alias"]) == ("champion", "challenger")
    client = mlflow.MlflowClient(uri, registry_uri=uri)
    run = client.get_run(first.run_id)
    assert run.data.params["training.seed"] == "1"
    assert run.data.metrics["expected_matches"] == trained.model.parameters.matches
    logged = {file.name for file in (tmp_path / "mlartifacts" / first.run_id / "artifacts").iterdir()}
    assert {"charts.html", "match_weights.csv", "blocking.csv", "parameters.csv", "comparison.json"} <= logged
    scorer = registry.scorer("account", uri)
    pairs = pd.DataFrame({"name_l": ["Bofo Handel GmbH"], "name_r": ["BOFO HANDEL"], "phone_l": [None]})
    scored = scorer.predict(pairs)
    assert list(scored.columns) == scorer.metadata.get_output_schema().input_names()
    inputs = [f"{name}_{side}" for name in ("city", "name", "phone") for side in "lr"]
    assert scorer.metadata.get_input_schema().input_names() == inputs
    assert scored["level_name"][0] == "exact"


def test_charts_are_one_page_that_needs_no_other_file() -> None:
    page = chart_page({"First <one>": go.Figure(go.Bar(y=[1])), "Second": go.Figure(go.Bar(y=[2]))})
    assert page.count('class="plotly-graph-div"') == 2
    assert "<h2>First &lt;one&gt;</h2>" in page
    assert not re.search(r"<script[^>]*\ssrc=", page)
