"""Published identities, and reasons of the tie-out, measured against known truth."""

from __future__ import annotations

import sys
from typing import Any

from mlflow.exceptions import MlflowException
from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from sqlalchemy.exc import SQLAlchemyError

from tieout.bronze.files import look_of
from tieout.config.models.definitions import merge
from tieout.errors import ModelError, UsageError
from tieout.gold.tie_out import deal_reasons, reason_figures
from tieout.gold.tie_out.evaluation import TRUTH_COLUMNS
from tieout.identity.evaluation.published import evaluate_entity
from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.matching.tracking import registry
from tieout.platform.connect import analysed

IGNORED = ("sources", "entities", "quality", "survivorship")
COLUMNS = ("source_system", "source_id", "true_id")
TIE_OUT = "tie_out"
STORIES = 500
RATIOS = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece", "blocking_recall")


def evaluate(
    context: Context, truth_uri: str, entities: list[str] | None = None, *, log: bool = True, full: bool = False
) -> dict[str, Any]:
    """Measure the crosswalk against the truth in `<truth_uri>/<entity>/*.csv`.

    Repeats the figures of the last finished run where nothing has changed since, unless `full`.
    Returns the figures of `evaluate_entity` by entity and, where there is `<truth_uri>/tie_out/*.csv` and
    no entities are named, those of `reason_figures` as `tie_out`. With `log`, MLflow shows the figures of an
    entity on the model version that resolved its records. Raises UsageError when nothing was resolved yet,
    or when the truth has no file for any entity, lacks a column or knows none of the records.
    """
    if not log:
        return _evaluate(context, truth_uri, entities, log)
    measured = step(context, truth_uri, entities)
    return run_step(context, measured, lambda inner: _evaluate(inner, truth_uri, entities, log), full=full)


def step(context: Context, truth_uri: str, entities: list[str] | None = None) -> Step:
    """Return what the step depends on: also the files of truth, by sizes and times."""
    return Step(
        "evaluate",
        ignores=IGNORED,
        arguments={"truth": truth_uri, "entities": entities},
        inputs=lambda: {"truth": look_of(context.spark, truth_uri)},
    )


def _evaluate(context: Context, truth_uri: str, entities: list[str] | None, log: bool) -> dict[str, Any]:
    lake = context.lake
    if not lake.exists("match", "crosswalk"):
        raise UsageError("There is no match.crosswalk yet: run `tieout resolve` (or `tieout run`) first.")
    crosswalk, pairs = lake.read("match", "crosswalk"), lake.read("match", "pair")
    figures: dict[str, Any] = {}
    for entity in entities or list(context.config.matching):
        truth = read_truth(context, truth_uri, entity, alone=entities is not None and len(entities) == 1)
        if truth is None:
            continue
        mine = F.col("entity") == entity
        figures[entity] = evaluate_entity(crosswalk.where(mine), pairs.where(mine), truth, entity)
        _check(figures[entity], entity, truth_uri)
        counts = {name: value for name, value in figures[entity].items() if isinstance(value, int)}
        ratios = {name: figures[entity][name] for name in RATIOS}
        context.run.step("evaluate", entity=entity, details=ratios, **counts)  # type: ignore[arg-type]
        if log:
            _log(context, entity, figures[entity], pairs.where(mine))
    if not figures:
        wanted = ", ".join(f"{entity}/*.csv" for entity in entities or context.config.matching)
        raise UsageError(f"--truth {truth_uri}: no {wanted} there")
    reasons = {} if entities else evaluate_reasons(context, truth_uri)
    return figures | ({TIE_OUT: reasons} if reasons else {})


def evaluate_reasons(context: Context, truth_uri: str) -> dict[str, Any]:
    """Measure the tie-out's reasons against `<truth_uri>/tie_out/*.csv` (`deal, story, reasons`).

    Returns `reason_figures`; nothing where there is no such truth, no tie-out or no deal.
    """
    lake, rules = context.lake, merge(context.config.definitions.values()).tie_out
    tables = [("gold", "tie_out_line"), ("silver", "opportunity")]
    if rules is None or not all(lake.exists(*table) for table in tables):
        return {}
    try:
        truth = analysed(context.spark.read.csv(f"{truth_uri.rstrip('/')}/{TIE_OUT}", header=True))
    except AnalysisException:
        return {}
    if not set(TRUTH_COLUMNS) <= set(truth.columns):
        return {}
    lines, deals = (lake.read(*table) for table in tables)
    won = deals.where("status = 'won' AND NOT coalesce(_deleted, false)")
    # Bounded: stories times reasons.
    found = deal_reasons(lines, won, truth, rules.deal_keys).limit(STORIES).collect()
    if not found:
        return {}
    figures = reason_figures(row.asDict() for row in found)
    counts = {name: figures[name] for name in ("deals", "right", "planted", "planted_right")}
    context.run.step("evaluate", object=TIE_OUT, details={"by_reason": figures["by_reason"]}, **counts)
    return figures


def _log(context: Context, entity: str, figures: dict[str, Any], pairs: DataFrame) -> None:
    """Add the figures to the version that scored the pairs. Figures do not fail because MLflow is away."""
    used = pairs.select("model_version").first()
    if used is None:
        return
    try:
        registry.log_accuracy(entity, context.tracking_uri, figures, used["model_version"])
    except (ModelError, MlflowException, SQLAlchemyError, OSError) as error:
        said = str(error).partition("\n")[0]
        sys.stderr.write(f"The accuracy of {entity} is not in MLflow: {said}\n")


def read_truth(context: Context, uri: str, entity: str, alone: bool) -> DataFrame | None:
    """Return the truth of one entity as text columns; None where there is no file.

    With `alone`, `uri` may be the file itself. Raises UsageError for missing columns.
    """
    place = uri if alone and uri.endswith(".csv") else f"{uri.rstrip('/')}/{entity}"
    try:
        truth = analysed(context.spark.read.csv(place, header=True))
    except AnalysisException:
        return None
    missing = [name for name in COLUMNS if name not in truth.columns]
    if missing:
        found = ", ".join(truth.columns)
        raise UsageError(f"{place}: no column {', '.join(missing)}; found {found}; want {', '.join(COLUMNS)}")
    return truth.select(*COLUMNS)


def _check(figures: dict[str, Any], entity: str, uri: str) -> None:
    if figures["records"] == 0:
        coverage = figures["coverage"]
        raise UsageError(
            f"--truth {uri}: none of its {coverage['only_in_truth']:,} {entity} records is among the "
            f"{coverage['only_in_crosswalk']:,} in match.crosswalk; compare source_system and source_id"
        )
