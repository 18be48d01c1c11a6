"""Epicor Kinetic exports as CSV with its business objects' names, True and False, ISO times."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.locales import LOCALES, USD_PER_UNIT
from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.words import born, material_code, refer, spoilt, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, flags, money, whole
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.world import World

SYSTEM = "epicor"
FORMAT = FileFormat(newline="\r\n")
COMPANY = "EPIC06"


def export(world: World) -> Export:
    """Return the Epicor tables of one piece; CustNum is the key, CustID the number that people know."""
    view = erp_view(world, SYSTEM, name_length=50, cancellations=True)
    customer = whole(view.accounts["number"] + 1)
    contact = _contact_ids(view, customer)
    part = material_code(world)
    truth = {"account": (customer, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (part, world.products["true_id"])
    return Export(_tables(view, customer, part), truth)


def _contact_ids(view: ErpView, customers: Array) -> Array:
    """Return the key of contacts: customer and number, joined by `/` as keys of two columns are."""
    return text(
        f"{c}/{n}" for c, n in zip(customers[view.contacts["account"]], view.contacts["number"] + 1, strict=True)
    )


def _tables(view: ErpView, customer: Array, part: Array) -> Iterator[Table]:
    yield _customer(view, customer)
    yield _contact(view, customer)
    yield _order(view, customer)
    yield _order_line(view, part)
    yield _invoice(view, customer)
    yield _invoice_line(view, part)
    yield _cash(view, customer)
    if view.world.piece.number == 0:
        yield from _parts(view, part)


def _day(values: Array) -> Array:
    return days(values, "%Y-%m-%dT00:00:00")


def _customer(view: ErpView, ids: Array) -> Table:
    rng, rows = view.rng, view.accounts
    size = len(rows)
    countries = {locale.country: locale.country_names[0] for locale in LOCALES}
    named = text(countries.get(c, c) for c in rows["country"])
    by = view.accounts.take(view.payer)
    columns: Columns = {
        "Company": COMPANY,
        "CustID": text(
            f"{n[:4].upper().replace(' ', '')}{k % 1_000_000:06d}"
            for n, k in zip(rows["name"], rows["number"], strict=True)
        ),
        "CustNum": ids,
        "Name": rows["name"],
        "LegalName": blank(rows["name"], chance(rng, size, 0.7)),
        "Address1": rows["street"],
        "Address2": rows["name2"],
        "Address3": "",
        "City": rows["town"],
        "State": rows["region_code"],
        "Zip": rows["postcode"],
        "Country": named,
        "PhoneNum": rows["phone"],
        "FaxNum": rows["fax"],
        "EMailAddress": rows["email"],
        "CustURL": rows["web"],
        "ResaleID": tax_number(rows),
        "TaxExempt": "",
        "CustomerType": "CUS",
        "GroupCode": "DIST",
        "ParentCustNum": np.where(rows["parent"] >= 0, refer(ids, rows["parent"]), "0").astype(object),
        "BTCustNum": np.where(view.bills_elsewhere, refer(ids, view.payer), "0").astype(object),
        "BTName": blank(by["name"], view.payer == np.arange(size)),
        "CurrencyCode": view.currency,
        "TermsCode": text(f"N{d}" for d in view.days),
        "CreditLimit": np.where(chance(rng, size, 0.08), "0.00", money(view.limit)).astype(object),
        "CreditHold": flags(view.blocked, "True", "False"),
        "CreditHoldDate": "",
        "SalesRepCode": "KIN",
        "TerritoryID": "DEFAULT",
        "EstDate": _day(rows["created"]),
        "Inactive": flags(rows["fate"] == "deleted", "True", "False"),
        "DUNSNumber_c": rows["duns"],
        "ChangedBy": "manager",
        "ChangeDate": _day(rows["modified"]),
        "ChangeTime": whole(rows["modified"].astype(np.int64) % 86_400),
        "SysRowID": text(f"{n:08x}-0000-4000-8000-{n * 7:012x}" for n in rows["number"]),
    }
    old = earlier(
        view.world,
        "epicor customer",
        size,
        0.03,
        {"PhoneNum": "", "ChangeDate": _day(rows["modified"] - 9_000_000), "ChangeTime": "30000"},
    )
    bad = spoilt(
        columns,
        Company=COMPANY,
        Name="No key given",
        CreditHold="False",
        Inactive="False",
        ChangeDate="2026-01-01T00:00:00",
        ChangeTime="0",
    )
    return Table("Customer", columns, FORMAT, old, [bad])


def _contact(view: ErpView, customers: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "Company": COMPANY,
        "CustNum": customers[rows["account"]],
        "ShipToNum": "",
        "ConNum": whole(rows["number"] + 1),
        "Name": rows["first"] + " " + rows["last"],
        "FirstName": rows["first"],
        "LastName": rows["last"],
        "ContactTitle": rows["title"],
        "PhoneNum": rows["phone"],
        "CellPhoneNum": rows["mobile"],
        "EMailAddress": rows["email"],
        "NoContact": flags(rows["optout"], "True", "False"),
        "Inactive": "False",
        "ChangeDate": _day(rows["modified"]),
        "ChangeTime": whole(rows["modified"].astype(np.int64) % 86_400),
    }
    bad = spoilt(
        columns,
        Company=COMPANY,
        CustNum="99999999",
        ConNum=str(1 + view.world.piece.number),
        Name="Orphan",
        LastName="Orphan",
        Inactive="False",
        ChangeDate="2026-01-01T00:00:00",
        ChangeTime="0",
    )
    return Table("CustCnt", columns, FORMAT, extra=[bad])


def _order(view: ErpView, customers: Array) -> Table:
    rows, account = view.orders()
    rate = _rates(rows["currency"])
    columns: Columns = {
        "Company": COMPANY,
        "OrderNum": whole(rows["number"] + 1),
        "CustNum": customers[account],
        "BTCustNum": view.payer_of(customers, account),
        "PONum": rows["po"],
        "CRMDeal_c": rows["code"],
        "OrderDate": _day(rows["ordered"]),
        "RequestDate": _day(rows["ordered"] + 10),
        "EntryPerson": "manager",
        "OpenOrder": flags(rows["status"] == "open", "True", "False"),
        "VoidOrder": flags(rows["status"] == "rejected", "True", "False"),
        "OrderHeld": "False",
        "CurrencyCode": rows["currency"],
        "ExchangeRate": text(f"{r:.6f}" for r in rate),
        "OrderAmt": money(rows["amount"] * rate),
        "DocOrderAmt": money(rows["amount"]),
        "TermsCode": text(f"N{d}" for d in view.days[account]),
        "ContractStart_c": _day(rows["starts"]),
        "ContractEnd_c": _day(rows["ends"]),
        "ChangeDate": _day(np.minimum(rows["ordered"] + 2, view.world.piece.as_of)),
        "ChangeTime": "36000",
    }
    base = spoilt(
        columns,
        Company=COMPANY,
        OpenOrder="True",
        VoidOrder="False",
        CurrencyCode="USD",
        DocOrderAmt="10.00",
        OrderAmt="10.00",
        ChangeDate="2026-01-01T00:00:00",
        ChangeTime="0",
    )
    first = 900_000_000 + 2 * view.world.piece.number
    extra = [
        base | {"OrderNum": str(first), "CustNum": "99999999", "OrderDate": "2026-03-01T00:00:00"},
        base
        | {
            "OrderNum": str(first + 1),
            "CustNum": str(customers[0]) if len(customers) else "99999999",
            "OrderDate": "2026-02-31T00:00:00",
        },
    ]
    return Table("OrderHed", columns, FORMAT, extra=extra)


def _rates(currencies: Array) -> Array:
    return np.asarray([USD_PER_UNIT[c] for c in currencies], dtype=float)


def _order_line(view: ErpView, parts: Array) -> Table:
    lines, order, product = view.sold()
    rate = _rates(order["currency"])
    columns: Columns = {
        "Company": COMPANY,
        "OrderNum": whole(order["number"] + 1),
        "OrderLine": whole(lines["place"] + 1),
        "PartNum": parts[lines["product"]],
        "LineDesc": product["name"],
        "OrderQty": text(f"{q:.8f}" for q in lines["quantity"]),
        "SalesUM": text({"Each": "EA", "License": "LIC", "Hour": "HR"}[u] for u in product["unit"]),
        "UnitPrice": money(lines["price"] * rate),
        "DocUnitPrice": money(lines["price"]),
        "ExtPrice": money(lines["amount"] * rate),
        "DocExtPrice": money(lines["amount"]),
        "DocUnitCost_c": text(f"{c / max(q, 1):.5f}" for c, q in zip(lines["cost"], lines["quantity"], strict=True)),
        "OpenLine": flags(order["status"] == "open", "True", "False"),
        "VoidLine": flags(order["status"] == "rejected", "True", "False"),
    }
    bad = spoilt(
        columns,
        Company=COMPANY,
        OrderNum="999999999",
        OrderLine="1",
        PartNum="P-00000",
        OrderQty="-5.00000000",
        DocExtPrice="10.00",
        VoidLine="False",
    )
    return Table("OrderDtl", columns, FORMAT, extra=[bad])


def _invoice(view: ErpView, customers: Array) -> Table:
    rows, account, paid = view.invoices()
    rate = _rates(rows["currency"])
    credit = rows["net"] < 0
    settled = rows["cancelled"] | (rows["kind"] == "cancellation")
    open_amount = np.where(settled, 0, paid["open"])
    return Table(
        "InvcHead",
        {
            "Company": COMPANY,
            "InvoiceNum": whole(rows["number"] + 1),
            "InvoiceType": "SHP",
            "CreditMemo": flags(credit, "True", "False"),
            "Posted": "True",
            "OpenInvoice": flags(open_amount != 0, "True", "False"),
            "OrderNum": whole(view.world.orders["number"][rows["order"]] + 1),
            "CustNum": view.payer_of(customers, account),
            "SoldToCustNum": customers[account],
            "InvoiceDate": _day(rows["invoiced"]),
            "DueDate": _day(rows["due"]),
            "CurrencyCode": rows["currency"],
            "ExchangeRate": text(f"{r:.6f}" for r in rate),
            "InvoiceAmt": money(rows["gross"] * rate),
            "DocInvoiceAmt": money(rows["gross"]),
            "DocTaxAmt": money(rows["tax"]),
            "InvoiceBal": money(open_amount * rate),
            "DocInvoiceBal": money(open_amount),
            "InvoiceRef": np.where(
                (rows["kind"] == "cancellation"),
                whole(view.world.invoices["number"][np.maximum(rows["cancels"], 0)] + 1),
                "0",
            ).astype(object),
            "PONum": view.world.orders["po"][rows["order"]],
            "TermsCode": text(f"N{d}" for d in rows["days"]),
            "ClosedDate": blank(_day(paid["paid_on"]), open_amount != 0),
            "ChangeDate": _day(rows["invoiced"]),
        },
        FORMAT,
    )


def _invoice_line(view: ErpView, parts: Array) -> Table:
    lines, invoice, product, source = view.billed()
    per_unit = lines["cost"] / np.where(lines["quantity"] == 0, 1, lines["quantity"])
    return Table(
        "InvcDtl",
        {
            "Company": COMPANY,
            "InvoiceNum": whole(invoice["number"] + 1),
            "InvoiceLine": whole(lines["place"] + 1),
            "PartNum": parts[lines["product"]],
            "LineDesc": product["name"],
            "SellingShipQty": text(f"{q:.8f}" for q in lines["quantity"]),
            "DocUnitPrice": money(lines["price"]),
            "DocExtPrice": money(lines["amount"]),
            "MtlUnitCost": text(f"{c:.5f}" for c in per_unit),
            "LbrUnitCost": "0.00000",
            "OrderNum": whole(view.world.orders["number"][source] + 1),
        },
        FORMAT,
    )


def _cash(view: ErpView, customers: Array) -> Table:
    """Cash receipts applied to invoices."""
    rows, account, paid = view.receipts()
    return Table(
        "CashDtl",
        {
            "Company": COMPANY,
            "HeadNum": whole(rows["number"] + 1),
            "GroupID": "BANK1",
            "InvoiceNum": whole(rows["number"] + 1),
            "CustNum": view.payer_of(customers, account),
            "TranType": "PayInv",
            "TranDate": _day(paid["paid_on"]),
            "CurrencyCode": rows["currency"],
            "TranAmt": money(paid["paid"] * _rates(rows["currency"])),
            "DocTranAmt": money(paid["paid"]),
            "Voided": "False",
            "Posted": "True",
        },
        FORMAT,
    )


def _parts(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    units = {"Each": "EA", "License": "LIC", "Hour": "HR"}
    yield Table(
        "Part",
        {
            "Company": COMPANY,
            "PartNum": ids,
            "PartDescription": rows["name"],
            "SearchWord": text(n[:8].upper() for n in rows["name"]),
            "ClassID": rows["family"],
            "TypeCode": "P",
            "SalesUM": text(units[u] for u in rows["unit"]),
            "UnitPrice": money(rows["price"]),
            "InternalUnitPrice": money(rows["price"] * rows["cost_share"]),
            "UPCCode1": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "InActive": flags(rows["active"], "False", "True"),
            "ChangedOn": _day(born(view.world)),
        },
        FORMAT,
    )
    yield Table(
        "PriceLstParts",
        {
            "Company": COMPANY,
            "ListCode": np.repeat(text(f"STD-{c}" for c in CURRENCIES), len(rows)),
            "PartNum": np.tile(ids, len(CURRENCIES)),
            "BasePrice": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
            "UOMCode": np.tile(text(units[u] for u in rows["unit"]), len(CURRENCIES)),
        },
        FORMAT,
    )
    yield Table(
        "PriceLst",
        {
            "Company": COMPANY,
            "ListCode": text(f"STD-{c}" for c in CURRENCIES),
            "CurrencyCode": text(CURRENCIES),
            "StartDate": "2024-01-01T00:00:00",
            "EndDate": "",
        },
        FORMAT,
    )
