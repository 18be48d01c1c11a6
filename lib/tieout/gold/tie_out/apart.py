"""Pairs of customers whose documents agree in money: what is booked on one continues on the other.

A deal is booked on one account, and the order that quotes it on another, for the same amount: the strongest
sign there is that both accounts are one company, which names and addresses alone have not told.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.definitions import TieOutRules
from tieout.gold.documents.money import PREFIX
from tieout.gold.records import TIEOUT_ID
from tieout.gold.tie_out.documents import won_deals
from tieout.gold.tie_out.lines import ties
from tieout.gold.tie_out.links import DEAL, ORDER, document_id, quoted_deals

SYSTEM, ACCOUNT = "source_system", "account_source_id"
OF = "of_document"


def customers_apart(facts: Mapping[str, DataFrame], rules: TieOutRules, tolerance: float) -> DataFrame:
    """Return one row per two customers whose documents agree in money.

    Needs the facts opportunity, sales_order and invoice. A deal agrees with the orders that quote it, an order
    with its invoices, when their sum ties (`rules.tolerance_percent`, or `tolerance` in the reporting currency),
    in the reporting currency or in the one that both are in. Documents of unknown accounts, or without an
    exchange rate, link nobody.

    Returns the keys of one account of each customer (`source_system_l, source_id_l, source_system_r,
    source_id_r`), that of the largest amount, `tieout_id_l < tieout_id_r`, `amount` (double, reporting currency:
    what agrees) and `evidence` (string: the largest documents, and how many more there are).
    """
    deals = won_deals(facts).withColumn(DEAL, document_id())
    orders = facts["sales_order"].where("counted").withColumn(ORDER, document_id())
    invoices = facts["invoice"].where("counted")
    quoting = orders.join(quoted_deals(orders, deals, rules), ORDER)
    of_order = F.concat_ws(":", SYSTEM, F.col("sales_order_source_id"))
    ordered = _document(quoting, "order", "net_amount", F.col(DEAL))
    billed = _document(invoices.where("sales_order_source_id IS NOT NULL"), "invoice", "net_amount", of_order)
    pairs = _continued(_document(deals, "deal", "amount"), ordered, rules, tolerance).unionByName(
        _continued(_document(orders, "order", "net_amount"), billed, rules, tolerance)
    )
    return _by_customers(pairs)


def _document(documents: DataFrame, kind: str, amount: str, of: Column | None = None) -> DataFrame:
    """Bring documents to one shape: of which document they are (themselves by default), whose, how much."""
    who = F.struct(TIEOUT_ID, SYSTEM, ACCOUNT, F.concat_ws(" ", F.lit(kind), document_id()).alias("document"))
    known = documents.where(F.col(TIEOUT_ID).isNotNull() & ~F.col("unconverted"))
    return known.select(
        (document_id() if of is None else of).alias(OF),
        who.alias("who"),
        "currency",
        F.col(amount).alias("amount"),
        F.col(f"{PREFIX}{amount}").alias("reported"),
    )


def _continued(firsts: DataFrame, nexts: DataFrame, rules: TieOutRules, tolerance: float) -> DataFrame:
    """Return `one, other, amount`: a document and, where the sum of the next ones ties, each next customer."""
    there = nexts.groupBy(OF).agg(
        F.collect_list("who").alias("others"),
        F.sum("amount").alias("next_amount"),
        F.sum("reported").alias("next_reported"),
        F.min("currency").alias("lowest"),
        F.max("currency").alias("highest"),
    )
    one_currency = (F.col("lowest") == F.col("currency")) & (F.col("highest") == F.col("currency"))
    tied = ties(F.col("reported"), F.col("next_reported"), rules, tolerance) | (
        one_currency & ties(F.col("amount"), F.col("next_amount"), rules, tolerance)
    )
    agreed = firsts.join(there, OF).where((F.col("reported") > 0) & tied)
    each = agreed.select(OF, F.col("who").alias("one"), "reported", F.explode("others").alias("other"))
    # Several orders of one customer continue a deal once.
    return each.where("one.tieout_id <> other.tieout_id").groupBy(OF, "one", "reported", "other.tieout_id").agg(
        F.min("other").alias("other")
    ).select("one", "other", F.col("reported").cast("double").alias("amount"))  # fmt: skip


def _by_customers(pairs: DataFrame) -> DataFrame:
    swap = F.col("one.tieout_id") > F.col("other.tieout_id")
    documents = F.concat("one.document", F.lit(" → "), "other.document")
    sided = pairs.select(
        "amount",
        documents.alias("documents"),
        F.when(swap, F.col("other")).otherwise(F.col("one")).alias("l"),
        F.when(swap, F.col("one")).otherwise(F.col("other")).alias("r"),
    )
    grouped = sided.groupBy(F.col("l.tieout_id").alias("_l"), F.col("r.tieout_id").alias("_r")).agg(
        F.max_by(F.struct("l", "r", "documents"), F.struct("amount", "documents")).alias("largest"),
        F.round(F.sum("amount"), 2).alias("amount"),
        F.count("*").alias("agreed"),
    )
    keys = [
        F.col(f"largest.{side}.{field}").alias(f"{name}_{side}")
        for side in "lr"
        for name, field in ((SYSTEM, SYSTEM), ("source_id", ACCOUNT), (TIEOUT_ID, TIEOUT_ID))
    ]
    more = F.col("agreed") - 1
    rest = F.when(more > 0, F.concat(F.lit(" and "), more, F.lit(" more")))
    evidence = F.concat("largest.documents", F.coalesce(rest, F.lit("")))
    return grouped.select(*keys, "amount", evidence.alias("evidence"))
