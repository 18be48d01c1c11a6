"""Where do trained models live? MLflow runs and registered versions; `champion` is the one in use."""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models.signature import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types.schema import ColSpec, Schema

from tieout import __version__
from tieout.errors import ModelError
from tieout.matching.model import Model
from tieout.matching.parameters_table import parameter_rows
from tieout.matching.pyfunc import score_pairs
from tieout.matching.raw_pairs import example_pairs

CHAMPION, CHALLENGER = "champion", "challenger"
ARTIFACT = "matching"
SCRIPT = "pyfunc_model.py"
# Its logger, its environment and the first use of a new database are the whole process's.
MLFLOW = threading.RLock()


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


def register(
    model: Model,
    *,
    tracking_uri: str,
    experiment: str,
    metrics: dict[str, float] | None = None,
    artifacts: Callable[[Path], None] | None = None,
    promote: bool = True,
    tags: dict[str, str] | None = None,
) -> Version:
    """Log a training as an MLflow run and register its model as champion, without `promote` as challenger.

    `artifacts` writes further files (charts, reports) into the folder that it is given.
    """
    name = model_name(model.config.entity)
    client = _client(tracking_uri)
    run_id = _start(client, tracking_uri, experiment, name, tags or {})
    end = "FAILED"
    try:
        _log_figures(client, run_id, model, metrics or {})
        with tempfile.TemporaryDirectory() as folder:
            _log_files(client, run_id, model, Path(folder), artifacts)
            version = _register(client, run_id, model, Path(folder), name)
        end = "FINISHED"
    finally:
        client.set_terminated(run_id, end)
    client.set_registered_model_alias(name, CHAMPION if promote else CHALLENGER, version.version)
    if promote:
        # Whoever waited has been overtaken by a newer version.
        client.delete_registered_model_alias(name, CHALLENGER)
    return Version(name, str(version.version), run_id, promote, not promote)


def _start(client: MlflowClient, tracking_uri: str, experiment: str, name: str, tags: dict[str, str]) -> str:
    found = client.get_experiment_by_name(experiment)
    number = found.experiment_id if found else client.create_experiment(experiment, _artifacts_beside(tracking_uri))
    return str(client.create_run(number, run_name=name, tags=tags).info.run_id)


def _artifacts_beside(tracking_uri: str) -> str | None:
    """Return the artifact folder next to an SQLite file, so that it moves with it; MLflow's own place otherwise."""
    if not tracking_uri.startswith("sqlite:///"):
        return None
    return (Path(tracking_uri.removeprefix("sqlite:///")).absolute().parent / "mlartifacts").as_uri()


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
    for key, value in described.items():
        client.log_param(run_id, key, value)
    figures = metrics or {"expected_matches": parameters.matches, "iterations": float(parameters.iterations)}
    for key, number in figures.items():
        if np.isfinite(number):
            client.log_metric(run_id, _metric_name(key), float(number))


def _metric_name(name: str) -> str:
    """Return a name that MLflow takes: letters, digits, `_ - . / :` and spaces."""
    return re.sub(r"[^\w\-./: ]", "and", name)


def _log_files(
    client: MlflowClient, run_id: str, model: Model, folder: Path, artifacts: Callable[[Path], None] | None
) -> None:
    report = folder / "report"
    report.mkdir()
    pd.DataFrame(parameter_rows(model)).to_csv(report / "parameters.csv", index=False)
    config = model.config.model_dump(mode="json", by_alias=True)
    (report / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")
    if artifacts is not None:
        artifacts(report)
    client.log_artifacts(run_id, str(report))


def _register(client: MlflowClient, run_id: str, model: Model, folder: Path, name: str) -> ModelVersion:
    # Saved and logged as files, not by MLflow's fluent calls, which change settings of the whole process.
    save_pyfunc(model, folder / ARTIFACT)
    client.log_artifacts(run_id, str(folder / ARTIFACT), ARTIFACT)
    _ensure_registered(client, name)
    source = f"{client.get_run(run_id).info.artifact_uri}/{ARTIFACT}"
    return client.create_model_version(name, source, run_id, await_creation_for=None)


def save_pyfunc(model: Model, folder: Path) -> None:
    """Write the model as an MLflow pyfunc folder, in place of one that is there."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as files, tempfile.TemporaryDirectory() as code, _quiet():
        model.save(Path(files))
        # The package may be a zip file, as it is on a cluster; MLflow wants the path of a file.
        script = Path(code) / SCRIPT
        script.write_bytes(resources.files("tieout.matching").joinpath(SCRIPT).read_bytes())
        mlflow.pyfunc.save_model(
            folder,
            python_model=str(script),
            artifacts={"model": files},
            signature=_signature(model),
            input_example=example_pairs(model.config),
            pip_requirements=[f"tieout=={__version__}"],
        )


def _signature(model: Model) -> ModelSignature:
    example = example_pairs(model.config)
    scored = score_pairs(model, example)
    inputs = Schema([ColSpec("string", name, required=False) for name in example.columns])
    kinds = ["string" if name.startswith("level_") else "double" for name in scored.columns]
    return ModelSignature(inputs, Schema([ColSpec(*both) for both in zip(kinds, scored.columns, strict=True)]))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep MLflow's advice to interactive users and its download bars off the terminal; one thread at a time."""
    with MLFLOW:
        yield from _silenced()


def _silenced() -> Iterator[None]:
    logger = logging.getLogger("mlflow")
    level, bars = logger.level, os.environ.get("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR")
    logger.setLevel(logging.ERROR)
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        if bars is None:
            del os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"]
        else:
            os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = bars


def _client(tracking_uri: str) -> MlflowClient:
    with _quiet():
        return MlflowClient(tracking_uri, registry_uri=tracking_uri)


def _ensure_registered(client: MlflowClient, name: str) -> None:
    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def champion(entity: str, tracking_uri: str, version: str | None = None) -> tuple[Model, Version] | None:
    """Return the champion of an entity (or the given version), or None where there is none yet."""
    name = model_name(entity)
    client = _client(tracking_uri)
    try:
        found = (
            client.get_model_version(name, version) if version else client.get_model_version_by_alias(name, CHAMPION)
        )
    except MlflowException as error:
        if error.error_code in {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}:
            return None
        raise
    with _quiet():
        uri = client.get_model_version_download_uri(name, found.version)
        folder = mlflow.artifacts.download_artifacts(artifact_uri=uri, tracking_uri=tracking_uri)
    return Model.load(_model_folder(Path(folder))), Version(name, str(found.version), str(found.run_id), not version)


def _model_folder(folder: Path) -> Path:
    found = sorted(folder.glob("artifacts/**/model.json"))
    if not found:
        raise ModelError(f"{folder}: the registered model has no model.json; train again with `tieout train`")
    return found[0].parent
