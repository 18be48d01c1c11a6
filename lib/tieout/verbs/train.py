"""`tieout train`: learn, from silver alone, what makes two records the same; register it in MLflow."""

from __future__ import annotations

import argparse
import time
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.matching import MatchingConfig
from tieout.context import Context, open_context
from tieout.errors import SourceError, UsageError
from tieout.identity.records import records
from tieout.matching import engine, registry
from tieout.matching.model import Model
from tieout.matching.pyfunc import source_columns

HELP = "learn matching models from silver and register them in MLflow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that conf/matching/ has")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    with open_context(args, "train") as context:
        return train(context, args.entity.split(",") if args.entity else None, dry_run=args.dry_run)


def train(context: Context, entities: list[str] | None = None, *, dry_run: bool = False) -> dict[str, Any]:
    """Train each entity's model on the current silver records, and make it the champion.

    Returns, by entity, name, version and alias of the model, records, expected matches and seconds.
    An entity with fewer than two records is left out. Raises UsageError for an unknown entity.
    """
    figures: dict[str, Any] = {}
    for entity, config in chosen(context, entities).items():
        started = time.monotonic()
        if not context.lake.exists("silver", entity):
            continue
        try:
            prepared = engine.prepare(entity_records(context, config), config)
        except SourceError:
            continue
        model = engine.train(prepared)
        said = {"records": prepared.records, "expected_matches": round(model.parameters.matches)}
        prepared.release()
        if not dry_run:
            said |= _register(context, model).to_dict()
        figures[entity] = said | {"seconds": round(time.monotonic() - started, 1)}
        context.run.step("train", entity=entity, details=said, records=said["records"])
    return figures


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


def _register(context: Context, model: Model) -> registry.Version:
    tables = {f"silver.{model.config.entity}": str(context.lake.version("silver", model.config.entity))}
    return registry.register(
        model,
        tracking_uri=context.tracking_uri,
        experiment=context.config.project.mlflow.experiment,
        tags={"run_id": context.run.run_id} | {f"table.{name}": version for name, version in tables.items()},
    )


def champion(context: Context) -> bool:
    """Tell whether every entity that has records has a model in use."""
    return all(
        registry.champion(entity, context.tracking_uri) is not None
        for entity in context.config.matching
        if context.lake.exists("silver", entity)
    )
