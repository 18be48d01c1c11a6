"""Trained models in MLflow: runs and registered versions, of which `champion` is the one in use."""

from __future__ import annotations

import getpass
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from mlflow.entities import Metric, Param
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.pyfunc import PyFuncModel, load_model
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE as NOTE
from mlflow.utils.mlflow_tags import MLFLOW_SOURCE_NAME, MLFLOW_SOURCE_TYPE, MLFLOW_USER

from tieout.errors import ModelError
from tieout.matching.model import Model
from tieout.matching.tracking import (
    MLFLOW,
    Store,
    Table,
    describe_experiment,
    describe_model,
    describe_version,
    save_pyfunc,
    table_inputs,
)
from tieout.matching.tracking.about import ACCURACY, with_accuracy
from tieout.matching.tracking.store import quiet
from tieout.matching.training.parameters_table import parameter_rows

__all__ = [
    "MLFLOW", "Table", "Version", "champion", "log_accuracy", "model_name", "prepare", "register", "save_pyfunc",
    "scorer", "versions_in_use",
]  # fmt: skip

CHAMPION, CHALLENGER = "champion", "challenger"
ARTIFACT = "matching"
ENTITY = "entity"
# Of the accuracy, what a version shows as tags, and so the list of versions.
SHOWN = ("precision", "recall", "f1", "ece")
# A training that is still running after so long, in milliseconds, was killed.
DEAD_AFTER = 3_600_000


@dataclass(frozen=True)
class Version:
    """A registered model version, and whether it is in use or waits to be."""

    name: str
    version: str
    run_id: str
    champion: bool
    challenger: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return name, version and alias for the figures of a run."""
        alias = CHAMPION if self.champion else CHALLENGER if self.challenger else None
        return {"name": self.name, "version": self.version, "alias": alias}


def model_name(entity: str) -> str:
    """Return the registered name of an entity's model."""
    return f"tieout-{entity}"


def prepare(tracking_uri: str) -> None:
    """Make the store if it is not there, which takes seconds. Raises ModelError when it cannot be opened."""
    _ = Store(tracking_uri).client


def register(
    model: Model,
    *,
    tracking_uri: str,
    experiment: str,
    metrics: dict[str, float] | None = None,
    artifacts: Callable[[Path], None] | None = None,
    promote: bool = True,
    tags: dict[str, str] | None = None,
    tables: Sequence[Table] = (),
    labels: int = 0,
    seconds: float = 0.0,
) -> Version:
    """Log a training as an MLflow run and register its model as champion, without `promote` as challenger.

    `artifacts` writes further files (charts, reports) into the folder that it is given. `tables` are what
    the model was trained on, `labels` how many answers of stewards, `seconds` how long it took until now.
    Raises ModelError when the store cannot be opened.
    """
    name = model_name(model.config.entity)
    store = Store(tracking_uri)
    client = store.client
    about = describe_version(model, tables, labels)
    known = {NOTE: about, ENTITY: model.config.entity, **_origin(), **(tags or {})}
    run_id = _start(store, experiment, name, known, seconds)
    end = "FAILED"
    try:
        _log_figures(client, run_id, model, metrics or {})
        client.log_inputs(run_id, table_inputs(tables, "training"))
        with tempfile.TemporaryDirectory() as folder:
            _log_files(store, run_id, model, Path(folder), artifacts)
        version = _register(client, run_id, name, about, model.config.entity)
        end = "FINISHED"
    finally:
        with quiet():
            client.set_terminated(run_id, end)
    client.set_registered_model_alias(name, CHAMPION if promote else CHALLENGER, version.version)
    if promote:
        # Whoever waited has been overtaken by a newer version.
        client.delete_registered_model_alias(name, CHALLENGER)
    return Version(name, str(version.version), run_id, promote, not promote)


def _origin() -> dict[str, str]:
    return {MLFLOW_SOURCE_NAME: "tieout train", MLFLOW_SOURCE_TYPE: "JOB", MLFLOW_USER: getpass.getuser()}


def _start(store: Store, experiment: str, name: str, tags: dict[str, str], seconds: float) -> str:
    client = store.client
    found = client.get_experiment_by_name(experiment)
    if found is None:
        # The kind lets the UI show an experiment as trained models, not as prompts and traces.
        about = {NOTE: describe_experiment(), "mlflow.experimentKind": "custom_model_development"}
        number = client.create_experiment(experiment, store.experiment_location, about)
    else:
        number = found.experiment_id
        _end_the_dead(client, number)
    started = int(1000 * (time.time() - seconds))
    return str(client.create_run(number, start_time=started, run_name=name, tags=tags).info.run_id)


def _end_the_dead(client: MlflowClient, experiment: str) -> None:
    """End the runs of trainings that were killed. One that is alive after all ends itself as finished."""
    latest = int(1000 * time.time()) - DEAD_AFTER
    dead = client.search_runs([experiment], f"attributes.status = 'RUNNING' and attributes.start_time < {latest}")
    for run in dead:
        client.set_terminated(run.info.run_id, "KILLED")


def _log_figures(client: MlflowClient, run_id: str, model: Model, metrics: dict[str, float]) -> None:
    config, parameters = model.config, model.parameters
    described = {
        "entity": config.entity,
        "records": model.frequencies.records,
        "comparisons": ", ".join(scheme.name for scheme in model.schemes),
        "blocking_rules": "; ".join(rule.name for rule in config.blocking_rules)[:500],
        "prior_log2_odds": round(parameters.prior_weight, 4),
        **{f"threshold.{key}": value for key, value in config.thresholds.model_dump().items()},
        **{f"training.{key}": value for key, value in config.training.model_dump().items()},
        **{f"limits.{key}": value for key, value in config.limits.model_dump().items()},
    }
    figures = metrics or {"expected_matches": parameters.matches, "iterations": float(parameters.iterations)}
    client.log_batch(run_id, _metrics(figures), [Param(key, str(value)) for key, value in described.items()])


def _metrics(figures: Mapping[str, float]) -> list[Metric]:
    at = int(1000 * time.time())
    return [Metric(_metric_name(key), float(value), at, 0) for key, value in figures.items() if np.isfinite(value)]


def _metric_name(name: str) -> str:
    """Return a name that MLflow takes: letters, digits, `_ - . / :` and spaces."""
    return re.sub(r"[^\w\-./: ]", "and", name)


def _log_files(store: Store, run_id: str, model: Model, folder: Path, artifacts: Callable[[Path], None] | None) -> None:
    # Saved and logged as files, not by MLflow's fluent calls, which change settings of the whole process.
    pd.DataFrame(parameter_rows(model)).to_csv(folder / "parameters.csv", index=False)
    config = model.config.model_dump(mode="json", by_alias=True)
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    if artifacts is not None:
        artifacts(folder)
    save_pyfunc(model, folder / ARTIFACT)
    store.log_files(run_id, folder)


def _register(client: MlflowClient, run_id: str, name: str, about: str, entity: str) -> ModelVersion:
    try:
        client.create_registered_model(name, description=describe_model(entity))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    source = f"{client.get_run(run_id).info.artifact_uri}/{ARTIFACT}"
    return client.create_model_version(name, source, run_id, description=about, await_creation_for=None)


def champion(entity: str, tracking_uri: str, version: str | None = None) -> tuple[Model, Version] | None:
    """Return the champion of an entity (or the given version), or None where there is none yet.

    Raises ModelError when the store cannot be opened, or the model's files are not there or too old.
    """
    store = Store(tracking_uri)
    found = _find(store, entity, version)
    if found is None:
        return None
    model = Model.load(_model_folder(_files(store, found)))
    return model, Version(found.name, str(found.version), str(found.run_id), not version)


def scorer(entity: str, tracking_uri: str, version: str | None = None) -> PyFuncModel:
    """Return the champion (or a version) as MLflow's pyfunc model, which scores a DataFrame of pairs.

    As `mlflow.pyfunc.load_model` returns it, and wherever a SQLite file and the folder beside it have been
    moved to. Raises ModelError where there is no such version.
    """
    store = Store(tracking_uri)
    found = _find(store, entity, version)
    if found is None:
        raise ModelError(f"{entity}: no model in {tracking_uri}; train one with `tieout train`")
    with quiet():
        return load_model(str(_files(store, found)))


def versions_in_use(entities: Iterable[str], tracking_uri: str) -> dict[str, str]:
    """Return version and MLflow run of the entities' champions, by model name; entities without one are left out."""
    store = Store(tracking_uri)
    found = [_find(store, entity, None) for entity in entities]
    return {str(one.name): f"{one.version} {one.run_id}" for one in found if one is not None}


def _files(store: Store, found: ModelVersion) -> Path:
    return store.files(str(found.run_id), store.client.get_model_version_download_uri(found.name, found.version))


def _find(store: Store, entity: str, version: str | None) -> ModelVersion | None:
    """Return a version, or the champion; None where there is none. Makes no SQLite file to look into."""
    if not store.exists:
        return None
    name, client = model_name(entity), store.client
    try:
        if version:
            return client.get_model_version(name, version)
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        said = str(error).partition("\n")[0]
        raise ModelError(f"{store.uri}: MLflow gives no model of {entity} ({said})") from error


def log_accuracy(entity: str, tracking_uri: str, figures: Mapping[str, Any], version: str | None = None) -> bool:
    """Add what `tieout evaluate` measured to a model version (default the champion) and the run that trained it.

    The run gets the ratios as metrics `accuracy/<name>` and all figures as `accuracy.json`, the version tags,
    and both a sentence at the head of their description. Returns False where there is no such version.
    """
    store = Store(tracking_uri)
    found = _find(store, entity, version)
    if found is None:
        return False
    client = store.client
    ratios = {name: float(figures[name]) for name in ACCURACY if figures.get(name) is not None}
    client.log_batch(found.run_id, _metrics({f"accuracy/{name}": value for name, value in ratios.items()}))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "accuracy.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
        store.log_files(found.run_id, Path(folder))
    for name in SHOWN:
        client.set_model_version_tag(found.name, found.version, name, f"{ratios[name]:.4f}")
    about = with_accuracy(found.description, ratios, f"{datetime.now(UTC):%Y-%m-%d}")
    client.update_model_version(found.name, found.version, about)
    client.set_tag(found.run_id, NOTE, about)
    return True


def _model_folder(folder: Path) -> Path:
    found = sorted(folder.glob("artifacts/**/model.json"))
    if not found:
        raise ModelError(f"{folder}: the registered model has no model.json; train again with `tieout train`")
    return found[0].parent
