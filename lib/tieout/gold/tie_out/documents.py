"""The documents of each chain from deal to cash, and what each adds to it.

A chain is a deal with its orders, their invoices and the money received for them. An order without
a deal, an invoice without an order and a payment without an invoice each start a chain of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.definitions import TieOutRules
from tieout.gold.documents.facts import QUARTER
from tieout.gold.documents.money import MONEY
from tieout.gold.records import TIEOUT_ID
from tieout.gold.tie_out.links import DEAL, LINK, ORDER, deal_of_order, document_id
from tieout.platform.rows import stacked

CHAIN = "chain_id"
STAGES = ("crm_amount", "ordered", "invoiced", "credited", "paid", "not_due")
DOCUMENT_STAGES = tuple(f"document_{stage}" for stage in STAGES)


def order_links(facts: Mapping[str, DataFrame], rules: TieOutRules) -> DataFrame:
    """Return `order_id, deal_id, link` of the orders that count and have a won deal (see `deal_of_order`)."""
    return deal_of_order(facts["sales_order"].where("counted"), won_deals(facts), rules)


def won_deals(facts: Mapping[str, DataFrame]) -> DataFrame:
    """Return the opportunities that are deals."""
    return facts["opportunity"].where("status = 'won'")


def chain_documents(facts: Mapping[str, DataFrame], links: DataFrame, as_of: date) -> DataFrame:
    """Return one row per document that counts, with its chain.

    Needs the facts opportunity, sales_order, invoice, payment, and `order_links`. Returns `chain_id,
    document, link, tieout_id, quarter_number, currency, unconverted`, the stages in the reporting
    currency (`crm_amount, ordered, invoiced, credited, paid, not_due`; null where not the document's)
    and in the document's (`document_<stage>`).

    All amounts are without tax. Money received, and what is not due yet at `as_of`, stand in the
    quarter of the invoice. Credit notes are invoices with negative amounts; `credited` repeats them.
    """
    deals = won_deals(facts)
    orders = facts["sales_order"].where("counted")
    linked = orders.withColumn(ORDER, document_id()).join(links, ORDER, "left")
    chained = linked.withColumn(CHAIN, F.coalesce(DEAL, ORDER))
    invoices = _with_cash(facts["invoice"].where("counted"), facts["payment"], as_of)
    parts = [
        _documents(deals.withColumn(CHAIN, document_id()), "deal", {"crm_amount": "amount"}),
        _documents(chained, "order", {"ordered": "net_amount"}),
        _documents(_chained_invoices(invoices, chained), "invoice", INVOICE_STAGES),
        _documents(_lone_payments(facts["payment"]), "payment", {"paid": "net_paid"}),
    ]
    return stacked(parts)


INVOICE_STAGES = {
    "invoiced": "net_amount",
    "credited": "credit_amount",
    "paid": "net_paid",
    "not_due": "not_due_amount",
}


def _documents(documents: DataFrame, kind: str, amounts: Mapping[str, str]) -> DataFrame:
    link = F.col(LINK) if LINK in documents.columns else F.lit(None).cast("string")
    return documents.select(
        CHAIN,
        F.concat_ws(" ", F.lit(kind), document_id()).alias("document"),
        link.alias(LINK),
        TIEOUT_ID,
        QUARTER,
        "currency",
        "unconverted",
        *[F.col(f"reporting_{amount}").alias(stage) for stage, amount in amounts.items()],
        *[F.col(amount).alias(f"document_{stage}") for stage, amount in amounts.items()],
    )


def _with_cash(invoices: DataFrame, payments: DataFrame, as_of: date) -> DataFrame:
    """Add to each invoice what was credited, what was paid on it, and what is not due yet."""
    by_invoice = (
        payments.where("counted")
        .groupBy("source_system", F.col("invoice_source_id").alias("source_id"))
        .agg(
            F.sum("net_paid").cast(MONEY).alias("net_paid"),
            F.sum("reporting_net_paid").cast(MONEY).alias("reporting_net_paid"),
            F.max("due_date").alias("_due"),
        )
    )
    joined = invoices.join(by_invoice, ["source_system", "source_id"], "left")
    not_due = F.coalesce("due_date", "_due") >= F.lit(as_of)
    credit = F.col("document_type") == "credit_note"
    return joined.withColumns(
        {
            "credit_amount": F.when(credit, F.col("net_amount")),
            "reporting_credit_amount": F.when(credit, F.col("reporting_net_amount")),
            "not_due_amount": _remainder(not_due, "net_amount", "net_paid"),
            "reporting_not_due_amount": _remainder(not_due, "reporting_net_amount", "reporting_net_paid"),
        }
    )


def _remainder(condition: Column, amount: str, paid: str) -> Column:
    rest = F.col(amount) - F.coalesce(paid, F.lit(0))
    return F.when(condition, F.greatest(rest, F.lit(0))).cast(MONEY)


def _chained_invoices(invoices: DataFrame, orders: DataFrame) -> DataFrame:
    chains = orders.select("source_system", F.col("source_id").alias("sales_order_source_id"), CHAIN)
    joined = invoices.join(chains, ["source_system", "sales_order_source_id"], "left")
    return joined.withColumn(CHAIN, F.coalesce(CHAIN, document_id()))


def _lone_payments(payments: DataFrame) -> DataFrame:
    """Return the payments that name no known invoice."""
    lone = payments.where(F.col("counted") & F.col("invoice_date").isNull() & (F.col("amount") != 0))
    return lone.withColumn(CHAIN, document_id())
