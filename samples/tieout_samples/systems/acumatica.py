"""Acumatica exports as JSON lines of its interface: each field is {"value": ...}, none is {}."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tieout_samples.ids import guids
from tieout_samples.rows import Array, Rows, chance, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.words import born, material_code, refer, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, times
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.world import World

SYSTEM = "acumatica"
FORMAT = FileFormat(suffix="jsonl")


def export(world: World) -> Export:
    """Return the Acumatica entities of one piece."""
    view = erp_view(world, SYSTEM, name_length=60)
    customer = text(f"C{n:09d}" for n in view.accounts["number"])
    contact = text(str(n + 100_000) for n in view.contacts["number"])
    item = material_code(world)
    truth = {"account": (customer, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (item, world.products["true_id"])
    return Export(_tables(view, customer, item), truth)


def _tables(view: ErpView, customer: Array, item: Array) -> Iterator[Table]:
    yield _customer(view, customer)
    yield _contact(view, customer)
    yield _order(view, customer, item)
    yield _invoice(view, customer, item)
    yield _payment(view, customer)
    if view.world.piece.number == 0:
        yield from _items(view, item)


def field(value: Any) -> dict[str, Any]:
    """Wrap one value as the interface does; nothing known is an empty object."""
    if value is None or (isinstance(value, str) and value == ""):
        return {}
    plain = value.item() if isinstance(value, np.generic) else value
    return {"value": plain + 0.0 if isinstance(plain, float) else plain}


def fields(values: Iterable[Any]) -> list[dict[str, Any]]:
    """Wrap a column."""
    return [field(value) for value in values]


def nested(columns: Mapping[str, Sequence[Any] | Array]) -> list[dict[str, Any]]:
    """Turn columns into one object per row."""
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _stamp(values: Array) -> Array:
    return times(values, ".003+00:00")


def _day(values: Array) -> Array:
    return days(values, "%Y-%m-%dT00:00:00+00:00")


def _groups(owner: Array, entries: list[dict[str, Any]], size: int) -> list[list[dict[str, Any]]]:
    """Nest lines under their documents."""
    nested: list[list[dict[str, Any]]] = [[] for _ in range(size)]
    for position, entry in zip(owner, entries, strict=True):
        nested[position].append(entry)
    return nested


def _customer(view: ErpView, ids: Array) -> Table:
    rng, rows = view.rng, view.accounts
    size = len(rows)
    status = np.select([rows["fate"] == "deleted", view.blocked], ["Inactive", "Credit Hold"], "Active")
    limited = chance(rng, size, 0.92)
    columns: Columns = {
        "id": list(guids("acumatica customer", rows["number"])),
        "rowNumber": list(range(1, size + 1)),
        "note": fields([""] * size),
        "CustomerID": fields(ids),
        "CustomerName": fields(rows["name"]),
        "CustomerClass": fields(["DEFAULT"] * size),
        "Status": fields(status),
        "ParentRecord": fields(refer(ids, rows["parent"])),
        "BillingCustomer": fields(np.where(view.bills_elsewhere, refer(ids, view.payer), "")),
        "Email": fields(rows["email"]),
        "MainContact": _main_contact(rows),
        "CurrencyID": fields(view.currency),
        "TaxRegistrationID": fields(tax_number(rows)),
        "Terms": fields(f"{d}D" for d in view.days),
        "CreditVerificationRules": [
            {
                "CreditVerification": field("Limit" if has else "Disabled"),
                "CreditLimit": field(float(v) if has else 0.0),
            }
            for v, has in zip(view.limit, limited, strict=True)
        ],
        "AccountRef": fields(rows["duns"]),
        "CreatedDateTime": fields(_stamp(rows["created"])),
        "LastModifiedDateTime": fields(_stamp(rows["modified"])),
        "custom": [{} for _ in range(size)],
    }
    old = earlier(
        view.world,
        "acumatica customer",
        size,
        0.03,
        {"LastModifiedDateTime": _stamp(rows["modified"] - 9_000_000)},
    )
    older = {i: {"Status": field("On Hold"), **{k: field(v) for k, v in values.items()}} for i, values in old.items()}
    bad: dict[str, Any] = {name: {} for name in columns} | {
        "id": "00000000-0000-0000-0000-000000000001",
        "rowNumber": size + 1,
        "CustomerName": field("No key given"),
        "Status": field("Active"),
        "LastModifiedDateTime": field("2026-01-01T00:00:00.003+00:00"),
    }
    return Table("Customer", columns, FORMAT, older, [bad])


def _main_contact(rows: Rows) -> list[dict[str, Any]]:
    """Return the nested contact and address of each account."""
    address = nested(
        {
            "AddressLine1": fields(rows["street"]),
            "AddressLine2": fields(rows["name2"]),
            "City": fields(rows["town"]),
            "PostalCode": fields(rows["postcode"]),
            "State": fields(rows["region_code"]),
            "Country": fields(rows["country"]),
        }
    )
    return nested(
        {
            "id": guids("acumatica main", rows["number"]),
            "Email": fields(rows["email"]),
            "Phone1": fields(rows["phone"]),
            "Phone1Type": fields(["Business 1"] * len(rows)),
            "Fax": fields(rows["fax"]),
            "WebSite": fields(rows["web"]),
            "CompanyName": fields(rows["name"]),
            "Address": address,
        }
    )


def _contact(view: ErpView, customers: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "id": list(guids("acumatica contact", rows["number"])),
        "ContactID": fields(int(n + 100_000) for n in rows["number"]),
        "BusinessAccount": fields(customers[rows["account"]]),
        "FirstName": fields(rows["first"]),
        "LastName": fields(rows["last"]),
        "DisplayName": fields(rows["last"] + ", " + rows["first"]),
        "JobTitle": fields(rows["title"]),
        "Email": fields(rows["email"]),
        "Phone1": fields(rows["phone"]),
        "Phone1Type": fields(["Business 1"] * len(rows)),
        "Phone2": fields(rows["mobile"]),
        "Phone2Type": fields(["Cell"] * len(rows)),
        "Active": fields([True] * len(rows)),
        "NoMarketing": fields(bool(o) for o in rows["optout"]),
        "Type": fields(["Contact"] * len(rows)),
        "LastModifiedDateTime": fields(_stamp(rows["modified"])),
    }
    bad: dict[str, Any] = {name: {} for name in columns} | {
        "id": "00000000-0000-0000-0000-000000000002",
        "ContactID": field(1 + view.world.piece.number),
        "BusinessAccount": field("C999999999"),
        "LastName": field("Orphan"),
        "Active": field(True),
        "LastModifiedDateTime": field("2026-01-01T00:00:00.003+00:00"),
    }
    return Table("Contact", columns, FORMAT, extra=[bad])


def _order_ids(view: ErpView) -> Array:
    return text(f"SO{n:08d}" for n in view.world.orders["number"])


def _order_details(view: ErpView, items: Array) -> list[list[dict[str, Any]]]:
    """Return the nested lines of each order kept here."""
    lines, order, product = view.sold()
    unit_cost = lines["cost"] / np.maximum(lines["quantity"], 1)
    entries = nested(
        {
            "id": guids("acumatica line", order["number"] * 10 + lines["place"]),
            "LineNbr": fields(int(n + 1) for n in lines["place"]),
            "InventoryID": fields(items[lines["product"]]),
            "LineDescription": fields(product["name"]),
            "OrderQty": fields(lines["quantity"]),
            "UOM": fields(u.upper() for u in product["unit"]),
            "UnitPrice": fields(lines["price"]),
            "ExtendedPrice": fields(lines["amount"]),
            "Amount": fields(lines["amount"]),
            "UnitCost": fields(np.round(unit_cost, 4)),
        }
    )
    return _groups(np.searchsorted(view.order, lines["order"]), entries, len(view.order))


def _order(view: ErpView, customers: Array, items: Array) -> Table:
    rows, account = view.orders()
    size = len(rows)
    status = np.select([rows["status"] == "open", rows["status"] == "rejected"], ["Open", "Canceled"], "Completed")
    columns: Columns = {
        "id": list(guids("acumatica order", rows["number"])),
        "OrderType": fields(["SO"] * size),
        "OrderNbr": fields(_order_ids(view)[view.order]),
        "Status": fields(status),
        "CustomerID": fields(customers[account]),
        "CustomerOrder": fields(rows["po"]),
        "ExternalRef": fields(rows["code"]),
        "Date": fields(_day(rows["ordered"])),
        "EffectiveDate": fields(_day(rows["starts"])),
        "ExpirationDate": fields(_day(rows["ends"])),
        "CurrencyID": fields(rows["currency"]),
        "OrderTotal": fields(float(a) for a in rows["amount"]),
        "TaxTotal": fields([0.0] * size),
        "CreditHold": fields([False] * size),
        "Details": _order_details(view, items),
        "LastModified": fields(_stamp(rows["ordered"].astype("datetime64[s]") + 40_000)),
    }
    base: dict[str, Any] = {name: {} for name in columns} | {
        "OrderType": field("SO"),
        "Status": field("Open"),
        "CurrencyID": field("USD"),
        "OrderTotal": field(10.0),
        "Details": [],
        "LastModified": field("2026-01-01T00:00:00.003+00:00"),
    }
    number, some = view.world.piece.number, str(customers[0]) if len(customers) else "C999999999"
    extra = [
        base | _spoilt_order(3, f"SOBAD{number}", "C999999999", "2026-03-01"),
        base | _spoilt_order(4, f"SODAT{number}", some, "2026-02-31"),
    ]
    return Table("SalesOrder", columns, FORMAT, extra=extra)


def _spoilt_order(number: int, name: str, customer: str, day: str) -> dict[str, Any]:
    return {
        "id": f"00000000-0000-0000-0000-{number:012d}",
        "OrderNbr": field(name),
        "CustomerID": field(customer),
        "Date": field(f"{day}T00:00:00+00:00"),
    }


def _invoice_ids(view: ErpView) -> Array:
    return text(f"AR{n:08d}" for n in view.world.invoices["number"])


def _invoice_details(view: ErpView, items: Array) -> list[list[dict[str, Any]]]:
    """Return the nested lines of each invoice kept here; those of credit memos are positive."""
    lines, invoice, _, source = view.billed()
    sign = np.where(invoice["kind"] == "credit_note", -1, 1)
    size = len(lines)
    entries = nested(
        {
            "LineNbr": fields(int(n + 1) for n in lines["place"]),
            "InventoryID": fields(items[lines["product"]]),
            "Qty": fields(lines["quantity"] * sign),
            "UnitPrice": fields(lines["price"]),
            "Amount": fields(lines["amount"] * sign),
            "OrderType": fields(["SO"] * size),
            "OrderNbr": fields(refer(_order_ids(view), source)),
            "CostAmount": fields(lines["cost"] * sign),
        }
    )
    return _groups(np.searchsorted(view.invoice, lines["invoice"]), entries, len(view.invoice))


def _invoice(view: ErpView, customers: Array, items: Array) -> Table:
    rows, account, paid = view.invoices()
    credit = rows["kind"] == "credit_note"
    sign = np.where(credit, -1, 1)
    status = np.where(rows["cancelled"], "Canceled", np.where(paid["state"] == "cleared", "Closed", "Open"))
    columns: Columns = {
        "id": list(guids("acumatica invoice", rows["number"])),
        "Type": fields(np.where(credit, "Credit Memo", "Invoice")),
        "ReferenceNbr": fields(_invoice_ids(view)[view.invoice]),
        "Status": fields(status),
        "CustomerID": fields(customers[account]),
        "CustomerOrder": fields(refer(view.world.orders["po"], rows["order"])),
        "Date": fields(_day(rows["invoiced"])),
        "DueDate": fields(_day(rows["due"])),
        "Currency": fields(rows["currency"]),
        "Amount": fields(float(a) for a in rows["gross"] * sign),
        "TaxTotal": fields(float(t) for t in rows["tax"] * sign),
        "Balance": fields(float(o) for o in paid["open"] * sign),
        "Details": _invoice_details(view, items),
        "LastModifiedDateTime": fields(_stamp(rows["invoiced"].astype("datetime64[s]") + 50_000)),
    }
    return Table("SalesInvoice", columns, FORMAT)


def _payment(view: ErpView, customers: Array) -> Table:
    rows, paid = view.world.invoices.take(view.invoice), view.world.payments.take(view.invoice)
    pays = (paid["paid"] > 0) & (rows["kind"] == "invoice") & ~rows["cancelled"]
    number = _invoice_ids(view)[view.invoice][pays]
    rows, paid = rows.take(pays), paid.take(pays)
    account = view.carrier[rows["customer"]]
    return Table(
        "Payment",
        {
            "id": list(guids("acumatica payment", rows["number"])),
            "Type": fields(["Payment"] * len(rows)),
            "ReferenceNbr": fields(f"PM{n:08d}" for n in rows["number"]),
            "Status": fields(["Closed"] * len(rows)),
            "CustomerID": fields(view.payer_of(customers, account)),
            "ApplicationDate": fields(_day(paid["paid_on"])),
            "CurrencyID": fields(rows["currency"]),
            "PaymentAmount": fields(float(a) for a in paid["paid"]),
            "PaymentRef": fields(f"BANK{n % 100_000:05d}" for n in rows["number"]),
            "DocumentsToApply": [
                [{"DocType": field("Invoice"), "ReferenceNbr": field(n), "AmountPaid": field(float(a))}]
                for n, a in zip(number, paid["paid"], strict=True)
            ],
            "LastModifiedDateTime": fields(_stamp(paid["paid_on"].astype("datetime64[s]") + 50_000)),
        },
        FORMAT,
    )


def _items(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    barcode = np.where(chance(view.rng, len(rows), 0.2), "", rows["gtin"])
    yield Table(
        "StockItem",
        {
            "id": list(guids("acumatica item", rows["number"])),
            "InventoryID": fields(ids),
            "Description": fields(rows["name"]),
            "ItemClass": fields(rows["family"]),
            "ItemStatus": fields(np.where(rows["active"], "Active", "Inactive")),
            "BaseUOM": fields(u.upper() for u in rows["unit"]),
            "DefaultPrice": fields(float(p) for p in rows["price"]),
            "CurrentStdCost": fields(round(float(p), 2) for p in rows["price"] * rows["cost_share"]),
            "CrossReferences": [
                [{"AlternateType": field("Barcode"), "AlternateID": field(b)}] if b else [] for b in barcode
            ],
            "LastModified": fields(_stamp(born(view.world))),
        },
        FORMAT,
    )
    size = len(rows)
    listed = np.concatenate([price_in(rows["price"], c) for c in CURRENCIES])
    yield Table(
        "SalesPrice",
        {
            "id": list(guids("acumatica price", range(size * len(CURRENCIES)))),
            "PriceType": fields(["Base"] * size * len(CURRENCIES)),
            "InventoryID": fields(np.tile(ids, len(CURRENCIES))),
            "CurrencyID": fields(np.repeat(text(CURRENCIES), size)),
            "Price": fields(float(p) for p in listed),
            "EffectiveDate": fields(["2024-01-01T00:00:00+00:00"] * size * len(CURRENCIES)),
        },
        FORMAT,
    )
