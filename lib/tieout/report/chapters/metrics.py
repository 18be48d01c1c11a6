"""Every metric by definition and team, with its wording and who decides about it."""

from __future__ import annotations

import pandas as pd

from tieout.report.facts import MetricFacts
from tieout.report.layout import text
from tieout.report.layout.blocks import Column, Note, Section, Table
from tieout.report.layout.frames import rows
from tieout.report.tables import Tables, small

METRICS = 200
METRIC_COLUMNS = [
    Column("label", "Metric"),
    Column("team", "Team"),
    Column("shown", "Value"),
    Column("members", "Customers", "count"),
    Column("wording", "What it means"),
    Column("owner", "Who decides"),
    Column("version", "Version", "count"),
]


def metric_facts(tables: Tables) -> MetricFacts:
    """Read `gold.metric`."""
    metric = tables.find("gold", "metric")
    return MetricFacts() if metric is None else MetricFacts(small(metric.orderBy("metric", "team"), METRICS))


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
