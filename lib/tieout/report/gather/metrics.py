"""Every metric that was published, by definition and team."""

from __future__ import annotations

from tieout.report.facts import MetricFacts
from tieout.report.tables import Tables, small

METRICS = 200


def metric_facts(tables: Tables) -> MetricFacts:
    """Read `gold.metric`."""
    metric = tables.find("gold", "metric")
    return MetricFacts() if metric is None else MetricFacts(small(metric.orderBy("metric", "team"), METRICS))
