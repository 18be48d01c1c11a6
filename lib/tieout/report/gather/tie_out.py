"""CRM money against ERP money, by quarter and by reason."""

from __future__ import annotations

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report import text
from tieout.report.chapters.worklist import named, reason_words
from tieout.report.facts import TieOutFacts
from tieout.report.frames import rows
from tieout.report.tables import Tables, small

STAGES = ("crm_amount", "ordered", "invoiced", "paid", "not_due", "difference")
QUARTERS, SHOWN = 24, 8


def tie_out_facts(tables: Tables, config: Config, reasons: pd.DataFrame) -> TieOutFacts:
    """Read `gold.tie_out` and, for reasons by quarter, `gold.tie_out_line`; `reasons` are those of `work_facts`."""
    table = tables.find("gold", "tie_out")
    if table is None:
        return TieOutFacts()
    lines = tables.find("gold", "tie_out_line")
    lines = table if lines is None else lines
    quarters = small(by_quarter(table).orderBy(F.desc("period")), QUARTERS)
    quarters = quarters.sort_values("period", ignore_index=True)
    known = reason_words(config)
    shown = list(quarters["period"])[-SHOWN:]
    by_period = named(small(by_quarter_and_reason(lines, shown)), known)
    whole = table.agg(*_sums(), _count("tied"), _count("differing"), F.count_distinct("period").alias("quarters"))
    totals = {name: text.number(value) or 0.0 for name, value in rows(small(whole, 1))[0].items()}
    return TieOutFacts(quarters, reasons, by_period, totals)


def by_quarter(table: DataFrame) -> DataFrame:
    """Return `period`, the sums of each stage, and how many customers tie and differ."""
    return table.groupBy("period").agg(*_sums(), _count("tied"), _count("differing"))


def by_quarter_and_reason(lines: DataFrame, periods: list[str]) -> DataFrame:
    """Return `period, reason, difference` for the given quarters."""
    differing = lines.where("status = 'differing'").where(F.col("period").isin(periods))
    grouped = differing.groupBy("period", F.col("reason_code").alias("reason"))
    return grouped.agg(F.sum("difference").alias("difference"))


def _sums() -> list[Column]:
    return [F.sum(name).alias("crm" if name == "crm_amount" else name) for name in STAGES]


def _count(status: str) -> Column:
    return F.sum((F.col("status") == status).cast("int")).alias(status)
