"""Money at risk: receivables by age, and which customers may leave, by which sign."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.models.definitions import merge
from tieout.errors import ConfigError, UsageError
from tieout.gold.build import named_facts
from tieout.gold.inputs import read_inputs
from tieout.gold.questions import answer
from tieout.gold.views import Views, mentions
from tieout.lakehouse.context import Context
from tieout.report.facts import RiskFacts
from tieout.report.layout import text
from tieout.report.layout.blocks import Block, Card, Cards, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.tables import Tables, small

RISK = "revenue_at_risk"
AGES = "receivables_by_age"
AT_RISK, SIGNS, SHOWN, BUCKETS = 100, 40, 15, 24
SUMS = ("revenue_at_risk", "overdue", "open_receivables", "open_pipeline", "contract_value", "arr")
DETAILS = ("overdue", "open_receivables", "credit_block", "oldest_open_case_days")
EXPOSURE = {
    "revenue_at_risk": "Revenue at risk",
    "overdue": "Overdue",
    "open_receivables": "Open receivables",
    "over_limit": "Above credit limit",
    "blocked": "Open with credit block",
    "open_pipeline": "Open pipeline",
}
AGE_COLUMNS = [
    Column("age", "Age"),
    Column("amount", "Open, with tax", "amount_bar"),
    Column("part", "Share", "percent"),
    Column("customers", "Customers", "count"),
    Column("items", "Open items", "count"),
]
SIGN_COLUMNS = [
    Column("sign", "Sign"),
    Column("value", "Revenue at risk", "amount_bar"),
    Column("customers", "Customers", "count"),
]


def risk_facts(context: Context, tables: Tables) -> RiskFacts:
    """Read `gold.customer_360`, the signs in `gold.metric_member`, and the question `receivables_by_age`."""
    wide = tables.find("gold", "customer_360")
    if wide is None:
        return RiskFacts()
    blocked = F.sum(F.when(F.col("credit_block"), F.col("open_receivables"))).alias("blocked")
    sums = [F.sum(name).alias(name) for name in SUMS if name in wide.columns]
    totals = rows(small(wide.agg(*sums, blocked), 1))[0]
    exposure = {name: float(value) for name, value in totals.items() if text.number(value) is not None}
    facts = RiskFacts(exposure=exposure, ages=_ages(context, tables))
    if RISK not in wide.columns:
        return facts
    members = _signed(tables.find("gold", "metric_member"))
    found = wide.where(F.col(RISK) > 0)
    count = int(rows(small(found.agg(F.count("*").alias("count")), 1))[0]["count"])
    signs = facts.signs if members is None else small(by_sign(members), SIGNS)
    return RiskFacts(exposure, small(at_risk(found, members), AT_RISK), count, signs, facts.ages)


def at_risk(found: DataFrame, members: DataFrame | None) -> DataFrame:
    """Return `tieout_id, name, value, why` (array of signs) and details, most revenue at risk first."""
    picked = found.select("tieout_id", "name", F.col(RISK).alias("value"), *[n for n in DETAILS if n in found.columns])
    if members is None:
        picked = picked.withColumn("why", F.array().cast("array<string>"))
    else:
        picked = picked.join(members.select("tieout_id", "why"), "tieout_id", "left")
    return picked.orderBy(F.desc("value"), "tieout_id")


def by_sign(members: DataFrame) -> DataFrame:
    """Return `sign, customers, value` from members with `why`; a customer counts under each of its signs."""
    each = members.select(F.explode("why").alias("sign"), "value")
    grouped = each.groupBy("sign").agg(F.count("*").alias("customers"), F.sum("value").alias("value"))
    return grouped.orderBy(F.desc("value"), "sign")


def _signed(members: DataFrame | None) -> DataFrame | None:
    if members is None or "why" not in members.columns:
        return None
    return members.where((F.col("metric") == RISK) & F.col("why").isNotNull())


def _ages(context: Context, tables: Tables) -> pd.DataFrame:
    """Ask `receivables_by_age`, where the definitions have it; nothing where it cannot be answered."""
    definitions = merge(context.config.definitions.values())
    question = next((one for one in definitions.questions if one.name == AGES), None)
    metric = tables.find("gold", "metric")
    if question is None or metric is None or tables.find("silver", "payment") is None:
        return RiskFacts().ages
    as_of = small(metric.agg(F.max("as_of").cast("string").alias("as_of")), 1)["as_of"][0]
    defaults: dict[str, Any] = {name: one.default for name, one in question.arguments.items()}
    try:
        facts = named_facts(read_inputs(context.lake, context.config, date.fromisoformat(str(as_of))))
        readable = {name: frame for name, frame in facts.items() if mentions(question.sql, name)}
        named = Views(context.spark, readable)
        return small(answer(question, defaults, named, date.fromisoformat(str(as_of))), BUCKETS)
    except (ConfigError, UsageError):
        # A report must not fail because one question was changed.
        return RiskFacts().ages


def section(facts: RiskFacts, currency: str) -> Section:
    """Build the chapter: totals, receivables by age, signs, and the customers with most at risk."""
    if not facts.exposure and facts.at_risk.empty:
        return Section("risk", "Money at risk", blocks=[Note("No money was published, so none can be at risk.")])
    cards = [
        Card(label, text.money(facts.exposure[key], currency))
        for key, label in EXPOSURE.items()
        if facts.exposure.get(key) is not None
    ]
    blocks: list[Block] = [Cards(cards)] if cards else []
    if not facts.ages.empty:
        blocks.append(_age_table(facts.ages, currency))
    if not facts.signs.empty:
        note = "A customer with two signs counts under both."
        blocks.append(Table(f"Why revenue is at risk, {currency} a year", SIGN_COLUMNS, facts.signs, note))
    if not facts.at_risk.empty:
        blocks.append(_customers(facts, currency))
    lead = "What is owed and late, what is sold to customers on hold, and which customers may leave, by which sign."
    return Section("risk", "Money at risk", [lead], blocks, _findings(facts, currency))


def _age_table(ages: pd.DataFrame, currency: str) -> Block:
    whole = total(ages, "amount")
    table = ages.assign(part=[text.share(value, whole) for value in floats(ages, "amount")])
    return Table(f"Receivables by age, in {currency}", AGE_COLUMNS, table, sheet="Receivables by age")


def _customers(facts: RiskFacts, currency: str) -> Block:
    top = by_size(facts.at_risk, "value")
    columns = [
        Column("name", "Customer"),
        Column("value", "At risk a year", "amount_bar"),
        Column("reasons", "Why"),
        Column("overdue", "Overdue", "amount"),
        Column("tieout_id", "Tieout id", "code"),
    ]
    columns = [column for column in columns if column.key in top or column.key == "reasons"]
    note = f"The {len(top)} largest of {text.plural(facts.customers, 'customer')} at risk." if facts.customers else None
    table = top.assign(reasons=["; ".join(found or ()) or text.NOTHING for found in top["why"]])
    caption = f"Customers with most revenue at risk, {currency}, and why"
    return Table(caption, columns, table, note, shown=SHOWN, sheet="At risk")


def _findings(facts: RiskFacts, currency: str) -> list[Finding]:
    risk, overdue = facts.exposure.get(RISK), facts.exposure.get("overdue")
    if risk is None and overdue is None:
        return []
    main = risk if risk is not None else overdue
    word = "of yearly revenue is at risk" if risk is not None else "is overdue"
    rest = f"{text.money(overdue, currency)} is overdue." if risk is not None and overdue is not None else ""
    if not facts.signs.empty:
        sign = first(by_size(facts.signs, "value"))
        rest += f" The most frequent sign by money: {sign['sign']} ({text.money(sign['value'], currency)})."
    return [Finding(f"{text.money(main, currency)} {word}.", rest.strip(), "bad" if main else "good")]
