"""Sage Intacct exports as CSV of data delivery: capitals with dots, MM/DD/YYYY, true and false."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.locales import LOCALES
from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.words import material_code, refer, spoilt, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, flags, money, whole
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.world import World

SYSTEM = "intacct"
FORMAT = FileFormat(quote_all=True)


def export(world: World) -> Export:
    """Return the Intacct objects of one piece."""
    view = erp_view(world, SYSTEM, name_length=100)
    customer = text(f"C-{n:06d}" for n in view.accounts["number"])
    contact = whole(view.contacts["number"] + 30_000_000)
    item = material_code(world)
    truth = {"account": (customer, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (item, world.products["true_id"])
    return Export(_tables(view, customer, contact, item), truth)


def _tables(view: ErpView, customer: Array, contact: Array, item: Array) -> Iterator[Table]:
    yield _customer(view, customer)
    yield _contact(view, customer, contact)
    yield _order(view, customer)
    yield _order_entry(view, item)
    yield _invoice(view, customer)
    yield _invoice_item(view, customer, item)
    yield _payment(view, customer)
    if view.world.piece.number == 0:
        yield from _items(view, item)


def us_day(values: Array) -> Array:
    """Write dates as MM/DD/YYYY; a missing one empty."""
    return days(values, "%m/%d/%Y")


def us_time(values: Array) -> Array:
    """Write times as MM/DD/YYYY HH:MM:SS."""
    texts = np.datetime_as_string(values.astype("datetime64[s]"))
    return text(f"{t[5:7]}/{t[8:10]}/{t[:4]} {t[11:]}" for t in texts)


def _customer(view: ErpView, ids: Array) -> Table:
    rng, rows = view.rng, view.accounts
    size = len(rows)
    name = "DISPLAYCONTACT.MAILADDRESS."
    countries = {locale.country: locale.country_names[0] for locale in LOCALES}
    columns: Columns = {
        "RECORDNO": whole(rows["number"] + 100),
        "CUSTOMERID": ids,
        "NAME": rows["name"],
        "ENTITY": "C" + ids,
        "PARENTID": refer(ids, rows["parent"]),
        "CUSTTYPE": "Customer",
        "STATUS": "active",
        "DISPLAYCONTACT.CONTACTNAME": rows["name"] + "(" + ids + ")",
        "DISPLAYCONTACT.COMPANYNAME": rows["name"],
        "DISPLAYCONTACT.PHONE1": rows["phone"],
        "DISPLAYCONTACT.FAX": rows["fax"],
        "DISPLAYCONTACT.EMAIL1": rows["email"],
        "DISPLAYCONTACT.URL1": rows["web"],
        f"{name}ADDRESS1": rows["street"],
        f"{name}ADDRESS2": "",
        f"{name}CITY": rows["town"],
        f"{name}STATE": rows["region_code"],
        f"{name}ZIP": rows["postcode"],
        f"{name}COUNTRY": text(countries.get(c, c) for c in rows["country"]),
        f"{name}COUNTRYCODE": rows["country"],
        "TAXID": tax_number(rows),
        "CREDITLIMIT": blank(money(view.limit), chance(rng, size, 0.08)),
        "ONHOLD": flags(view.blocked, "true", "false"),
        "TERMNAME": _terms(view),
        "CURRENCY": view.currency,
        "BILLTO.CONTACTNAME": refer(rows["name"], view.payer),
        "BILLTOCUSTOMERID": refer(ids, view.payer),
        "TOTALDUE": "0",
        "COMMENTS": "",
        "DUNS": rows["duns"],
        "WHENCREATED": us_time(rows["created"].astype("datetime64[s]") + 30_000),
        "WHENMODIFIED": us_time(rows["modified"]),
        "ddsChangeType": flags(rows["fate"] == "deleted", "delete", "create"),
    }
    old = earlier(
        view.world,
        "intacct customer",
        size,
        0.03,
        {"DISPLAYCONTACT.PHONE1": "", "WHENMODIFIED": us_time(rows["modified"] - 9_000_000)},
    )
    bad = spoilt(
        columns,
        NAME="No key given",
        STATUS="active",
        ONHOLD="false",
        ddsChangeType="create",
        WHENMODIFIED="01/01/2026 00:00:00",
    )
    return Table("CUSTOMER", columns, FORMAT, old, [bad])


def _terms(view: ErpView) -> Array:
    return text(f"Net {d}" for d in view.days)


def _contact(view: ErpView, customers: Array, ids: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "RECORDNO": ids,
        "CONTACTNAME": rows["first"] + " " + rows["last"] + " (" + ids + ")",
        "COMPANYNAME": view.accounts["name"][rows["account"]],
        "CUSTOMERID": customers[rows["account"]],
        "PREFIX": flags(rows["female"], "Ms.", "Mr."),
        "FIRSTNAME": rows["first"],
        "LASTNAME": rows["last"],
        "PHONE1": rows["phone"],
        "CELLPHONE": rows["mobile"],
        "EMAIL1": rows["email"],
        "STATUS": "active",
        "WHENCREATED": us_time(rows["created"].astype("datetime64[s]") + 30_000),
        "WHENMODIFIED": us_time(rows["modified"]),
    }
    bad = spoilt(
        columns,
        RECORDNO=str(1 + view.world.piece.number),
        LASTNAME="Orphan",
        CUSTOMERID="C-999999",
        STATUS="active",
        WHENMODIFIED="01/01/2026 00:00:00",
    )
    return Table("CONTACT", columns, FORMAT, extra=[bad])


def _order_ids(view: ErpView) -> Array:
    return text(f"Sales Order-SO{n:08d}" for n in view.world.orders["number"])


def _order(view: ErpView, customers: Array) -> Table:
    rows, account = view.orders()
    state = np.select([rows["status"] == "open", rows["status"] == "rejected"], ["Pending", "Closed"], "Converted")
    columns: Columns = {
        "RECORDNO": whole(rows["number"] + 1_000),
        "DOCID": _order_ids(view)[view.order],
        "DOCPARID": "Sales Order",
        "DOCNO": text(f"SO{n:08d}" for n in rows["number"]),
        "STATE": state.astype(object),
        "CUSTVENDID": customers[account],
        "CUSTVENDNAME": view.accounts["name"][account],
        "BILLTOCUSTOMERID": view.payer_of(customers, account),
        "PONUMBER": rows["po"],
        "CUSTOMERREF": rows["code"],
        "WHENCREATED": us_day(rows["ordered"]),
        "WHENDUE": us_day(rows["ordered"] + 30),
        "CURRENCY": rows["currency"],
        "TRX_SUBTOTAL": money(rows["amount"]),
        "TRX_TOTAL": money(rows["amount"]),
        "TERM.NAME": _terms(view)[account],
        "CONTRACTSTART": us_day(rows["starts"]),
        "CONTRACTEND": us_day(rows["ends"]),
        "VOIDED": flags(rows["status"] == "rejected", "true", "false"),
        "AUWHENCREATED": us_time(rows["ordered"].astype("datetime64[s]") + 30_000),
        "WHENMODIFIED": us_time(rows["ordered"].astype("datetime64[s]") + 40_000),
    }
    base = spoilt(
        columns,
        DOCPARID="Sales Order",
        STATE="Pending",
        CURRENCY="USD",
        TRX_TOTAL="10.00",
        VOIDED="false",
        WHENMODIFIED="01/01/2026 00:00:00",
    )
    extra = [
        base
        | {
            "RECORDNO": str(1 + 2 * view.world.piece.number),
            "DOCID": f"Sales Order-BAD{view.world.piece.number}",
            "CUSTVENDID": "C-999999",
            "WHENCREATED": "03/01/2026",
        },
        base
        | {
            "RECORDNO": str(2 + 2 * view.world.piece.number),
            "DOCID": f"Sales Order-DAT{view.world.piece.number}",
            "CUSTVENDID": str(customers[0]) if len(customers) else "C-999999",
            "WHENCREATED": "02/31/2026",
        },
    ]
    return Table("SODOCUMENT", columns, FORMAT, extra=extra)


def _order_entry(view: ErpView, items: Array) -> Table:
    lines, order, product = view.sold()
    columns: Columns = {
        "RECORDNO": whole(order["number"] * 10 + lines["place"]),
        "DOCHDRID": _order_ids(view)[lines["order"]],
        "LINE_NO": whole(lines["place"] + 1),
        "ITEMID": items[lines["product"]],
        "ITEMDESC": product["name"],
        "QUANTITY": text(f"{q:g}" if q < 1e5 else f"{q:.0f}" for q in lines["quantity"]),
        "UNIT": product["unit"],
        "TRX_PRICE": money(lines["price"]),
        "TRX_VALUE": money(lines["amount"]),
        "COST": money(lines["cost"]),
        "CURRENCY": order["currency"],
    }
    bad = spoilt(
        columns,
        RECORDNO=str(900_000_000 + view.world.piece.number),
        DOCHDRID="Sales Order-SO99999999",
        LINE_NO="1",
        ITEMID="P-00000",
        QUANTITY="-5",
        TRX_VALUE="10.00",
        CURRENCY="USD",
    )
    return Table("SODOCUMENTENTRY", columns, FORMAT, extra=[bad])


def _invoice_keys(view: ErpView) -> Array:
    return whole(view.world.invoices["number"] + 43_000)


def _invoice(view: ErpView, customers: Array) -> Table:
    rows, account, paid = view.invoices()
    state = np.where(
        rows["cancelled"],
        "Reversed",
        np.select([paid["state"] == "cleared", paid["state"] == "partial"], ["Paid", "Partially Paid"], "Posted"),
    )
    credit = rows["kind"] == "credit_note"
    changed = np.where(np.isnat(paid["paid_on"]), rows["invoiced"], paid["paid_on"]).astype("datetime64[s]") + 50_000
    return Table(
        "ARINVOICE",
        {
            "RECORDNO": _invoice_keys(view)[view.invoice],
            "RECORDID": text(f"{'CM' if c else 'INV'}{n:08d}" for n, c in zip(rows["number"], credit, strict=True)),
            "RECORDTYPE": flags(credit, "ra", "ri"),
            "STATE": state.astype(object),
            "CUSTOMERID": customers[account],
            "CUSTOMERNAME": view.accounts["name"][account],
            "DOCNUMBER": refer(_order_ids(view), rows["order"]),
            "CURRENCY": rows["currency"],
            "BASECURR": "USD",
            "TRX_TOTALENTERED": money(rows["gross"]),
            "TRX_TOTALTAX": money(rows["tax"]),
            "TRX_TOTALPAID": money(paid["paid"]),
            "TRX_TOTALDUE": money(paid["open"]),
            "WHENCREATED": us_day(rows["invoiced"]),
            "WHENPOSTED": us_day(rows["invoiced"]),
            "WHENDUE": us_day(rows["due"]),
            "WHENPAID": blank(us_day(paid["paid_on"]), paid["state"] != "cleared"),
            "TERMNAME": text(f"Net {d}" for d in rows["days"]),
            "DESCRIPTION": "",
            "AUWHENCREATED": us_time(rows["invoiced"].astype("datetime64[s]") + 30_000),
            "WHENMODIFIED": us_time(changed),
        },
        FORMAT,
    )


def _invoice_item(view: ErpView, customers: Array, items: Array) -> Table:
    lines, invoice, product, source = view.billed()
    return Table(
        "ARINVOICEITEM",
        {
            "RECORDNO": whole(invoice["number"] * 10 + lines["place"]),
            "RECORDKEY": _invoice_keys(view)[lines["invoice"]],
            "LINE_NO": whole(lines["place"] + 1),
            "ITEMID": items[lines["product"]],
            "ITEMNAME": product["name"],
            "CUSTOMERID": refer(customers, view.carrier[invoice["customer"]]),
            "QUANTITY": text(f"{q:.3f}" for q in lines["quantity"]),
            "TRX_AMOUNT": money(lines["amount"]),
            "TRX_TAXAMOUNT": money(lines["tax"]),
            "COST": money(lines["cost"]),
            "CURRENCY": invoice["currency"],
            "SODOCUMENTID": refer(_order_ids(view), source),
            "LINEITEM": "true",
        },
        FORMAT,
    )


def _payment(view: ErpView, customers: Array) -> Table:
    """Receipts applied to invoices: one row per receipt and invoice."""
    rows, account, paid = view.receipts()
    return Table(
        "ARPYMTDETAIL",
        {
            "RECORDNO": whole(rows["number"] + 70_000_000),
            "PAYMENTKEY": whole(rows["number"] + 60_000_000),
            "RECORDKEY": whole(rows["number"] + 43_000),
            "CUSTOMERID": view.payer_of(customers, account),
            "PAYMENTDATE": us_day(paid["paid_on"]),
            "TRX_PAYMENTAMOUNT": money(paid["paid"]),
            "CURRENCY": rows["currency"],
            "STATE": "C",
            "WHENMODIFIED": us_time(paid["paid_on"].astype("datetime64[s]") + 50_000),
        },
        FORMAT,
    )


def _items(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    yield Table(
        "ITEM",
        {
            "RECORDNO": whole(rows["number"]),
            "ITEMID": ids,
            "NAME": rows["name"],
            "EXTENDED_DESCRIPTION": "",
            "ITEMTYPE": np.where(rows["family"] == "Hardware", "Inventory", "Non-Inventory").astype(object),
            "PRODUCTLINEID": rows["family"],
            "UOMGRP": rows["unit"],
            "UPC": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "BASEPRICE": money(rows["price"]),
            "STANDARD_COST": money(rows["price"] * rows["cost_share"]),
            "STATUS": flags(rows["active"], "active", "inactive"),
            "WHENMODIFIED": "01/05/2026 08:00:00",
        },
        FORMAT,
    )
    yield Table(
        "SOPRICELIST",
        {
            "RECORDNO": whole(np.arange(len(rows) * len(CURRENCIES)) + 1),
            "PRICELISTID": "Base Price List",
            "ITEMID": np.tile(ids, len(CURRENCIES)),
            "CURRENCY": np.repeat(text(CURRENCIES), len(rows)),
            "PRICE": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
            "STATUS": "active",
            "DATEFROM": "01/01/2024",
            "DATETO": "12/31/2099",
        },
        FORMAT,
    )
