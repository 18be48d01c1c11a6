"""Facts: documents with their golden customer and amounts in the reporting currency."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.gold.documents.fiscal import quarter_number
from tieout.gold.documents.money import MONEY, reporting, with_rate
from tieout.gold.records import TIEOUT_ID, live, resolve_reference

KEY = ["source_system", "source_id"]
FACTS = (
    "opportunity",
    "sales_order",
    "sales_order_line",
    "invoice",
    "invoice_line",
    "payment",
    "support_case",
)
QUARTER = "quarter_number"
# Fact → the silver tables that it is made of.
SOURCES = {
    "opportunity": ("opportunity",),
    "sales_order": ("sales_order",),
    "sales_order_line": ("sales_order_line", "sales_order"),
    "invoice": ("invoice", "invoice_line"),
    "invoice_line": ("invoice_line", "invoice"),
    "payment": ("payment", "invoice", "invoice_line"),
    "support_case": ("case",),
}


Silver = Mapping[str, DataFrame]


@dataclass(frozen=True)
class Books:
    """What turns documents into facts: who is whose record, exchange rates, the fiscal calendar."""

    crosswalk: DataFrame
    rates: DataFrame
    fiscal_start_month: int = 1

    def customer_of(self, documents: DataFrame, reference: str = "account_source_id") -> DataFrame:
        """Add `tieout_id` of the account that a document names; null where it names none that is known."""
        return resolve_reference(documents, self.crosswalk, "account", reference, TIEOUT_ID)

    def priced(self, documents: DataFrame, day: Column, amounts: list[str]) -> DataFrame:
        """Add `reporting_<amount>` by the rate on `day`, `unconverted`, and `quarter_number` of `day`."""
        dated = reporting(with_rate(documents, self.rates, day), amounts)
        return dated.withColumn(QUARTER, quarter_number(day, self.fiscal_start_month))


def facts(silver: Silver, books: Books, only: Collection[str] = FACTS) -> dict[str, DataFrame]:
    """Return the documents of all systems, by the name under which definitions and questions read them.

    With `only`, just those; needs their silver tables, see `SOURCES`. Deleted records are left out.
    Every fact has `tieout_id` (null when the
    account is in no cluster); all but `support_case` have, for each amount x, `reporting_x`
    (decimal(18,2)), `unconverted` (boolean: an amount without a rate) and `quarter_number` (int).
    Lines take customer, date and status from their document. A payment is valued at the rate of its
    invoice's date, so that a paid invoice is paid in the reporting currency too; `net_paid` is its
    part without tax, and `counted` is false where it settles a cancelled invoice.
    """
    return {name: _BUILD[name](silver, books) for name in FACTS if name in only}


def _opportunities(silver: Silver, books: Books) -> DataFrame:
    documents = books.customer_of(live(silver["opportunity"]))
    return books.priced(documents, F.col("close_date"), ["amount", "arr"])


def _unpriced_orders(silver: Silver, books: Books) -> DataFrame:
    return with_counted_order(books.customer_of(live(silver["sales_order"])))


def _orders(silver: Silver, books: Books) -> DataFrame:
    return books.priced(_unpriced_orders(silver, books), F.col("order_date"), ["net_amount"])


def _order_lines(silver: Silver, books: Books) -> DataFrame:
    orders = _unpriced_orders(silver, books)
    lines = _of(live(silver["sales_order_line"]), orders, "sales_order_source_id", ORDER_FIELDS)
    return books.priced(lines, F.col("order_date"), ["net_amount", "cost_amount"])


def _unpriced_invoices(silver: Silver, books: Books) -> DataFrame:
    invoices = with_counted_invoice(books.customer_of(live(silver["invoice"])))
    return _order_from_lines(invoices, live(silver["invoice_line"]))


def _invoices(silver: Silver, books: Books) -> DataFrame:
    return books.priced(_unpriced_invoices(silver, books), F.col("invoice_date"), ["net_amount", "tax_amount"])


def _invoice_lines(silver: Silver, books: Books) -> DataFrame:
    lines = _of(live(silver["invoice_line"]), _unpriced_invoices(silver, books), "invoice_source_id", INVOICE_FIELDS)
    return books.priced(lines, F.col("invoice_date"), ["net_amount", "cost_amount"])


def _payments(silver: Silver, books: Books) -> DataFrame:
    own = books.customer_of(live(silver["payment"]))
    payments = _of(own, _unpriced_invoices(silver, books), "invoice_source_id", PAYMENT_FIELDS)
    paid_on = F.coalesce("invoice_date", "payment_date", "due_date")
    return books.priced(_with_net_paid(payments), paid_on, ["amount", "net_paid", "open_amount"])


def _support_cases(silver: Silver, books: Books) -> DataFrame:
    return books.customer_of(live(silver["case"]))


_BUILD = {
    "opportunity": _opportunities,
    "sales_order": _orders,
    "sales_order_line": _order_lines,
    "invoice": _invoices,
    "invoice_line": _invoice_lines,
    "payment": _payments,
    "support_case": _support_cases,
}

ORDER_FIELDS = {
    TIEOUT_ID: TIEOUT_ID,
    "order_date": "order_date",
    "order_status": "status",
    "counted": "counted",
    "_document_currency": "currency",
}
INVOICE_FIELDS = {
    TIEOUT_ID: TIEOUT_ID,
    "invoice_date": "invoice_date",
    "document_type": "document_type",
    "counted": "counted",
    "_document_currency": "currency",
}
# A payment keeps its own customer: another company may pay.
PAYMENT_FIELDS = {
    "invoice_date": "invoice_date",
    "counted": "counted",
    "_invoice_net": "net_amount",
    "_invoice_tax": "tax_amount",
}


def with_counted_order(orders: DataFrame) -> DataFrame:
    """Add `counted` (boolean): the order stands, that is, it is neither cancelled nor rejected."""
    stands = ~F.coalesce(F.col("status").isin("cancelled", "rejected"), F.lit(False))
    return orders.withColumn("counted", stands)


def with_counted_invoice(invoices: DataFrame) -> DataFrame:
    """Add `counted` (boolean): not cancelled, and not the document that cancels another."""
    cancelled = F.coalesce(F.col("cancelled"), F.lit(False))
    cancels = F.coalesce(F.col("document_type") == "cancellation", F.lit(False))
    return invoices.withColumn("counted", ~cancelled & ~cancels)


def _with_net_paid(payments: DataFrame) -> DataFrame:
    """Add `net_paid`, the amount less the share of tax in its invoice, and settle `counted`."""
    net, tax = F.col("_invoice_net"), F.coalesce("_invoice_tax", F.lit(0))
    part = F.try_divide(F.col("amount") * net, net + tax)
    net_paid = F.round(F.coalesce(part, F.col("amount")), 2).cast(MONEY)
    # What clears a cancelled invoice against its cancellation is no money.
    counted = F.coalesce("counted", F.lit(True))
    return payments.withColumns({"net_paid": net_paid, "counted": counted}).drop("_invoice_net", "_invoice_tax")


def _order_from_lines(invoices: DataFrame, lines: DataFrame) -> DataFrame:
    """Fill `sales_order_source_id` from the lines where the invoice names no order; the first by key."""
    by_invoice = lines.groupBy("source_system", F.col("invoice_source_id").alias("source_id")).agg(
        F.min("sales_order_source_id").alias("_order_of_lines")
    )
    filled = F.coalesce("sales_order_source_id", "_order_of_lines")
    joined = invoices.join(by_invoice, KEY, "left")
    return joined.withColumn("sales_order_source_id", filled).drop("_order_of_lines")


def _of(lines: DataFrame, documents: DataFrame, reference: str, fields: Mapping[str, str]) -> DataFrame:
    """Join to each line the named fields of its document; the document's currency where it has none."""
    picked = [F.col(source).alias(name) for name, source in fields.items()]
    known = documents.select("source_system", F.col("source_id").alias(reference), *picked)
    joined = lines.join(known, ["source_system", reference], "left")
    if "_document_currency" not in fields:
        return joined
    currency = F.coalesce("currency", "_document_currency")
    return joined.withColumn("currency", currency).drop("_document_currency")
