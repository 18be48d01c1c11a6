"""Infor M3's tables as extracted: bars, blanks to the column's width, 0 for no date."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.rows import Array, blank, chance, text
from tieout_samples.systems.base import Export, earlier
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.words import born, material_code, refer, spoilt, tax_number
from tieout_samples.tables import Columns, FileFormat, Table, days, flags, money, whole
from tieout_samples.trade.catalog import CURRENCIES, price_in
from tieout_samples.world import World

SYSTEM = "infor"
FORMAT = FileFormat(delimiter="|")
COMPANY = "100"


def export(world: World) -> Export:
    """Return the M3 tables of one piece; M3 holds contact persons only as a name on the customer."""
    view = erp_view(world, SYSTEM, name_length=36, cancellations=True)
    customer = text(f"K{n:08d}" for n in view.accounts["number"])
    item = material_code(world, "{}")
    truth = {"account": (customer, view.accounts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (item, world.products["true_id"])
    return Export(_tables(view, customer, item), truth)


def _tables(view: ErpView, customer: Array, item: Array) -> Iterator[Table]:
    yield _ocusma(view, customer)
    yield _ochcus(view, customer)
    yield _cemail(view, customer)
    yield _cugex1(view, customer)
    yield _oohead(view, customer)
    yield _ooline(view, item)
    yield _oinvoh(view, customer)
    yield _odline(view, item)
    yield _fsledg(view, customer)
    if view.world.piece.number == 0:
        yield from _items(view, item)


def filled(values: Array, width: int) -> Array:
    """Fill texts with blanks up to the column's width, as fixed-width columns come out of the database."""
    return text(v[:width].ljust(width) for v in values)


def _day(values: Array) -> Array:
    return days(values, "%Y%m%d", "0")


def _audit(created: Array, modified: Array, prefix: str) -> dict[str, Array]:
    """Return registration date, change date and change time stamp in milliseconds."""
    stamp = modified.astype("datetime64[s]").astype(np.int64) * 1000
    return {f"{prefix}RGDT": _day(created), f"{prefix}LMDT": _day(modified), f"{prefix}LMTS": whole(stamp)}


def _ocusma(view: ErpView, ids: Array) -> Table:
    rows = view.accounts
    size = len(rows)
    main = np.full(size, -1)
    main[view.contacts["account"][::-1]] = np.arange(len(view.contacts))[::-1]
    person = view.contacts["first"] + " " + view.contacts["last"] if len(view.contacts) else text([])
    columns: Columns = {
        "OKCONO": COMPANY,
        "OKDIVI": "",
        "OKCUNO": ids,
        "OKSTAT": flags(rows["fate"] == "deleted", "90", "20"),
        "OKCUTP": "0",
        "OKCUNM": filled(rows["name"], 36),
        "OKALCU": filled(text(n.upper() for n in rows["name"]), 10),
        "OKCUA1": filled(rows["street"], 36),
        "OKCUA2": filled(rows["name2"], 36),
        "OKCUA3": filled(rows["town"], 36),
        "OKCUA4": "",
        "OKPONO": filled(rows["postcode"], 10),
        "OKTOWN": filled(rows["town"], 20),
        "OKECAR": filled(rows["region_code"], 2),
        "OKCSCD": filled(rows["country"], 3),
        "OKPHNO": filled(rows["phone"], 20),
        "OKPHN2": "",
        "OKTFNO": filled(rows["fax"], 20),
        "OKYREF": filled(refer(person, main), 36),
        "OKVRNO": filled(tax_number(rows), 20),
        "OKCUCD": view.currency,
        "OKTEPY": text(f"N{d:02d}" for d in view.days),
        "OKPYNO": np.where(view.bills_elsewhere, refer(ids, view.payer), "").astype(object),
        "OKCRLM": blank(whole(view.limit), chance(view.rng, size, 0.08)),
        "OKBLCD": flags(view.blocked, "1", "0"),
        "OKCUCL": "A",
        "OKSMCD": "S01",
        **_audit(rows["created"], rows["modified"], "OK"),
        "OKCHNO": "1",
        "OKCHID": "M3SRV",
    }
    old = earlier(
        view.world,
        "m3 customer",
        size,
        0.03,
        {
            "OKPHNO": " " * 20,
            "OKLMTS": whole((rows["modified"] - 9_000_000).astype(np.int64) * 1000),
            "OKLMDT": _day(rows["modified"] - 9_000_000),
        },
    )
    bad = spoilt(columns, OKCONO=COMPANY, OKSTAT="20", OKCUNM="NO KEY GIVEN", OKLMDT="20260101", OKLMTS="1767225600000")
    return Table("OCUSMA", columns, FORMAT, old, [bad])


def _ochcus(view: ErpView, ids: Array) -> Table:
    """Customer hierarchy: whom a customer belongs to."""
    child = np.flatnonzero(view.accounts["parent"] >= 0)
    return Table(
        "OCHCUS",
        {
            "OSCONO": COMPANY,
            "OSCUNO": ids[child],
            "OSCHCT": "1",
            "OSCHL1": filled(ids[view.accounts["parent"][child]], 15),
            "OSCHL2": filled(ids[child], 15),
            "OSFVDT": _day(view.accounts["created"][child]),
            "OSLVDT": "0",
            "OSLMDT": _day(view.accounts["created"][child]),
        },
        FORMAT,
    )


def _cugex1(view: ErpView, customers: Array) -> Table:
    """The company's own fields: a customer's website, the period of an order's contract."""
    orders, _ = view.orders()
    has = np.flatnonzero(view.accounts["web"] != "")
    own, none = len(has), text([""] * len(has))
    return Table(
        "CUGEX1",
        {
            "F1CONO": COMPANY,
            "F1FILE": text(["OCUSMA"] * own + ["OOHEAD"] * len(orders)),
            "F1PK01": np.concatenate([customers[has], _order_ids(view)[view.order]]),
            "F1A030": np.concatenate([view.accounts["web"][has], text([""] * len(orders))]),
            "F1DAT1": np.concatenate([none, _day(orders["starts"])]),
            "F1DAT2": np.concatenate([none, _day(orders["ends"])]),
        },
        FORMAT,
    )


def _cemail(view: ErpView, ids: Array) -> Table:
    """General mailboxes: type 04 belongs to customers, by their number."""
    has = np.flatnonzero(view.accounts["email"] != "")
    return Table(
        "CEMAIL",
        {
            "CBCONO": COMPANY,
            "CBEMTP": "04",
            "CBEMKY": filled(ids[has], 30),
            "CBEMAL": view.accounts["email"][has],
            "CBLMDT": _day(view.accounts["modified"][has]),
        },
        FORMAT,
    )


def _order_ids(view: ErpView) -> Array:
    return text(f"{1_000_000_000 + n:010d}" for n in view.world.orders["number"])


def _invoice_ids(view: ErpView) -> Array:
    return text(f"{500_000_000 + n}" for n in view.world.invoices["number"])


def _oohead(view: ErpView, customers: Array) -> Table:
    rows, account = view.orders()
    status = np.select([rows["status"] == "open", rows["status"] == "rejected"], ["22", "90"], "77").astype(object)
    columns: Columns = {
        "OACONO": COMPANY,
        "OADIVI": "AAA",
        "OAORNO": _order_ids(view)[view.order],
        "OAORTP": "C01",
        "OAORSL": status,
        "OAORST": status,
        "OACUNO": customers[account],
        "OAPYNO": view.payer_of(customers, account),
        "OAORDT": _day(rows["ordered"]),
        "OACUOR": filled(rows["po"], 20),
        "OAYREF": filled(rows["code"], 30),
        "OACUCD": rows["currency"],
        "OANTAM": money(rows["amount"]),
        "OATEPY": text(f"N{d:02d}" for d in view.days[account]),
        "OAAGNO": "",
        **_audit(rows["ordered"], np.minimum(rows["ordered"] + 2, view.world.piece.as_of), "OA"),
    }
    base = spoilt(
        columns,
        OACONO=COMPANY,
        OAORSL="22",
        OAORST="22",
        OACUCD="EUR",
        OANTAM="10.00",
        OALMDT="20260101",
        OALMTS="1767225600000",
    )
    first = 2 * view.world.piece.number
    extra = [
        base | {"OAORNO": f"{first + 1:010d}", "OACUNO": "K99999999", "OAORDT": "20260301"},
        base
        | {
            "OAORNO": f"{first + 2:010d}",
            "OACUNO": str(customers[0]) if len(customers) else "K99999999",
            "OAORDT": "20260231",
        },
    ]
    return Table("OOHEAD", columns, FORMAT, extra=extra)


def _ooline(view: ErpView, items: Array) -> Table:
    lines, order, product = view.sold()
    status = np.select([order["status"] == "open", order["status"] == "rejected"], ["22", "90"], "77").astype(object)
    columns: Columns = {
        "OBCONO": COMPANY,
        "OBORNO": _order_ids(view)[lines["order"]],
        "OBPONR": whole(lines["place"] + 1),
        "OBPOSX": "0",
        "OBITNO": filled(items[lines["product"]], 15),
        "OBITDS": filled(product["name"], 30),
        "OBORST": status,
        "OBORQT": text(f"{q:.6f}" for q in lines["quantity"]),
        "OBALUN": text({"Each": "EA", "License": "LIC", "Hour": "HR"}[u] for u in product["unit"]),
        "OBSAPR": money(lines["price"]),
        "OBNEPR": money(lines["price"]),
        "OBLNAM": money(lines["amount"]),
        "OBUCOS": text(f"{c / max(q, 1):.6f}" for c, q in zip(lines["cost"], lines["quantity"], strict=True)),
        "OBCUCD": order["currency"],
        "OBLMDT": _day(order["ordered"]),
    }
    bad = spoilt(
        columns,
        OBCONO=COMPANY,
        OBORNO="9999999999",
        OBPONR="1",
        OBPOSX="0",
        OBITNO="0",
        OBORQT="-5.000000",
        OBLNAM="10.00",
        OBCUCD="EUR",
        OBLMDT="20260101",
    )
    return Table("OOLINE", columns, FORMAT, extra=[bad])


def _oinvoh(view: ErpView, customers: Array) -> Table:
    """Heads of invoices: they name the payer; whose order it was stands with the lines."""
    rows, account, _ = view.invoices()
    return Table(
        "OINVOH",
        {
            "UHCONO": COMPANY,
            "UHDIVI": "AAA",
            "UHYEA4": text(d[:4] for d in _day(rows["invoiced"])),
            "UHIVNO": _invoice_ids(view)[view.invoice],
            "UHIVTP": flags(rows["net"] < 0, "2", "1"),
            "UHINPX": "",
            "UHIDAT": _day(rows["invoiced"]),
            "UHDUDT": _day(rows["due"]),
            "UHPYNO": view.payer_of(customers, account),
            "UHCUCD": rows["currency"],
            "UHIVAM": money(rows["gross"]),
            **_audit(rows["invoiced"], rows["invoiced"], "UH"),
        },
        FORMAT,
    )


def _odline(view: ErpView, items: Array) -> Table:
    """Lines of deliveries, each with the invoice that billed it; every invoice is a delivery of its own."""
    lines, invoice, _, source = view.billed()
    place = view.world.order_lines["place"][lines["order_line"]]
    return Table(
        "ODLINE",
        {
            "UBCONO": COMPANY,
            "UBDIVI": "AAA",
            "UBORNO": refer(_order_ids(view), source),
            "UBPONR": whole(place + 1),
            "UBPOSX": "0",
            "UBDLIX": whole(invoice["number"] + 1),
            "UBITNO": filled(items[lines["product"]], 15),
            "UBYEA4": text(d[:4] for d in _day(invoice["invoiced"])),
            "UBIVNO": _invoice_ids(view)[lines["invoice"]],
            "UBIVQT": text(f"{q:.6f}" for q in lines["quantity"]),
            "UBNEPR": money(lines["price"]),
            "UBLNAM": money(lines["amount"]),
            "UBDCOS": money(lines["cost"]),
            "UBLMDT": _day(invoice["invoiced"]),
        },
        FORMAT,
    )


def _fsledg(view: ErpView, customers: Array) -> Table:
    """The sales ledger: transaction 10 is an invoice or credit, 20 a payment of it (negative)."""
    rows, paid = view.world.invoices.take(view.invoice), view.world.payments.take(view.invoice)
    pays = (paid["paid"] > 0) & (rows["kind"] == "invoice") & ~rows["cancelled"]
    index = np.concatenate([np.arange(len(rows)), np.flatnonzero(pays)])
    payment = np.r_[np.zeros(len(rows), dtype=bool), np.ones(int(pays.sum()), dtype=bool)]
    item, settled = rows.take(index), paid.take(index)
    account = view.carrier[item["customer"]]
    on = np.where(payment, settled["paid_on"], item["invoiced"])
    return Table(
        "FSLEDG",
        {
            "ESCONO": COMPANY,
            "ESDIVI": "AAA",
            "ESYEA4": text(d[:4] for d in _day(on)),
            "ESVONO": whole(item["number"] + np.where(payment, 80_000_000, 60_000_000)),
            "ESPYNO": view.payer_of(customers, account),
            "ESCUNO": customers[account],
            "ESCINO": _invoice_ids(view)[view.invoice][index],
            "ESINYR": text(d[:4] for d in _day(item["invoiced"])),
            "ESTRCD": flags(payment, "20", "10"),
            "ESIVDT": _day(item["invoiced"]),
            "ESDUDT": _day(item["due"]),
            "ESACDT": _day(on),
            "ESCUCD": item["currency"],
            "ESCUAM": money(np.where(payment, -settled["paid"], item["gross"])),
            "ESRECO": flags(settled["state"] == "cleared", "9", "0"),
            "ESLMDT": _day(on),
        },
        FORMAT,
    )


def _items(view: ErpView, ids: Array) -> Iterator[Table]:
    rows = view.world.products
    made = born(view.world)
    units = {"Each": "EA", "License": "LIC", "Hour": "HR"}
    yield Table(
        "MITMAS",
        {
            "MMCONO": COMPANY,
            "MMITNO": filled(ids, 15),
            "MMSTAT": flags(rows["active"], "20", "90"),
            "MMITDS": filled(rows["name"], 30),
            "MMFUDS": filled(rows["name"], 60),
            "MMITGR": text(f[:2].upper() for f in rows["family"]),
            "MMITTY": rows["family"],
            "MMUNMS": text(units[u] for u in rows["unit"]),
            "MMUCOS": money(rows["price"] * rows["cost_share"]),
            "MMSAPR": money(rows["price"]),
            "MMCUCD": "USD",
            **_audit(made, made, "MM"),
        },
        FORMAT,
    )
    known = np.flatnonzero(~chance(view.rng, len(rows), 0.2))
    yield Table(
        "MITPOP",
        {
            "MPCONO": COMPANY,
            "MPALWT": "2",
            "MPALWQ": "EA13",
            "MPITNO": filled(ids[known], 15),
            "MPPOPN": filled(rows["gtin"][known], 30),
            "MPE0PA": "",
            "MPLMDT": _day(made[known]),
        },
        FORMAT,
    )
    yield Table(
        "OPRBAS",
        {
            "ODCONO": COMPANY,
            "ODPRRF": "STD",
            "ODCUCD": np.repeat(text(CURRENCIES), len(rows)),
            "ODCUNO": "",
            "ODFVDT": "20240101",
            "ODLVDT": "99999999",
            "ODITNO": filled(np.tile(ids, len(CURRENCIES)), 15),
            "ODSAPR": np.concatenate([money(price_in(rows["price"], c)) for c in CURRENCIES]),
        },
        FORMAT,
    )
