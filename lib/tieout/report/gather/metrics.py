"""What do the metrics say, how much money is exposed, and which customers carry most of the risk?"""

from __future__ import annotations

from pyspark.sql import functions as F

from tieout.report.facts import MetricFacts, empty
from tieout.report.frames import rows
from tieout.report.gather.tables import Tables, small

RISK = "revenue_at_risk"
METRICS, AT_RISK = 200, 15
SUMS = ("revenue_at_risk", "overdue", "open_receivables", "open_pipeline", "contract_value", "arr")


def metric_facts(tables: Tables) -> MetricFacts:
    """Read `gold.metric`, and sums and the top of `gold.customer_360`."""
    metric, wide = tables.find("gold", "metric"), tables.find("gold", "customer_360")
    if metric is None:
        return MetricFacts()
    metrics = small(metric.orderBy("metric", "team"), METRICS)
    if wide is None:
        return MetricFacts(metrics)
    blocked = F.sum(F.when(F.col("credit_block"), F.col("open_receivables"))).alias("blocked")
    sums = [F.sum(name).alias(name) for name in SUMS if name in wide.columns]
    totals = rows(small(wide.agg(*sums, blocked), 1))[0]
    exposure = {name: float(value) for name, value in totals.items() if value is not None}
    if RISK not in wide.columns:
        return MetricFacts(metrics, exposure)
    at_risk = wide.where(F.col(RISK) > 0).orderBy(F.desc(RISK), "tieout_id")
    at_risk = at_risk.select(
        "tieout_id", "name", F.col(RISK).alias("value"), "overdue", "credit_block", "oldest_open_case_days"
    )
    return MetricFacts(metrics, exposure, small(at_risk, AT_RISK) if exposure else empty("name", "value"))
