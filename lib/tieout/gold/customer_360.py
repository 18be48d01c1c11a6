"""Customer 360: one wide row a customer.

What a definition names as its `column` is that metric's value for the customer; the rest is counted
here from the documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.definitions import Definition
from tieout.gold.documents.money import MONEY
from tieout.gold.records import TIEOUT_ID
from tieout.platform.rows import stacked

SUMS = ("ordered", "invoiced", "paid")
COUNTS = ("open_cases", "contacts")
PROFILE = ("name", "country", "industry", "account_type", "systems", "record_count", "confidence")


def customer_360(
    customer: DataFrame,
    facts: Mapping[str, DataFrame],
    contact: DataFrame,
    members: DataFrame,
    definitions: Iterable[Definition],
    as_of: date,
) -> DataFrame:
    """Return one row per golden customer; all money in the reporting currency (decimal(18,2)).

    Needs gold customer and contact, the facts (see `facts`) and `metric_members`. Returns
    `tieout_id, name, country, industry, account_type, systems, record_count, confidence,
    credit_limit, credit_block, ordered, invoiced, paid` (without tax), `open_cases, contacts,
    oldest_open_case_at, oldest_open_case_days, last_invoice_date, next_close_date` and a column for
    each definition that names one: boolean for customers, decimal(18,2) for money, decimal(18,4) for
    percent, int for the rest.
    """
    columns = [one for one in definitions if one.column is not None]
    parts = [*_activity(facts, contact, as_of), _metric_columns(members, columns)]
    long = stacked(parts)
    wide = long.where(F.col(TIEOUT_ID).isNotNull()).groupBy(TIEOUT_ID).agg(*_totals(columns))
    profile = customer.select(
        TIEOUT_ID,
        *PROFILE,
        F.col("reporting_credit_limit").alias("credit_limit"),
        F.coalesce("credit_block", F.lit(False)).alias("credit_block"),
    )
    joined = profile.join(wide, TIEOUT_ID, "left").withColumns(_defaults(columns))
    days = F.datediff(F.lit(as_of), F.col("oldest_open_case_at").cast("date"))
    return joined.withColumn("oldest_open_case_days", days)


def _activity(facts: Mapping[str, DataFrame], contact: DataFrame, as_of: date) -> list[DataFrame]:
    counted = F.col("counted")
    upcoming = (F.col("status") == "open") & (F.col("close_date") >= F.lit(as_of))
    return [
        facts["opportunity"].where(upcoming).select(TIEOUT_ID, F.col("close_date").alias("next_close_date")),
        facts["sales_order"].where(counted).select(TIEOUT_ID, _reporting("net_amount", "ordered")),
        facts["invoice"].where(counted).select(
            TIEOUT_ID, _reporting("net_amount", "invoiced"), F.col("invoice_date").alias("last_invoice_date")
        ),
        facts["payment"].where(counted).select(TIEOUT_ID, _reporting("net_paid", "paid")),
        facts["support_case"].where(~F.coalesce("is_closed", F.lit(False))).select(
            TIEOUT_ID, F.lit(1).alias("open_cases"), F.col("opened_at").alias("oldest_open_case_at")
        ),
        contact.select(F.col("customer_id").alias(TIEOUT_ID), F.lit(1).alias("contacts")),
    ]  # fmt: skip


def _reporting(amount: str, name: str) -> Column:
    return F.col(f"reporting_{amount}").alias(name)


def _metric_columns(members: DataFrame, columns: list[Definition]) -> DataFrame:
    """Spread the members of the definitions that name a column: one column each, null elsewhere."""
    value = {
        one.column: F.when((F.col("metric") == one.name) & (F.col("team") == one.team), _typed(one)).alias(
            str(one.column)
        )
        for one in columns
    }
    names = [one.name for one in columns]
    return members.where(F.col("metric").isin(names)).select(TIEOUT_ID, *value.values())


def _typed(definition: Definition) -> Column:
    value = F.col("value")
    if definition.how == "ratio":
        value = F.try_divide(value, F.col("weight"))
    if definition.unit == "customers":
        return F.lit(True)
    return value.cast({"money": MONEY, "percent": "decimal(18,4)"}.get(definition.unit, "int"))


def _totals(columns: list[Definition]) -> list[Column]:
    return [
        *[F.sum(name).cast(MONEY).alias(name) for name in SUMS],
        *[F.sum(name).cast("int").alias(name) for name in COUNTS],
        F.min("oldest_open_case_at").alias("oldest_open_case_at"),
        F.max("last_invoice_date").alias("last_invoice_date"),
        F.min("next_close_date").alias("next_close_date"),
        *[F.max(str(one.column)).alias(str(one.column)) for one in columns],
    ]


def _defaults(columns: list[Definition]) -> dict[str, Column]:
    """Nothing counted is 0 or false; a percentage of nothing stays null."""
    zero = {name: F.coalesce(name, F.lit(0).cast(MONEY)) for name in SUMS}
    zero |= {name: F.coalesce(name, F.lit(0)) for name in COUNTS}
    for one in columns:
        name = str(one.column)
        if one.unit == "customers":
            zero[name] = F.coalesce(name, F.lit(False))
        elif one.unit == "money":
            zero[name] = F.coalesce(name, F.lit(0).cast(MONEY))
    return zero
