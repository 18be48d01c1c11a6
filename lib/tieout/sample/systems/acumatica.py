"""How does Acumatica export? JSON lines of its interface: each field is {"value": ...}, none is {}."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from tieout.sample.catalog import CURRENCIES, price_in
from tieout.sample.ids import guids
from tieout.sample.rows import Array, chance, text
from tieout.sample.systems.base import Export, earlier
from tieout.sample.systems.erp import ErpView, erp_view
from tieout.sample.systems.words import born, material_code, refer, tax_number
from tieout.sample.tables import Columns, Form, Table, days, times
from tieout.sample.world import World

SYSTEM = "acumatica"
FORM = Form(suffix="jsonl")


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
    contacts = [
        {
            "id": g, "Email": field(e), "Phone1": field(p), "Phone1Type": field("Business 1"),
            "Fax": field(f), "WebSite": field(w), "CompanyName": field(n),
            "Address": {
                "AddressLine1": field(s), "AddressLine2": field(x), "City": field(t), "PostalCode": field(z),
                "State": field(r), "Country": field(c),
            },
        }
        for g, e, p, f, w, n, s, x, t, z, r, c in zip(
            guids("acumatica main", rows["number"]),
            rows["email"],
            rows["phone"],
            rows["fax"],
            rows["web"],
            rows["name"],
            rows["street"],
            rows["name2"],
            rows["town"],
            rows["postcode"],
            rows["region_code"],
            rows["country"],
            strict=True,
        )
    ]
    limited = chance(rng, size, 0.92)
    columns: Columns = {
        "id": list(guids("acumatica customer", rows["number"])), "rowNumber": list(range(1, size + 1)),
        "note": fields([""] * size), "CustomerID": fields(ids), "CustomerName": fields(rows["name"]),
        "CustomerClass": fields(["DEFAULT"] * size), "Status": fields(status),
        "ParentRecord": fields(refer(ids, rows["parent"])),
        "BillingCustomer": fields(np.where(view.bills_elsewhere, refer(ids, view.payer), "")),
        "Email": fields(rows["email"]), "MainContact": contacts, "CurrencyID": fields(view.currency),
        "TaxRegistrationID": fields(tax_number(rows)), "Terms": fields(f"{d}D" for d in view.days),
        "CreditVerificationRules": [
            {
                "CreditVerification": field("Limit" if has else "Disabled"),
                "CreditLimit": field(float(v) if has else 0.0),
            }
            for v, has in zip(view.limit, limited, strict=True)
        ],
        "AccountRef": fields(rows["duns"]), "CreatedDateTime": fields(_stamp(rows["created"])),
        "LastModifiedDateTime": fields(_stamp(rows["modified"])), "custom": [{} for _ in range(size)],
    }
    old = earlier(
        view.world,
        "acumatica customer",
        size,
        0.03,
        {"LastModifiedDateTime": _stamp(rows["modified"] - 9_000_000)},
    )
    older = {
        i: {"Status": field("On Hold"), **{k: field(v) for k, v in values.items()}}
        for i, values in old.items()
    }
    bad: dict[str, Any] = {name: {} for name in columns} | {
        "id": "00000000-0000-0000-0000-000000000001", "rowNumber": size + 1,
        "CustomerName": field("No key given"), "Status": field("Active"),
        "LastModifiedDateTime": field("2026-01-01T00:00:00.003+00:00"),
    }
    return Table("Customer", columns, FORM, older, [bad])


def _contact(view: ErpView, customers: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "id": list(guids("acumatica contact", rows["number"])),
        "ContactID": fields(int(n + 100_000) for n in rows["number"]),
        "BusinessAccount": fields(customers[rows["account"]]), "FirstName": fields(rows["first"]),
        "LastName": fields(rows["last"]), "DisplayName": fields(rows["last"] + ", " + rows["first"]),
        "JobTitle": fields(rows["title"]), "Email": fields(rows["email"]), "Phone1": fields(rows["phone"]),
        "Phone1Type": fields(["Business 1"] * len(rows)), "Phone2": fields(rows["mobile"]),
        "Phone2Type": fields(["Cell"] * len(rows)), "Active": fields([True] * len(rows)),
        "NoMarketing": fields(bool(o) for o in rows["optout"]), "Type": fields(["Contact"] * len(rows)),
        "LastModifiedDateTime": fields(_stamp(rows["modified"])),
    }
    bad: dict[str, Any] = {name: {} for name in columns} | {
        "id": "00000000-0000-0000-0000-000000000002", "ContactID": field(1 + view.world.piece.number),
        "BusinessAccount": field("C999999999"), "LastName": field("Orphan"), "Active": field(True),
        "LastModifiedDateTime": field("2026-01-01T00:00:00.003+00:00"),
    }
    return Table("Contact", columns, FORM, extra=[bad])


def _order_ids(view: ErpView) -> Array:
    return text(f"SO{n:08d}" for n in view.world.orders["number"])


def _order(view: ErpView, customers: Array, items: Array) -> Table:
    world = view.world
    rows, lines = world.orders.take(view.order), world.order_lines.take(view.order_line)
    size = len(rows)
    account = view.carrier[rows["customer"]]
    status = np.select(
        [rows["status"] == "open", rows["status"] == "rejected"], ["Open", "Canceled"], "Completed"
    )
    position = np.full(len(world.orders), -1)
    position[view.order] = np.arange(size)
    product = world.products.take(lines["product"])
    entries = [
        {
            "id": g, "LineNbr": field(int(n + 1)), "InventoryID": field(i), "LineDescription": field(d),
            "OrderQty": field(float(q)), "UOM": field(u.upper()), "UnitPrice": field(float(p)),
            "ExtendedPrice": field(float(a)), "Amount": field(float(a)),
            "UnitCost": field(round(float(c / max(q, 1)), 4)),
        }
        for g, n, i, d, q, u, p, a, c in zip(
            guids("acumatica line", world.orders["number"][lines["order"]] * 10 + lines["place"]),
            lines["place"],
            items[lines["product"]],
            product["name"],
            lines["quantity"],
            product["unit"],
            lines["price"],
            lines["amount"],
            lines["cost"],
            strict=True,
        )
    ]
    columns: Columns = {
        "id": list(guids("acumatica order", rows["number"])), "OrderType": fields(["SO"] * size),
        "OrderNbr": fields(_order_ids(view)[view.order]), "Status": fields(status),
        "CustomerID": fields(customers[account]), "CustomerOrder": fields(rows["po"]),
        "ExternalRef": fields(rows["code"]), "Date": fields(_day(rows["ordered"])),
        "EffectiveDate": fields(_day(rows["starts"])), "ExpirationDate": fields(_day(rows["ends"])),
        "CurrencyID": fields(rows["currency"]), "OrderTotal": fields(float(a) for a in rows["amount"]),
        "TaxTotal": fields([0.0] * size), "CreditHold": fields([False] * size),
        "Details": _groups(position[lines["order"]], entries, size),
        "LastModified": fields(_stamp(rows["ordered"].astype("datetime64[s]") + 40_000)),
    }
    base: dict[str, Any] = {name: {} for name in columns} | {
        "OrderType": field("SO"), "Status": field("Open"), "CurrencyID": field("USD"),
        "OrderTotal": field(10.0), "Details": [], "LastModified": field("2026-01-01T00:00:00.003+00:00"),
    }
    extra = [
        base
        | {
            "id": "00000000-0000-0000-0000-000000000003",
            "OrderNbr": field(f"SOBAD{view.world.piece.number}"), "CustomerID": field("C999999999"),
            "Date": field("2026-03-01T00:00:00+00:00"),
        },
        base
        | {
            "id": "00000000-0000-0000-0000-000000000004",
            "OrderNbr": field(f"SODAT{view.world.piece.number}"),
            "CustomerID": field(str(customers[0]) if len(customers) else "C999999999"),
            "Date": field("2026-02-31T00:00:00+00:00"),
        },
    ]
    return Table("SalesOrder", columns, FORM, extra=extra)


def _invoice_ids(view: ErpView) -> Array:
    return text(f"AR{n:08d}" for n in view.world.invoices["number"])


def _invoice(view: ErpView, customers: Array, items: Array) -> Table:
    world = view.world
    rows, lines = world.invoices.take(view.invoice), world.invoice_lines.take(view.invoice_line)
    paid = world.payments.take(view.invoice)
    size = len(rows)
    credit = rows["kind"] == "credit_note"
    sign = np.where(credit, -1, 1)
    status = np.where(rows["cancelled"], "Canceled", np.where(paid["state"] == "cleared", "Closed", "Open"))
    position = np.full(len(world.invoices), -1)
    position[view.invoice] = np.arange(size)
    turned = sign[position[lines["invoice"]]]
    source = world.order_lines["order"][lines["order_line"]]
    entries = [
        {
            "LineNbr": field(int(n + 1)), "InventoryID": field(i), "Qty": field(float(q)),
            "UnitPrice": field(float(p)), "Amount": field(float(a)), "OrderType": field("SO"),
            "OrderNbr": field(o), "CostAmount": field(float(c)),
        }
        for n, i, q, p, a, o, c in zip(
            lines["place"],
            items[lines["product"]],
            lines["quantity"] * turned,
            lines["price"],
            lines["amount"] * turned,
            refer(_order_ids(view), source),
            lines["cost"] * turned,
            strict=True,
        )
    ]
    columns: Columns = {
        "id": list(guids("acumatica invoice", rows["number"])),
        "Type": fields(np.where(credit, "Credit Memo", "Invoice")),
        "ReferenceNbr": fields(_invoice_ids(view)[view.invoice]), "Status": fields(status),
        "CustomerID": fields(customers[view.carrier[rows["customer"]]]),
        "CustomerOrder": fields(refer(world.orders["po"], rows["order"])),
        "Date": fields(_day(rows["invoiced"])), "DueDate": fields(_day(rows["due"])),
        "Currency": fields(rows["currency"]), "Amount": fields(float(a) for a in rows["gross"] * sign),
        "TaxTotal": fields(float(t) for t in rows["tax"] * sign),
        "Balance": fields(float(o) for o in paid["open"] * sign),
        "Details": _groups(position[lines["invoice"]], entries, size),
        "LastModifiedDateTime": fields(_stamp(rows["invoiced"].astype("datetime64[s]") + 50_000)),
    }
    return Table("SalesInvoice", columns, FORM)


def _payment(view: ErpView, customers: Array) -> Table:
    rows, paid = view.world.invoices.take(view.invoice), view.world.payments.take(view.invoice)
    pays = (paid["paid"] > 0) & (rows["kind"] == "invoice") & ~rows["cancelled"]
    number = _invoice_ids(view)[view.invoice][pays]
    rows, paid = rows.take(pays), paid.take(pays)
    account = view.carrier[rows["customer"]]
    return Table(
        "Payment",
        {
            "id": list(guids("acumatica payment", rows["number"])), "Type": fields(["Payment"] * len(rows)),
            "ReferenceNbr": fields(f"PM{n:08d}" for n in rows["number"]),
            "Status": fields(["Closed"] * len(rows)), "CustomerID": fields(view.payer_of(customers, account)),
            "ApplicationDate": fields(_day(paid["paid_on"])), "CurrencyID": fields(rows["currency"]),
            "PaymentAmount": fields(float(a) for a in paid["paid"]),
            "PaymentRef": fields(f"BANK{n % 100_000:05d}" for n in rows["number"]),
            "DocumentsToApply": [
                [{"DocType": field("Invoice"), "ReferenceNbr": field(n), "AmountPaid": field(float(a))}]
                for n, a in zip(number, paid["paid"], strict=True)
            ],
            "LastModifiedDateTime": fields(_stamp(paid["paid_on"].astype("datetime64[s]") + 50_000)),
        },
        FORM,
    )


def _items(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    barcode = np.where(chance(view.rng, len(rows), 0.2), "", rows["gtin"])
    yield Table(
        "StockItem",
        {
            "id": list(guids("acumatica item", rows["number"])), "InventoryID": fields(ids),
            "Description": fields(rows["name"]), "ItemClass": fields(rows["family"]),
            "ItemStatus": fields(np.where(rows["active"], "Active", "Inactive")),
            "BaseUOM": fields(u.upper() for u in rows["unit"]),
            "DefaultPrice": fields(float(p) for p in rows["price"]),
            "CurrentStdCost": fields(round(float(p), 2) for p in rows["price"] * rows["cost_share"]),
            "CrossReferences": [
                [{"AlternateType": field("Barcode"), "AlternateID": field(b)}] if b else [] for b in barcode
            ],
            "LastModified": fields(_stamp(born(view.world))),
        },
        FORM,
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
        FORM,
    )
