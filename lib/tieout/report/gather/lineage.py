"""Run, models and table versions behind the figures, and the seconds of each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from pyspark.sql import functions as F

from tieout.lakehouse.context import Context
from tieout.lakehouse.tables import Lakehouse
from tieout.report.facts import RunFacts
from tieout.report.gather.quality import gate_results
from tieout.report.tables import Tables, small

TABLES = 300


def run_facts(
    context: Context,
    tables: Tables,
    figures: Mapping[str, Any],
    models: Mapping[str, Mapping[str, Any]],
    of_run: str | None = None,
) -> RunFacts:
    """Describe the run from its record, its figures, the models in use and the tables' histories.

    `of_run` is the id of the run that is reported, where it is not the one under way.
    """
    run, config = context.run, context.config
    seconds = dict(figures.get("seconds") or {})
    return RunFacts(
        run_id=of_run or run.run_id,
        verb=run.verb,
        started_at=f"{run.started_at:%Y-%m-%d %H:%M} UTC",
        as_of=str(figures.get("as_of") or _as_of(tables)),
        currency=config.project.reporting_currency,
        systems=_systems(context, tables),
        models=model_rows(models),
        tables=table_versions(context.lake),
        steps=pd.DataFrame({"step": list(seconds), "seconds": list(seconds.values())}),
        gates=gate_results(tables),
    )


def model_rows(models: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Return `entity, name, version, alias` of models by entity; entities without a model are left out."""
    found = [{"entity": entity} | dict(one) for entity, one in models.items() if one]
    frame = pd.DataFrame(found, columns=["entity", "name", "version", "alias"])
    return frame.assign(version=[str(version) for version in frame["version"]])


def table_versions(lake: Lakehouse) -> pd.DataFrame:
    """Return `layer, table, version, changed_at` (UTC, as text) of every table."""
    found = [
        (layer, table, commit.version, f"{commit.at:%Y-%m-%d %H:%M}")
        for (layer, table), commit in sorted(lake.commits().items(), key=lambda one: one[0])
    ]
    return pd.DataFrame(found[:TABLES], columns=["layer", "table", "version", "changed_at"])


def _systems(context: Context, tables: Tables) -> dict[str, str]:
    kinds = {name: str(source.kind) for name, source in context.config.sources.items()}
    account = tables.find("silver", "account")
    if account is None:
        return {tables.titled(name): kind for name, kind in kinds.items()}
    present = small(account.select("source_system").distinct(), 50)["source_system"]
    return {tables.titled(name): kinds.get(name, "other") for name in sorted(present)}


def _as_of(tables: Tables) -> str:
    metric = tables.find("gold", "metric")
    if metric is None:
        return ""
    return str(small(metric.agg(F.max("as_of").cast("string").alias("as_of")), 1)["as_of"][0] or "")
