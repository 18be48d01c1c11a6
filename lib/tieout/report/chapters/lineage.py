"""How a report was made: run, model versions, table versions, seconds by step, gates."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Chart, Column, Section, Table
from tieout.report.facts import RunFacts
from tieout.report.frames import by_size, first, floats, rows, total

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
TABLE_COLUMNS = [
    Column("table", "Table", "code"),
    Column("version", "Version", "count"),
    Column("changed_at", "Written"),
]


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
