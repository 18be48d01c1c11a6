"""Where does CRM money differ from ERP money, by quarter, by reason and by customer?"""

from __future__ import annotations

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report.facts import TieOutFacts
from tieout.report.gather.tables import Tables, small

STAGES = ("crm_amount", "ordered", "invoiced", "paid", "not_due", "difference")
QUARTERS, REASONS, LARGEST = 24, 40, 20
NOBODY = "(no known customer)"


def tie_out_facts(tables: Tables, config: Config) -> TieOutFacts:
    """Read `gold.tie_out` and, for reasons, `gold.tie_out_line`; names come from `gold.customer`."""
    table = tables.find("gold", "tie_out")
    if table is None:
        return TieOutFacts()
    lines = tables.find("gold", "tie_out_line")
    lines = table if lines is None else lines
    quarters = small(by_quarter(table).orderBy(F.desc("period")), QUARTERS)
    quarters = quarters.sort_values("period", ignore_index=True)
    reasons = small(by_reason(lines), REASONS).merge(_wordings(config), on="reason", how="left")
    customer = tables.find("gold", "customer")
    named = _with_names(table, customer)
    return TieOutFacts(
        quarters,
        reasons,
        small(by_quarter_and_reason(lines, list(quarters["period"]))),
        small(largest(named), LARGEST),
    )


def by_quarter(table: DataFrame) -> DataFrame:
    """Return `period`, the sums of each stage, and how many customers tie and differ."""
    return table.groupBy("period").agg(*_sums(), _count("tied"), _count("differing"))


def by_reason(lines: DataFrame) -> DataFrame:
    """Return `reason, rows, customers, difference, to_invoice, to_cash` of what differs.

    `to_invoice` is won less invoiced; `to_cash` is invoiced less paid less not due yet.
    """
    grouped = lines.where("status = 'differing'").groupBy(F.col("reason_code").alias("reason"))
    return grouped.agg(
        F.count("*").alias("rows"),
        F.approx_count_distinct("tieout_id").alias("customers"),
        F.sum("difference").alias("difference"),
        F.sum(F.col("crm_amount") - F.col("invoiced")).alias("to_invoice"),
        F.sum(F.col("invoiced") - F.col("paid") - F.col("not_due")).alias("to_cash"),
    ).orderBy(F.desc(F.abs("difference")))


def by_quarter_and_reason(lines: DataFrame, periods: list[str]) -> DataFrame:
    """Return `period, reason, difference` for the given quarters."""
    differing = lines.where("status = 'differing'").where(F.col("period").isin(periods))
    grouped = differing.groupBy("period", F.col("reason_code").alias("reason"))
    return grouped.agg(F.sum("difference").alias("difference"))


def largest(named: DataFrame) -> DataFrame:
    """Return the rows that differ most, with the customer's name."""
    return (
        named.where("status = 'differing'")
        .orderBy(F.desc(F.abs("difference")), "tieout_id", "period")
        .select(
            "tieout_id",
            "name",
            "period",
            F.col("crm_amount").alias("crm"),
            "ordered",
            "invoiced",
            "paid",
            "difference",
            F.col("reason_code").alias("reason"),
        )
    )


def _with_names(table: DataFrame, customer: DataFrame | None) -> DataFrame:
    if customer is None:
        return table.withColumn("name", F.col("tieout_id"))
    named = table.join(customer.select("tieout_id", "name"), "tieout_id", "left")
    return named.withColumn("name", F.coalesce("name", F.lit(NOBODY)))


def _sums() -> list[Column]:
    return [F.sum(name).alias("crm" if name == "crm_amount" else name) for name in STAGES]


def _count(status: str) -> Column:
    return F.sum((F.col("status") == status).cast("int")).alias(status)


def _wordings(config: Config) -> pd.DataFrame:
    # Several rules may share a code; each keeps its wording.
    found: dict[str, tuple[list[str], list[str]]] = {}
    for file in config.definitions.values():
        for reason in file.tie_out.reasons if file.tie_out else []:
            wordings, owners = found.setdefault(reason.code, ([], []))
            wordings.append(reason.wording)
            owners.append(reason.owner)
    rows = [(code, " Or: ".join(w), ", ".join(dict.fromkeys(o))) for code, (w, o) in found.items()]
    return pd.DataFrame(rows, columns=["reason", "wording", "owner"])
