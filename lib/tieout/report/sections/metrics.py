"""What do the defined metrics say, by team, and how much money is at risk?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Card, Cards, Chart, Column, Finding, Note, Section, Table
from tieout.report.facts import MetricFacts
from tieout.report.frames import by_size, first, floats, rows

METRIC_COLUMNS = [
    Column("label", "Metric"),
    Column("team", "Team"),
    Column("shown", "Value"),
    Column("members", "Customers", "count"),
    Column("wording", "What it means"),
    Column("owner", "Who decides"),
    Column("version", "Version", "count"),
]
EXPOSURE = {
    "revenue_at_risk": "Revenue at risk",
    "overdue": "Overdue",
    "open_receivables": "Open receivables",
    "over_limit": "Above credit limit",
    "blocked": "Open with credit block",
    "open_pipeline": "Open pipeline",
}


def section(facts: MetricFacts, currency: str) -> Section:
    """Build the chapter of all metrics, as of the date of the run."""
    if facts.metrics.empty:
        return Section("metrics", "Metrics by definition", blocks=[Note("No metric was published yet.")])
    lead = (
        f"{text.plural(len(set(facts.metrics['metric'])), 'metric')} in "
        f"{text.plural(len(facts.metrics), 'definition')}. Where several teams define the same metric, each "
        "has its own line, its own wording and someone who decides about it."
    )
    table = Table("Every metric, by team", METRIC_COLUMNS, with_written_values(facts.metrics, currency))
    return Section("metrics", "Metrics by definition", [lead], [table])


def risk_section(facts: MetricFacts, currency: str) -> Section:
    """Build the chapter of money at risk: totals and the customers with most of it."""
    if not facts.exposure and facts.at_risk.empty:
        return Section("risk", "Money at risk", blocks=[Note("No money was published, so none can be at risk.")])
    cards = [
        Card(label, text.money(facts.exposure[key], currency))
        for key, label in EXPOSURE.items()
        if facts.exposure.get(key) is not None
    ]
    blocks: list[Block] = [Cards(cards)] if cards else []
    if not facts.at_risk.empty:
        blocks.append(_at_risk(facts.at_risk, currency))
    lead = "What is owed and late, what is sold to customers on hold, and which customers carry most of it."
    return Section("risk", "Money at risk", [lead], blocks, _findings(facts, currency), cards[:1])


def with_written_values(metrics: pd.DataFrame, currency: str) -> pd.DataFrame:
    """Add `shown`, the value with its unit, and sort by metric and team."""
    shown = [write_value(row["value"], row["unit"], currency) for row in rows(metrics)]
    return metrics.assign(shown=shown).sort_values(["label", "team"], ignore_index=True)


def write_value(value: object, unit: object, currency: str) -> str:
    """Write a metric's value by its unit: customers, money, percent, count or days."""
    found = text.number(value)
    if found is None:
        return text.NOTHING
    if unit == "money":
        return text.money(found, currency)
    if unit == "percent":
        return f"{found:,.1f} %"
    if unit == "days":
        return f"{found:,.0f} days"
    return text.count(found)


def risk_chart(at_risk: pd.DataFrame, currency: str) -> go.Figure:
    """Draw the customers with most revenue at risk (`name, value`)."""
    shown = by_size(at_risk, "value").head(15)
    figure = go.Figure(
        go.Bar(
            y=_distinct(text.plains(shown["name"].tolist(), 40)),
            x=floats(shown, "value"),
            orientation="h",
            marker_color=theme.BAD,
            text=[text.money(value, currency) for value in shown["value"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,.0f} " + currency + "<extra></extra>",
        )  # fmt: skip
    )
    theme.style(figure, height=60 + 27 * len(shown), margin={"l": 8, "r": 80, "t": 12, "b": 8})
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _distinct(labels: list[str]) -> list[str]:
    # Two customers of one name would share a bar; a zero-width space keeps them apart.
    seen: dict[str, int] = {}
    found = []
    for label in labels:
        seen[label] = seen.get(label, 0) + 1
        found.append(label + "\u200b" * (seen[label] - 1))
    return found


def _at_risk(at_risk: pd.DataFrame, currency: str) -> Block:
    top = first(by_size(at_risk, "value"))
    reading = f"{top['name']} carries the most: {text.money(top['value'], currency)}."
    columns = [
        Column("name", "Customer"),
        Column("value", f"At risk, {currency}", "amount"),
        Column("tieout_id", "Tieout id", "code"),
    ]
    table = Table("Customers with most revenue at risk", columns, by_size(at_risk, "value"))
    return Chart("Revenue at risk by customer", risk_chart(at_risk, currency), reading, table)


def _findings(facts: MetricFacts, currency: str) -> list[Finding]:
    risk, overdue = facts.exposure.get("revenue_at_risk"), facts.exposure.get("overdue")
    if risk is None and overdue is None:
        return []
    main = risk if risk is not None else overdue
    word = "of revenue is at risk" if risk is not None else "is overdue"
    rest = f"{text.money(overdue, currency)} is overdue." if risk is not None and overdue is not None else ""
    return [Finding(f"{text.money(main, currency)} {word}.", rest, "bad" if main else "good")]
