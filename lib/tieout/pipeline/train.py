"""Training: what makes two records the same, learned from silver alone and registered in MLflow."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ModelError, SourceError, UsageError
from tieout.identity.decisions import between
from tieout.identity.records import records
from tieout.identity.tables import MatchTables
from tieout.lakehouse.context import AT_A_TIME, Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.matching import engine
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.engine import Training
from tieout.matching.model import Model
from tieout.matching.tracking import registry
from tieout.matching.training.compare_models import compare_models
from tieout.matching.training.labels import labelled_pairs
from tieout.pipeline.training_files import training_files
from tieout.platform.session import local_path

IGNORED = ("sources", "entities", "quality", "survivorship", "definitions")


def train(
    context: Context, entities: list[str] | None = None, *, dry_run: bool = False, promote: bool = False
) -> dict[str, Any]:
    """Train each entity's model on the current silver records and the stewards' answers.

    The first model is the champion; a later one replaces it when it is no worse, or when `promote` says
    so, and otherwise waits under the alias `challenger`. Returns, by entity, name, version and alias of
    the model, records, expected matches, the comparison with the champion, and seconds. An entity with
    fewer than two records is left out. Raises UsageError for an unknown entity.
    """
    configs = chosen(context, entities)
    with ThreadPoolExecutor(1) as aside, ThreadPoolExecutor(AT_A_TIME) as pool:
        # MLflow makes its tables while Spark reads records.
        store = None if dry_run else aside.submit(registry.prepare, context.tracking_uri)
        done = {name: pool.submit(_train_one, context, config, dry_run, promote) for name, config in configs.items()}
        if store is not None:
            store.result()
    figures = {entity: said for entity, future in done.items() if (said := future.result())}
    for entity, said in figures.items():
        details = {name: value for name, value in said.items() if name != "seconds"}
        context.run.step("train", entity=entity, details=details, seconds=said["seconds"], records=said["records"])
    return figures


def train_where_needed(context: Context, *, retrain: bool = False, full: bool = False) -> dict[str, Any]:
    """Train where there is no champion, or with `retrain` where something has changed; return what `train` does.

    Nothing is looked at where silver, decisions, config and champions are as the last finished run left them.
    """
    needed = lambda inner: train(inner) if retrain or not champion(inner) else {}  # noqa: E731
    return run_step(context, step(context, retrain), needed, full=full, repeat=lambda _: {})


def step(context: Context, retrain: bool = False) -> Step:
    """Return what the training of a run depends on, and leaves: the champions."""
    return Step(
        "train",
        ignores=IGNORED,
        arguments={"retrain": retrain},
        leaves=lambda: registry.versions_in_use(context.config.matching, context.tracking_uri),
    )


def _train_one(context: Context, config: MatchingConfig, dry_run: bool, promote: bool) -> dict[str, Any] | None:
    started = time.monotonic()
    if not context.lake.exists("silver", config.entity):
        return None
    context.progress.now(config.entity)
    records = entity_records(context, config)
    labelled = _labelled(context, records, config)
    try:
        prepared = engine.prepare(records, config)
    except SourceError:
        return None
    try:
        compared = engine.compare(prepared, config.training.candidate_pairs)
        trained = engine.fit(compared, None if labelled is None else labelled[~labelled["tested"]])
    except SourceError:
        return None
    finally:
        prepared.release()
    said: dict[str, Any] = {
        "records": prepared.records, "expected_matches": round(trained.model.parameters.matches),
    }  # fmt: skip
    if labelled is not None:
        said["labels"] = len(labelled)
    if not dry_run:
        with registry.MLFLOW:
            said |= _register(context, trained, records, labelled, promote, started)
    return said | {"seconds": round(time.monotonic() - started, 1)}


def chosen(context: Context, entities: list[str] | None) -> dict[str, MatchingConfig]:
    """Return the matching configs to work on. Raises UsageError for an entity without one."""
    configs = context.config.matching
    for entity in entities or []:
        if entity not in configs:
            raise UsageError(f"--entity {entity}: no conf/matching/{entity}.yml; there are {', '.join(configs)}")
    return {entity: configs[entity] for entity in entities or list(configs)}


def entity_records(context: Context, config: MatchingConfig) -> DataFrame:
    """Return an entity's current silver records with the columns that matching reads."""
    return records(context.lake.read("silver", config.entity), config.entity, source_columns(config))


def _labelled(context: Context, records: DataFrame, config: MatchingConfig) -> pd.DataFrame | None:
    """Return the pairs that stewards have answered, as the model reads pairs; None without any."""
    decisions = MatchTables(context.lake, context.run.run_id).decisions(config.entity, labels=True)
    if decisions is None:
        return None
    found = labelled_pairs(records, between(decisions, records), config)
    return found if len(found) else None


def _register(
    context: Context,
    trained: Training,
    records: DataFrame,
    labelled: pd.DataFrame | None,
    promote: bool,
    started: float,
) -> dict[str, Any]:
    """Register the model beside the champion and return what became of it."""
    entity = trained.model.config.entity
    metrics = trained.metrics()
    metrics |= {f"blocking_pairs/{rule}": float(pairs) for rule, pairs in trained.pairs_by_rule().items()}
    in_use = _in_use(entity, context.tracking_uri)
    said: dict[str, Any] = {}
    if in_use is not None:
        tested = None if labelled is None else labelled[labelled["tested"]]
        found = compare_models(in_use[0], trained, tested)
        said["comparison"] = {"with_version": in_use[1].version} | found.to_dict()
        promote = promote or found.no_worse
        bits = {"champion": found.champion, "challenger": found.challenger}
        metrics |= {f"comparison.{name}_bits": value for name, value in bits.items() if value is not None}
    table = _table(context, trained, records)
    version = registry.register(
        trained.model,
        tracking_uri=context.tracking_uri,
        experiment=context.config.project.mlflow.experiment,
        metrics=metrics | {"seconds": time.monotonic() - started},
        artifacts=training_files(trained, said.get("comparison")),
        promote=promote or in_use is None,
        tags={"run_id": context.run.run_id, f"table.{table.name}": str(table.version)},
        tables=[table],
        labels=0 if labelled is None else len(labelled),
        seconds=time.monotonic() - started,
    )
    return said | version.to_dict()


def _table(context: Context, trained: Training, records: DataFrame) -> registry.Table:
    """Return the table that a model was trained on, with the columns that were read."""
    entity, lake = trained.model.config.entity, context.lake
    location = lake.path("silver", entity)
    if lake.is_local:
        location = str(Path(local_path(location)).absolute())
    rows, columns = trained.model.frequencies.records, dict(records.dtypes)
    return registry.Table(f"silver.{entity}", location, lake.version("silver", entity), rows, columns)


def _in_use(entity: str, tracking_uri: str) -> tuple[Model, registry.Version] | None:
    """Return the champion; None where there is none, or one that this version can no longer read."""
    try:
        return registry.champion(entity, tracking_uri)
    except ModelError:
        return None


def champion(context: Context) -> bool:
    """Tell whether every entity that has records has a model in use."""
    return all(
        _in_use(entity, context.tracking_uri) is not None
        for entity in context.config.matching
        if context.lake.exists("silver", entity)
    )
