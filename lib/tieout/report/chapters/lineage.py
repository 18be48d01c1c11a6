"""How a report was made: run, model versions, table versions, seconds by step, gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.lakehouse.context import Context
from tieout.lakehouse.tables import Lakehouse
from tieout.report.facts import RunFacts, empty
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Chart, Column, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.tables import Tables, small

ENTITIES = 100
COLUMNS = ("entity", "passed", "failed", "state")
TABLES = 300
STEP_COLUMNS = [Column("step", "Step"), Column("seconds", "Took", "seconds")]
MODEL_COLUMNS = [
    Column("entity", "Entity"),
    Column("name", "Model", "code"),
    Column("version", "Version"),
    Column("alias", "Alias"),
]
GATE_COLUMNS = [
    Column("entity", "Entity"),
    Column("passed", "Rules passed", "count"),
    Column("failed", "Rules with failing rows", "count"),
    Column("state", "Gate", "status"),
]
GATE_PAGES = (
    "Great Expectations' own pages show each rule of the newest runs. They are in a folder beside this page, and take "
    "styles and scripts from a network."
)
TABLE_COLUMNS = [
    Column("table", "Table", "code"),
    Column("version", "Version", "count"),
    Column("changed_at", "Written"),
]


def gate_results(tables: Tables) -> pd.DataFrame:
    """Read `silver.quality_result`: `entity, passed, failed` (rules) and `state` of each newest gate.

    `state` is passed, warned (rules with failing rows, which went to quarantine or were let through)
    or stopped (a rule that stops the run failed).
    """
    table = tables.find("silver", "quality_result")
    return empty(*COLUMNS) if table is None else small(by_entity(newest(table)), ENTITIES)


def newest(results: DataFrame) -> DataFrame:
    """Return the results of the newest run of each entity's gate."""
    latest = Window.partitionBy("entity").orderBy(F.desc("at"))
    ranked = results.withColumn("_run", F.first("run_id").over(latest))
    return ranked.where("run_id = _run").drop("_run")


def by_entity(results: DataFrame) -> DataFrame:
    """Return `entity, passed, failed, state` from results with `entity, success, on_fail`."""
    failed = ~F.col("success")
    counted = results.groupBy("entity").agg(
        F.count_if(F.col("success")).alias("passed"),
        F.count_if(failed).alias("failed"),
        F.count_if(failed & (F.col("on_fail") == "stop")).alias("_stopping"),
    )
    state = F.when(F.col("_stopping") > 0, "stopped").when(F.col("failed") > 0, "warned").otherwise("passed")
    return counted.select("entity", "passed", "failed", state.alias("state")).orderBy("entity")


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


def section(facts: RunFacts) -> Section:
    """Build the chapter for the data engineer."""
    started = f" by {facts.user} at {facts.started_at}" if facts.user else ""
    lead = (
        f"Run {facts.run_id or '(not recorded)'} was started{started}. The same input, config and model "
        "version give the same tables; the versions below bring back exactly what this report was made from."
    )
    blocks: list[Block] = []
    if not facts.steps.empty:
        blocks.append(_steps(facts.steps))
    if not facts.gates.empty:
        blocks.append(Table("Quality gates", GATE_COLUMNS, facts.gates))
    if facts.gate_pages:
        blocks.append(Note(GATE_PAGES, link=facts.gate_pages))
    if not facts.models.empty:
        blocks.append(Table("Matching models", MODEL_COLUMNS, facts.models))
    if not facts.tables.empty:
        names = [f"{row['layer']}.{row['table']}" for row in rows(facts.tables)]
        blocks.append(Table("Table versions", TABLE_COLUMNS, facts.tables.assign(table=names), shown=12))
    return Section("lineage", "How this was made", [lead], blocks)


def step_chart(steps: pd.DataFrame) -> go.Figure:
    """Draw seconds by step, in the order of the run (`step, seconds`)."""
    figure = go.Figure(
        go.Bar(
            y=text.plains(steps["step"].tolist(), 36),
            x=floats(steps, "seconds"),
            orientation="h",
            marker_color=theme.NEUTRAL,
            text=[text.seconds(value) for value in steps["seconds"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:.1f} s<extra></extra>",
        )  # fmt: skip
    )
    theme.style(figure, height=60 + 26 * len(steps), margin={"l": 8, "r": 80, "t": 12, "b": 8})
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _steps(steps: pd.DataFrame) -> Block:
    took = text.seconds(total(steps, "seconds"))
    slowest = first(by_size(steps, "seconds"))
    reading = f"The run took {took}; the longest step, {slowest['step']}, {text.seconds(slowest['seconds'])}."
    return Chart("Time by step", step_chart(steps), reading, Table("Seconds by step", STEP_COLUMNS, steps))
