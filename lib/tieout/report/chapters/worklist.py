"""The worklist: money that does not agree, counted once a chain, by who clears it and why."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report.facts import NOBODY, UNEXPLAINED, WorkFacts
from tieout.report.layout import text
from tieout.report.layout.blocks import Block, Column, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.tables import LARGE, Tables, small

REASONS, CASES_EACH, OWNERS, SHOWN, DOCUMENTS = 60, 40, 8, 8, 6
NO_OWNER = "Nobody yet"
OWNER_COLUMNS = [
    Column("owner", "Who acts"),
    Column("amount", "Amount", "amount_bar"),
    Column("cases", "Cases", "count"),
    Column("largest", "Mostly because of"),
]
REASON_COLUMNS = [
    Column("owner", "Who acts"),
    Column("label", "Reason"),
    Column("amount", "Amount", "amount_bar"),
    Column("cases", "Cases", "count"),
    Column("customers", "Customers", "count"),
    Column("since", "Since"),
    Column("wording", "What it means"),
]
CASE_COLUMNS = [
    Column("name", "Customer"),
    Column("period", "Quarter"),
    Column("label", "Reason"),
    Column("amount", "Amount", "amount"),
    Column("crm", "Won", "amount"),
    Column("ordered", "Ordered", "amount"),
    Column("invoiced", "Invoiced", "amount"),
    Column("paid", "Paid", "amount"),
    Column("documents", "Documents"),
]


def work_facts(tables: Tables, config: Config) -> WorkFacts:
    """Read `gold.tie_out_line`; names of customers come from `gold.customer`."""
    lines = tables.find("gold", "tie_out_line")
    if lines is None:
        return WorkFacts()
    differing = chains(lines)
    known = reason_words(config)
    reasons = named(small(by_reason(differing), REASONS), known)
    cases = named(small(largest_cases(differing, tables.find("gold", "customer")), LARGE), known)
    documents = [", ".join(map(tables.titled, found)) for found in cases["documents"]]
    return WorkFacts(reasons, cases.assign(documents=documents))


def chains(lines: DataFrame) -> DataFrame:
    """Return one row per chain that differs: what is to be cleared, and by which reason.

    Needs `tie_out_lines`. Returns `chain_id, reason, tieout_id, period` (of the line with the widest
    gaps), `amount` (the widest single gap of any line, so that money that moved between two quarters or
    customers counts once), the chain's `crm, ordered, invoiced, paid, not_due` and some of its `documents`.
    """
    gaps = [F.abs(name) for name in ("ordered_gap", "invoiced_gap", "paid_gap")]
    width = F.when(F.col("status") == "differing", F.struct(sum(gaps[1:], gaps[0]), F.col("period")))
    documents = F.slice(F.array_sort(F.flatten(F.collect_list("documents"))), 1, DOCUMENTS)
    grouped = lines.groupBy("chain_id").agg(
        F.max_by("reason_code", width).alias("reason"),
        F.max_by("tieout_id", width).alias("tieout_id"),
        F.max_by("period", width).alias("period"),
        F.max(F.when(F.col("status") == "differing", F.greatest(*gaps))).alias("amount"),
        F.sum("crm_amount").alias("crm"),
        *[F.sum(name).alias(name) for name in ("ordered", "invoiced", "paid", "not_due")],
        documents.alias("documents"),
    )
    return grouped.where(F.col("amount").isNotNull())


def by_reason(differing: DataFrame) -> DataFrame:
    """Sum up `chains` by reason, most money first.

    Returns `reason, cases, customers` (about), `amount, since` (first quarter), and, signed, `to_invoice`
    (won less invoiced), `to_cash` (invoiced less paid less not due yet) and `difference`, their sum.
    """
    to_invoice, to_cash = F.sum(F.col("crm") - F.col("invoiced")), F.sum(F.expr("invoiced - paid - not_due"))
    grouped = differing.groupBy("reason").agg(
        F.count("*").alias("cases"),
        F.approx_count_distinct("tieout_id").alias("customers"),
        F.sum("amount").alias("amount"),
        F.min("period").alias("since"),
        to_invoice.alias("to_invoice"),
        to_cash.alias("to_cash"),
        (to_invoice + to_cash).alias("difference"),
    )
    return grouped.orderBy(F.desc("amount"), "reason")


def largest_cases(differing: DataFrame, customer: DataFrame | None) -> DataFrame:
    """Return up to 40 chains of each reason with most money, with the customer's `name`, most money first."""
    place = F.row_number().over(Window.partitionBy("reason").orderBy(F.desc("amount"), "chain_id"))
    top = differing.withColumn("_place", place).where(F.col("_place") <= CASES_EACH).drop("_place")
    if customer is None:
        named_ = top.withColumn("name", F.col("tieout_id"))
    else:
        names = customer.select("tieout_id", "name")
        named_ = top.join(names, "tieout_id", "left").withColumn("name", F.coalesce("name", F.lit(NOBODY)))
    return named_.orderBy(F.desc("amount"), "chain_id")


def reason_words(config: Config) -> dict[str, tuple[str, str, str]]:
    """Return reason code → label, wording, owner. Rules that share a code share a line."""
    found: dict[str, list[tuple[str | None, str, str]]] = {}
    for file in config.definitions.values():
        for reason in file.tie_out.reasons if file.tie_out else []:
            found.setdefault(reason.code, []).append((reason.label, reason.wording, reason.owner))
    return {
        code: (
            next((label for label, _, _ in rules if label), text.title(code)),
            " Or: ".join(dict.fromkeys(wording for _, wording, _ in rules)),
            ", ".join(dict.fromkeys(owner for _, _, owner in rules)),
        )
        for code, rules in found.items()
    }


def named(frame: pd.DataFrame, known: Mapping[str, tuple[str, str, str]]) -> pd.DataFrame:
    """Add `label, wording, owner` to a frame with `reason`."""
    nothing = ("Unexplained", "No rule explains it: look, and add a rule.", NO_OWNER)
    words = [
        known.get(str(code), nothing if code == UNEXPLAINED else (text.title(code), "", NO_OWNER))
        for code in frame["reason"]
    ]
    labels, wordings, owners = ([one[part] for one in words] for part in range(3))
    return frame.assign(label=labels, wording=wordings, owner=owners)


def by_owner(reasons: pd.DataFrame) -> pd.DataFrame:
    """Return `owner, amount, cases, largest` (the reason with most money), most money first."""
    found = []
    for owner in dict.fromkeys(reasons["owner"]):
        mine = by_size(reasons[reasons["owner"] == owner], "amount")
        found.append((owner, total(mine, "amount"), int(total(mine, "cases")), first(mine)["label"]))
    return by_size(pd.DataFrame(found, columns=["owner", "amount", "cases", "largest"]), "amount")


def owner_table(facts: WorkFacts, currency: str) -> Table:
    """Build the short table of who must act."""
    return Table(f"Who must act, {currency}", OWNER_COLUMNS, by_owner(facts.reasons))


def section(facts: WorkFacts, currency: str) -> Section:
    """Build the chapter: every reason by owner, then each owner's largest cases."""
    title = "Worklist: who must act"
    if facts.reasons.empty:
        return Section("worklist", title, blocks=[Note("No money differs: there is nothing to clear.", "good")])
    owners = by_owner(facts.reasons)
    order = {owner: place for place, owner in enumerate(owners["owner"])}
    reasons = by_size(facts.reasons, "amount")
    reasons = reasons.assign(_order=[order[owner] for owner in reasons["owner"]])
    reasons = reasons.sort_values("_order", kind="stable", ignore_index=True)
    lead = (
        "A case is a deal with its orders, invoices and payments, or a document without a deal, whose amounts do not "
        f"agree. Its amount is the widest gap, in {currency} and without tax, and counts once, even where the money "
        "moved between two quarters or customers."
    )
    caption = f"Every reason, by who clears it, in {currency}"
    blocks: list[Block] = [Table(caption, REASON_COLUMNS, reasons, sheet="Reasons")]
    blocks += [_cases(row, facts.cases, currency) for row in rows(owners.head(OWNERS))]
    return Section("worklist", title, [lead], blocks)


def case_sheet(facts: WorkFacts, currency: str) -> Table:
    """Return all cases that were read, with their owner, for a workbook."""
    columns = [Column("owner", "Who acts"), *CASE_COLUMNS, Column("tieout_id", "Tieout id", "code")]
    return Table(f"Worklist, {currency}", columns, facts.cases, sheet="Worklist")


def _cases(owner: Mapping[str, object], cases: pd.DataFrame, currency: str) -> Table:
    mine = cases[cases["owner"] == owner["owner"]]
    amount, every = text.money(owner["amount"], currency), text.plural(owner["cases"], "case")
    caption = f"{owner['owner']}: {every}, {amount}"
    note = None
    if len(mine) < int(str(owner["cases"])):
        shown = text.money(sum(floats(mine, "amount")), currency)
        note = f"The largest of each reason are listed: {len(mine)} of {every}, {shown}; gold.tie_out_line has all."
    return Table(caption, CASE_COLUMNS, mine, note, shown=SHOWN, sheet=f"{owner['owner']}")
