"""Dynamics 365 Finance & Operations exports as CSV of data entities: Yes and No, 1900-01-01."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.words import material_code, refer, spoilt, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, flags, money, whole
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.world import World

SYSTEM = "dynamics_fo"
FORMAT = FileFormat(encoding="utf-8-sig", newline="\r\n")
COMPANY = "usmf"
NEVER = "1900-01-01 00:00:00"


def export(world: World) -> Export:
    """Return the data entities of one piece."""
    view = erp_view(world, SYSTEM, name_length=100)
    account = text(f"C-{n + 100_000:07d}" for n in view.accounts["number"])
    contact = text(f"{n + 1_000:09d}" for n in view.contacts["number"])
    product = material_code(world)
    truth = {"account": (account, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (product, world.products["true_id"])
    return Export(_tables(view, account, contact, product), truth)


def _tables(view: ErpView, account: Array, contact: Array, product: Array) -> Iterator[Table]:
    yield _customers(view, account)
    yield _contacts(view, account, contact)
    yield _orders(view, account)
    yield _order_lines(view, product)
    yield _invoices(view, account)
    yield _invoice_lines(view, product)
    yield _transactions(view, account)
    if view.world.piece.number == 0:
        yield from _products(view, product)


def _day(values: Array) -> Array:
    return days(values, "%Y-%m-%d 00:00:00", NEVER)


def _customers(view: ErpView, ids: Array) -> Table:
    rng, rows, seen = view.rng, view.accounts, view.seen
    size = len(rows)
    deleted = rows["fate"] == "deleted"
    columns: Columns = {
        "DATAAREAID": COMPANY,
        "CUSTOMERACCOUNT": ids,
        "PARTYTYPE": "Organization",
        "PARTYNUMBER": text(f"{n + 500_000:09d}" for n in rows["number"]),
        "ORGANIZATIONNAME": rows["name"],
        "NAMEALIAS": text(n[:20] for n in rows["name"]),
        "CUSTOMERGROUPID": "30",
        "ORGANIZATIONNUMBEROFEMPLOYEES": np.where(chance(rng, size, 0.5), whole(seen["employees"]), "0"),
        "SALESCURRENCYCODE": view.currency,
        "INVOICEACCOUNT": np.where(view.bills_elsewhere, refer(ids, view.payer), "").astype(object),
        "PARENTCUSTOMERACCOUNT": refer(ids, rows["parent"]),
        "CREDITLIMIT": text(f"{v:.6f}" for v in view.limit),
        "CREDITLIMITISMANDATORY": "No",
        "ONHOLDSTATUS": flags(view.blocked, "All", "No"),
        "PAYMENTTERMS": _terms(view),
        "PRIMARYCONTACTPHONE": rows["phone"],
        "PRIMARYCONTACTFAX": rows["fax"],
        "PRIMARYCONTACTEMAIL": rows["email"],
        "PRIMARYCONTACTURL": rows["web"],
        "ADDRESSSTREET": rows["road"],
        "ADDRESSSTREETNUMBER": rows["house"],
        "ADDRESSCITY": rows["town"],
        "ADDRESSZIPCODE": rows["postcode"],
        "ADDRESSSTATE": rows["region_code"],
        "ADDRESSCOUNTRYREGIONISOCODE": rows["country"],
        "TAXEXEMPTNUMBER": tax_number(rows),
        "IDENTIFICATIONNUMBER": blank(rows["tax"], rows["vat"] == ""),
        "DUNSNUMBER": rows["duns"],
        "LANGUAGEID": "en-us",
        "ISONETIMECUSTOMER": "No",
        "CREATEDDATETIME": _day(rows["created"]),
        "MODIFIEDDATETIME": text(str(m).replace("T", " ") for m in rows["modified"]),
        "ISDELETED": flags(deleted, "Yes", "No"),
    }
    old = earlier(
        view.world,
        "fo customer",
        size,
        0.03,
        {"PRIMARYCONTACTPHONE": "", "MODIFIEDDATETIME": _day(rows["modified"] - 9_000_000)},
    )
    bad = spoilt(
        columns,
        DATAAREAID=COMPANY,
        ORGANIZATIONNAME="No key given",
        ISDELETED="No",
        ONHOLDSTATUS="No",
        MODIFIEDDATETIME="2026-01-01 00:00:00",
    )
    return Table("CustomersV3", columns, FORMAT, old, [bad])


def _terms(view: ErpView) -> Array:
    return text(f"Net{d}" for d in view.days)


def _contacts(view: ErpView, accounts: Array, ids: Array) -> Table:
    rows = view.contacts
    columns: Columns = {
        "CONTACTPERSONID": ids,
        "CONTACTPERSONPARTYNUMBER": text(f"{n + 7_000_000:09d}" for n in rows["number"]),
        "ASSOCIATEDCONTACTTYPE": "Customer",
        "ASSOCIATEDCONTACTNUMBER": accounts[rows["account"]],
        "FIRSTNAME": rows["first"],
        "MIDDLENAME": "",
        "LASTNAME": rows["last"],
        "EMPLOYMENTPROFESSION": rows["title"],
        "EMPLOYMENTDEPARTMENT": rows["department"],
        "PRIMARYPHONENUMBER": rows["phone"],
        "MOBILEPHONENUMBER": rows["mobile"],
        "PRIMARYEMAILADDRESS": rows["email"],
        "ISRECEIVINGDIRECTMAIL": flags(rows["optout"], "No", "Yes"),
        "CREATEDDATETIME": _day(rows["created"]),
        "MODIFIEDDATETIME": text(str(m).replace("T", " ") for m in rows["modified"]),
    }
    bad = spoilt(
        columns,
        CONTACTPERSONID=f"{view.world.piece.number:09d}",
        ASSOCIATEDCONTACTTYPE="Customer",
        ASSOCIATEDCONTACTNUMBER="C-0000001",
        LASTNAME="Orphan",
        MODIFIEDDATETIME="2026-01-01 00:00:00",
    )
    return Table("ContactsV2", columns, FORMAT, extra=[bad])


def _order_ids(view: ErpView) -> Array:
    return text(f"SO-{n:08d}" for n in view.world.orders["number"])


def _invoice_ids(view: ErpView) -> Array:
    kind = view.world.invoices["kind"]
    return text(
        f"{'CN' if k == 'credit_note' else 'INV'}-{n:08d}"
        for n, k in zip(view.world.invoices["number"], kind, strict=True)
    )


def _orders(view: ErpView, accounts: Array) -> Table:
    rows, account = view.orders()
    status = np.select([rows["status"] == "open", rows["status"] == "rejected"], ["Backorder", "Canceled"], "Invoiced")
    columns: Columns = {
        "DATAAREAID": COMPANY,
        "SALESORDERNUMBER": _order_ids(view)[view.order],
        "SALESORDERNAME": view.accounts["name"][account],
        "ORDERINGCUSTOMERACCOUNTNUMBER": accounts[account],
        "INVOICECUSTOMERACCOUNTNUMBER": view.payer_of(accounts, account),
        "CURRENCYCODE": rows["currency"],
        "SALESORDERSTATUS": status.astype(object),
        "CUSTOMERREQUISITIONNUMBER": rows["po"],
        "CUSTOMERSORDERREFERENCE": rows["code"],
        "ORDERTOTALAMOUNT": text(f"{a:.6f}" for a in rows["amount"]),
        "ORDERTOTALTAXAMOUNT": "0.000000",
        "PAYMENTTERMSNAME": _terms(view)[account],
        "ORDERCREATIONDATETIME": _day(rows["ordered"]),
        "REQUESTEDSHIPPINGDATE": _day(rows["ordered"] + 10),
        "CONTRACTSTARTDATE": _day(rows["starts"]),
        "CONTRACTENDDATE": _day(rows["ends"]),
        "LANGUAGEID": "en-us",
        "MODIFIEDDATETIME": _day(np.minimum(rows["ordered"] + 2, view.world.piece.as_of)),
    }
    base = spoilt(
        columns,
        DATAAREAID=COMPANY,
        SALESORDERSTATUS="Backorder",
        CURRENCYCODE="USD",
        ORDERTOTALAMOUNT="10.000000",
        MODIFIEDDATETIME="2026-01-01 00:00:00",
    )
    extra = [
        base
        | {
            "SALESORDERNUMBER": f"SO-BAD{view.world.piece.number:05d}",
            "ORDERINGCUSTOMERACCOUNTNUMBER": "C-0000001",
            "ORDERCREATIONDATETIME": "2026-03-01 00:00:00",
        },
        base
        | {
            "SALESORDERNUMBER": f"SO-DAT{view.world.piece.number:05d}",
            "ORDERINGCUSTOMERACCOUNTNUMBER": str(accounts[0]) if len(accounts) else "C-0000001",
            "ORDERCREATIONDATETIME": "2026-02-31 00:00:00",
        },
    ]
    return Table("SalesOrderHeadersV2", columns, FORMAT, extra=extra)


def _order_lines(view: ErpView, products: Array) -> Table:
    lines, order, product = view.sold()
    columns: Columns = {
        "DATAAREAID": COMPANY,
        "SALESORDERNUMBER": _order_ids(view)[lines["order"]],
        "LINECREATIONSEQUENCENUMBER": whole(lines["place"] + 1),
        "PRODUCTNUMBER": products[lines["product"]],
        "PRODUCTNAME": product["name"],
        "ORDEREDSALESQUANTITY": text(f"{q:.6f}" for q in lines["quantity"]),
        "SALESUNITSYMBOL": product["unit"],
        "SALESPRICE": text(f"{p:.6f}" for p in lines["price"]),
        "SALESPRICEQUANTITY": "1.000000",
        "LINEAMOUNT": text(f"{a:.6f}" for a in lines["amount"]),
        "COSTAMOUNT": text(f"{c:.6f}" for c in lines["cost"]),
        "CURRENCYCODE": order["currency"],
        "SALESORDERLINESTATUS": np.where(order["status"] == "rejected", "Canceled", "Invoiced").astype(object),
    }
    bad = spoilt(
        columns,
        DATAAREAID=COMPANY,
        SALESORDERNUMBER="SO-99999999",
        LINECREATIONSEQUENCENUMBER="1",
        PRODUCTNUMBER="P-00000",
        ORDEREDSALESQUANTITY="-5.000000",
        LINEAMOUNT="10.000000",
        CURRENCYCODE="USD",
    )
    return Table("SalesOrderLines", columns, FORMAT, extra=[bad])


def _invoices(view: ErpView, accounts: Array) -> Table:
    rows, account, _ = view.invoices()
    return Table(
        "SalesInvoiceHeadersV2",
        {
            "DATAAREAID": COMPANY,
            "INVOICENUMBER": _invoice_ids(view)[view.invoice],
            "INVOICEDATE": _day(rows["invoiced"]),
            "LEDGERVOUCHER": text(f"V{n:09d}" for n in rows["number"]),
            "SALESORDERNUMBER": refer(_order_ids(view), rows["order"]),
            "ORDERINGCUSTOMERACCOUNTNUMBER": accounts[account],
            "INVOICECUSTOMERACCOUNTNUMBER": view.payer_of(accounts, account),
            "CURRENCYCODE": rows["currency"],
            "TOTALINVOICEAMOUNT": text(f"{a:.6f}" for a in rows["gross"]),
            "TOTALTAXAMOUNT": text(f"{a:.6f}" for a in rows["tax"]),
            "PAYMENTTERMSNAME": text(f"Net{d}" for d in rows["days"]),
            "DUEDATE": _day(rows["due"]),
            "CUSTOMERSORDERREFERENCE": refer(view.world.orders["code"], rows["order"]),
            "ISCANCELLED": flags(rows["cancelled"], "Yes", "No"),
        },
        FORMAT,
    )


def _invoice_lines(view: ErpView, products: Array) -> Table:
    lines, invoice, product, source = view.billed()
    return Table(
        "SalesInvoiceLines",
        {
            "DATAAREAID": COMPANY,
            "INVOICENUMBER": _invoice_ids(view)[lines["invoice"]],
            "INVOICEDATE": _day(invoice["invoiced"]),
            "LINECREATIONSEQUENCENUMBER": whole(lines["place"] + 1),
            "SALESORDERNUMBER": refer(_order_ids(view), source),
            "PRODUCTNUMBER": products[lines["product"]],
            "PRODUCTNAME": product["name"],
            "INVOICEDQUANTITY": text(f"{q:.6f}" for q in lines["quantity"]),
            "SALESUNITSYMBOL": product["unit"],
            "SALESPRICE": text(f"{p:.6f}" for p in lines["price"]),
            "LINEAMOUNT": text(f"{a:.6f}" for a in lines["amount"]),
            "LINETOTALTAXAMOUNT": text(f"{t:.6f}" for t in lines["tax"]),
            "COSTAMOUNT": text(f"{c:.6f}" for c in lines["cost"]),
            "CURRENCYCODE": invoice["currency"],
        },
        FORMAT,
    )


def _transactions(view: ErpView, accounts: Array) -> Table:
    """Open and settled items of customers: one row per invoice, with what was settled and when."""
    rows, account, paid = view.invoices()
    number = _invoice_ids(view)[view.invoice]
    return Table(
        "CustTrans",
        {
            "DATAAREAID": COMPANY,
            "RECID": whole(rows["number"] + 5_637_000_000),
            "ACCOUNTNUM": view.payer_of(accounts, account),
            "INVOICE": number,
            "VOUCHER": text(f"V{n:09d}" for n in rows["number"]),
            "TRANSTYPE": "Sales",
            "TRANSDATE": _day(rows["invoiced"]),
            "DUEDATE": _day(rows["due"]),
            "AMOUNTCUR": text(f"{a:.6f}" for a in rows["gross"]),
            "SETTLEAMOUNTCUR": text(f"{a:.6f}" for a in paid["paid"]),
            "CURRENCYCODE": rows["currency"],
            "LASTSETTLEDATE": _day(paid["paid_on"]),
            "CLOSED": np.where(paid["state"] == "cleared", _day(paid["paid_on"]), NEVER).astype(object),
        },
        FORMAT,
    )


def _products(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    yield Table(
        "ReleasedProductsV2",
        {
            "DATAAREAID": COMPANY,
            "ITEMNUMBER": ids,
            "PRODUCTNUMBER": ids,
            "SEARCHNAME": rows["name"],
            "PRODUCTNAME": rows["name"],
            "PRODUCTTYPE": np.where(rows["family"] == "Services", "Service", "Item").astype(object),
            "PRODUCTGROUPID": rows["family"],
            "SALESUNITSYMBOL": rows["unit"],
            "SALESPRICE": money(rows["price"]),
            "UNITCOST": money(rows["price"] * rows["cost_share"]),
            "BARCODE": blank(rows["gtin"], chance(view.rng, len(rows), 0.2)),
            "PRODUCTLIFECYCLESTATEID": flags(rows["active"], "Active", "Retired"),
        },
        FORMAT,
    )
    yield Table(
        "SalesPriceAgreements",
        {
            "DATAAREAID": COMPANY,
            "RECORDID": whole(np.arange(len(rows) * len(CURRENCIES)) + 1),
            "ITEMNUMBER": np.tile(ids, len(CURRENCIES)),
            "PRICECURRENCYCODE": np.repeat(text(CURRENCIES), len(rows)),
            "PRICE": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
            "PRICEAPPLICABLEFROMDATE": "2024-01-01 00:00:00",
            "PRICEAPPLICABLETODATE": NEVER,
        },
        FORMAT,
    )
