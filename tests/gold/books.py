"""Short hand for hand-made silver rows of one CRM and one ERP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import DecimalType, StructType

from tieout.gold.documents.money import Rate

AS_OF = date(2026, 9, 30)
CRM, ERP = "salesforce", "sap"
RATES = [
    Rate("EUR", date(2025, 1, 1), Decimal("1.10")),
    Rate("EUR", date(2026, 7, 1), Decimal("1.20")),
]
Rows = list[dict[str, Any]]


Q1, LATE_Q1, Q2, Q3 = date(2026, 2, 1), date(2026, 3, 30), date(2026, 4, 2), date(2026, 8, 1)


def row(system: str, key: str, **fields: Any) -> dict[str, Any]:
    return {"source_system": system, "source_id": key} | fields


def typed_frame(spark: SparkSession, rows: Rows, schema: StructType) -> DataFrame:
    def value(one: dict[str, Any], name: str, kind: Any) -> Any:
        given = one.get(name)
        return Decimal(str(given)) if isinstance(kind, DecimalType) and given is not None else given

    unknown = {name for one in rows for name in one} - set(schema.names)
    assert not unknown, f"no such field: {unknown}"
    data = [{field.name: value(one, field.name, field.dataType) for field in schema} for one in rows]
    # Arrow makes a local relation, whose size Spark knows: small joins stay small.
    return spark.createDataFrame(pa.Table.from_pylist(data, to_arrow_schema(schema)), schema)


class Book:
    """Writes deals, orders, invoices and payments of customers under short names."""

    def __init__(self) -> None:
        self.rows: dict[str, list[dict[str, Any]]] = {
            name: [] for name in ("opportunity", "sales_order", "invoice", "payment")
        }

    def deal(self, key: str, amount: float, day: date = Q1, customer: str = "both", currency: str = "USD") -> None:
        self.rows["opportunity"].append(
            row(CRM, key, account_source_id=f"{CRM}-{customer}", number=f"OPP-{key}", status="won", amount=amount,
                currency=currency, close_date=day)
        )  # fmt: skip

    def order(
        self, key: str, amount: float, day: date = Q1, customer: str = "both", currency: str = "USD",
        quotes: str | None = None, status: str = "completed",
    ) -> None:  # fmt: skip
        self.rows["sales_order"].append(
            row(ERP, key, account_source_id=f"{ERP}-{customer}", order_number=key, customer_reference=quotes,
                order_date=day, currency=currency, net_amount=amount, status=status)
        )  # fmt: skip

    def invoice(
        self, key: str, amount: float, day: date = Q1, customer: str = "both", currency: str = "USD",
        order: str | None = None, paid: float | None = None, due: date = LATE_Q1, kind: str = "invoice",
        cancelled: bool = False,
    ) -> None:  # fmt: skip
        """An invoice with 10 % tax and its ledger item; `paid` is gross, all of it unless given."""
        gross = round(amount * 1.1, 2)
        paid = gross if paid is None else paid
        self.rows["invoice"].append(
            row(ERP, key, account_source_id=f"{ERP}-{customer}", sales_order_source_id=order,
                invoice_number=key, invoice_date=day, due_date=due, currency=currency, net_amount=amount,
                tax_amount=round(gross - amount, 2), document_type=kind, cancelled=cancelled)
        )  # fmt: skip
        self.rows["payment"].append(
            row(ERP, f"p-{key}", account_source_id=f"{ERP}-{customer}", invoice_source_id=key, due_date=due,
                payment_date=day, amount=paid, open_amount=round(gross - paid, 2), currency=currency)
        )  # fmt: skip


NAMES = ("big", "euro", "exact", "quiet", "young", "ended")
Ids = dict[str, dict[tuple[str, str], str]]
IDS: Ids = {
    "account": {(system, f"{system}-{name}"): name for name in NAMES for system in (CRM, ERP)},
    "contact": {(CRM, "person"): "P1"},
    "product": {(ERP, "m1"): "M1"},
}


def crosswalk(spark: SparkSession, ids: Ids) -> DataFrame:
    """Return match.crosswalk from entity → (system, key) → golden id."""
    schema = "entity string, source_system string, source_id string, tieout_id string, confidence double"
    rows = [(entity, *key, golden, 0.97) for entity, found in ids.items() for key, golden in found.items()]
    return spark.createDataFrame(rows, schema)


def customers_with_tickets() -> dict[str, Rows]:
    """Six customers that both systems know, with orders and support cases.

    big: contract just over 500,000, three open cases of 100, 40 and 30 days. euro: 550,000 EUR, one
    case of 31 days. exact: 500,000 and an old case. quiet: big, its case is closed. young: big, its
    case is recent. ended: big, but its contract has ended.
    """
    book = Book()
    orders = {"big": 500_000.01, "euro": 550_000, "exact": 500_000, "quiet": 9e6, "young": 9e6, "ended": 9e6}
    for name, amount in orders.items():
        currency = "EUR" if name == "euro" else "USD"
        book.order(f"o-{name}", amount, customer=name, currency=currency, status="open")
    book.rows["sales_order"][-1]["contract_end"] = AS_OF - timedelta(days=1)
    book.invoice("i-big", 1000, customer="big", order="o-big", paid=550, due=AS_OF - timedelta(days=1))
    book.deal("won", 1200, customer="young")
    book.rows["opportunity"][-1]["arr"] = 400
    book.rows["opportunity"].append(
        row(CRM, "open", account_source_id=f"{CRM}-quiet", status="open", amount=700, probability=50,
            currency="USD", close_date=AS_OF + timedelta(days=20))
    )  # fmt: skip
    lines = [
        row(ERP, f"l{cost}", invoice_source_id="i-big", product_source_id="m1", net_amount=500, cost_amount=cost)
        for cost in (300, None)
    ]
    return book.rows | {
        "account": [*map(_crm_account, NAMES), *map(_erp_account, NAMES)],
        "case": _tickets(),
        "contact": [row(CRM, "person", account_source_id=f"{CRM}-euro", full_name="Ann Lee", marketable=True)],
        "product": [row(ERP, "m1", code="M-1", name="Pump")],
        "invoice_line": lines,
    }


def _crm_account(name: str) -> dict[str, Any]:
    return row(
        CRM, f"{CRM}-{name}", name=f"{name.title()} Ltd", phone="+441", currency="USD", street="1 High St.",
        city="Leeds", country="GB", marketable=name == "big",
        parent_source_id=None if name == "big" else f"{CRM}-big",
    )  # fmt: skip


def _erp_account(name: str) -> dict[str, Any]:
    return row(
        ERP, f"{ERP}-{name}", name=f"{name.upper()} LTD", phone="+442", currency="EUR", street="1 high st",
        city="LEEDS", country="GB", tax_id=f"GB{name}", credit_limit=1000, credit_block=name == "quiet",
    )  # fmt: skip


def _tickets() -> Rows:
    tickets = [
        ("big", 100, "oldest"), ("big", 40, "old"), ("big", 30, "not older"), ("euro", 31, "broken"),
        ("exact", 90, "x"), ("quiet", 90, "closed"), ("young", 3, "x"), ("ended", 90, "x"),
    ]  # fmt: skip
    noon = datetime(2026, 9, 30, 12, tzinfo=UTC)
    return [
        row(CRM, f"t{i}", account_source_id=f"{CRM}-{name}", subject=subject,
            is_closed=subject == "closed", opened_at=noon - timedelta(days=days))
        for i, (name, days, subject) in enumerate(tickets)
    ]  # fmt: skip
