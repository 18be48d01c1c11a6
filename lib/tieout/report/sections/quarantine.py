"""What was rejected, by which rule, and what do such rows look like?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Chart, Column, Note, Section, Table
from tieout.report.facts import QuarantineFacts
from tieout.report.frames import by_size, first, floats, rows, total

RULE_COLUMNS = [
    Column("entity", "Entity"),
    Column("rule", "Rule"),
    Column("severity", "Severity", "status"),
    Column("reason", "Why it matters"),
    Column("rows", "Rows", "count"),
]
EXAMPLE_COLUMNS = [
    Column("rule", "Rule"),
    Column("source", "Where"),
    Column("source_id", "Record", "code"),
    Column("reason", "Why"),
    Column("raw", "The row as exported", "raw"),
]
RAW_WIDTH = 180


def section(facts: QuarantineFacts) -> Section:
    """Build the chapter from open quarantine by rule, with a few examples of each rule."""
    rejected = int(total(facts.rules, "rows"))
    if not rejected:
        nothing = Note("No row was rejected: everything that was read passed every rule.", "good")
        return Section("rejected", "What was rejected, and why", blocks=[nothing])
    lead = (
        "A row that breaks a rule is set aside, not dropped and not repaired in silence. It stays in "
        "quarantine with its rule until someone releases or discards it (tieout quarantine list)."
    )
    blocks = [_chart(facts.rules), *_examples(facts.examples)]
    return Section("rejected", "What was rejected, and why", [lead], blocks)


def rule_chart(rules: pd.DataFrame) -> go.Figure:
    """Draw rejected rows by rule, coloured by severity, most first."""
    ordered = by_size(rules, "rows").head(20)
    figure = go.Figure()
    for severity, group in ordered.groupby("severity", sort=False):
        figure.add_bar(
            y=[f"{text.plain(row['entity'])}: {text.plain(row['rule'], 44)}" for row in rows(group)],
            x=floats(group, "rows"), orientation="h", name=text.title(severity),
            marker_color=theme.SEVERITY.get(str(severity), theme.NEUTRAL),
            text=[text.count(value) for value in group["rows"]], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:,} rows<extra></extra>",
        )  # fmt: skip
    theme.style(figure, height=110 + 26 * len(ordered), margin={"l": 8, "r": 60, "t": 36, "b": 8})
    figure.update_yaxes(categoryorder="total ascending", showgrid=False)
    return figure.update_xaxes(tickformat=",d")


def _chart(rules: pd.DataFrame) -> Block:
    top = first(by_size(rules, "rows"))
    part = text.percent(text.share(top["rows"], total(rules, "rows")), 0)
    reading = f"The most frequent is “{top['rule']}” of {top['entity']}, with {part} of the rejected rows."
    table = Table("Rejected rows by rule", RULE_COLUMNS, rules)
    return Chart("Rejected rows by rule", rule_chart(rules), reading, table)


def _examples(examples: pd.DataFrame) -> list[Block]:
    if examples.empty:
        return []
    shown = examples.copy()
    shown["raw"] = [text.shorten(raw, RAW_WIDTH) for raw in shown["raw"]]
    return [Table("Examples, up to three of each rule", EXAMPLE_COLUMNS, shown)]
