"""Sales and billing documents: VBAK, VBAP, VBRK, VBRP."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.parties.contacts import account_of
from tieout_samples.rows import Array, Rows, chance, choose, text
from tieout_samples.systems.base import at_home, earlier
from tieout_samples.systems.sap.master import payers
from tieout_samples.systems.sap.view import (
    CLERKS,
    CLIENT,
    NO_DATE,
    SYSTEM,
    UTF8,
    View,
    amounts,
    dates,
    padded,
    quantities,
)
from tieout_samples.tables import Columns, Table, flags

UNITS = {"Each": "ST", "License": "LE", "Hour": "STD"}


def tables(view: View) -> Iterator[Table]:
    """Yield orders, billing documents and their items."""
    order, carrier = home_orders(view)
    yield _vbak(view, order, carrier)
    yield _vbap(view)
    invoice = home_invoices(view)
    yield _vbrk(view, invoice)
    yield _vbrp(view)


def order_numbers(view: View) -> Array:
    """Return the number of every order of the world."""
    return padded(view.world.orders["number"] + 10_000, 10)


def invoice_numbers(view: View) -> Array:
    """Return the number of every billing document of the world."""
    return text(f"{90_000_000 + n:010d}" for n in view.world.invoices["number"])


def carriers(view: View) -> Array:
    """Return which account carries each customer's orders, invoices and payments."""
    customer = np.arange(len(view.world.customers))
    return account_of(view.world.piece.rng("sap carriers"), view.world, view.accounts, customer)


def home_orders(view: View) -> tuple[Array, Array]:
    """Return the positions of the orders kept here, and the account of each."""
    order = np.flatnonzero(at_home(view.world, "erp", SYSTEM)[view.world.orders["customer"]])
    return order, carriers(view)[view.world.orders["customer"][order]]


def home_invoices(view: View) -> Array:
    """Return the positions of the billing documents kept here."""
    return np.flatnonzero(at_home(view.world, "erp", SYSTEM)[view.world.invoices["customer"]])


def _vbak(view: View, order: Array, account: Array) -> Table:
    rng = view.rng
    rows = view.world.orders.take(order)
    size = len(rows)
    organisation = view.company[account]
    in_po = chance(rng, size, 0.06) & (rows["code"] != "")
    columns: Columns = {
        "MANDT": CLIENT,
        "VBELN": order_numbers(view)[order],
        "ERDAT": dates(rows["ordered"]),
        "ERZET": text(f"{8 + n // 60:02d}{n % 60:02d}00" for n in rng.integers(0, 600, size)),
        "ERNAM": choose(rng, CLERKS, size),
        "ANGDT": NO_DATE,
        "BNDDT": NO_DATE,
        "AUDAT": dates(rows["ordered"]),
        "VBTYP": "C",
        "TRVOG": "0",
        "AUART": choose(rng, ("TA", "OR"), size, [8, 2]),
        "AUGRU": "",
        "LIFSK": "",
        "FAKSK": "",
        "NETWR": amounts(rows["amount"]),
        "WAERK": rows["currency"],
        "VKORG": organisation,
        "VTWEG": "10",
        "SPART": "00",
        "VKGRP": choose(rng, ("101", "102", "103"), size),
        "VKBUR": "1000",
        "GSBER": "",
        "KNUMV": padded(rows["number"] + 40_000, 10),
        "VDATU": dates(rows["ordered"] + 10),
        "KUNNR": view.kunnr[account],
        "BSTNK": np.where(in_po, rows["code"], rows["po"]),
        "BSARK": choose(rng, ("MAIL", "EDI", "TELE"), size),
        "BSTDK": dates(rows["ordered"] - 1),
        "IHREZ": np.where(in_po, "", rows["code"]),
        "XBLNR": "",
        "ZUONR": "",
        "GUEBG": dates(rows["starts"]),
        "GUEEN": dates(rows["ends"]),
        "KKBER": organisation,
        "AEDAT": np.where(
            chance(rng, size, 0.3), dates(np.minimum(rows["ordered"] + 3, view.world.piece.as_of)), NO_DATE
        ),
        "GBSTK": np.where(rows["status"] == "open", choose(rng, ("A", "B"), size), "C"),
        "ABSTK": np.where(rows["status"] == "rejected", "C", "A"),
    }
    old = earlier(view.world, "sap VBAK", size, 0.02, {"GBSTK": "A", "VKGRP": "101", "AEDAT": NO_DATE})
    old = {i: values for i, values in old.items() if columns["AEDAT"][i] != NO_DATE}
    bad = dict.fromkeys(columns, "") | {
        "MANDT": CLIENT,
        "VBTYP": "C",
        "NETWR": "100.00",
        "WAERK": "EUR",
        "AEDAT": NO_DATE,
        "GBSTK": "A",
        "ABSTK": "A",
        "AUART": "TA",
    }
    first = 1 + 2 * view.world.piece.number
    some = view.kunnr[0] if size else "0000000001"
    extra = [
        bad | {"VBELN": f"{first:010d}", "KUNNR": "0000000001", "ERDAT": "20260301", "AUDAT": "20260301"},
        bad | {"VBELN": f"{first + 1:010d}", "KUNNR": str(some), "ERDAT": "20260231", "AUDAT": "20260231"},
    ]
    return Table("VBAK", columns, UTF8, old, extra)


def _item_numbers(lines: Rows) -> Array:
    return text(f"{(place + 1) * 10:06d}" for place in lines["place"])


def _material(view: View, lines: Rows) -> dict[str, Array]:
    product = view.world.products.take(lines["product"])
    return {
        "MATNR": text(f"{n:018d}" for n in product["number"]),
        "MATKL": text(f[:2].upper() + "001" for f in product["family"]),
        "ARKTX": text(n[:40] for n in product["name"]),
        "unit": text(UNITS[u] for u in product["unit"]),
    }


def _vbap(view: View) -> Table:
    world, rng = view.world, view.rng
    here = at_home(world, "erp", SYSTEM)[world.orders["customer"]]
    lines = world.order_lines.take(here[world.order_lines["order"]])
    order = world.orders.take(lines["order"])
    size = len(lines)
    material = _material(view, lines)
    columns: Columns = {
        "MANDT": CLIENT,
        "VBELN": order_numbers(view)[lines["order"]],
        "POSNR": _item_numbers(lines),
        "MATNR": material["MATNR"],
        "MATKL": material["MATKL"],
        "ARKTX": material["ARKTX"],
        "PSTYV": "TAN",
        "ABGRU": flags(order["status"] == "rejected", "10", ""),
        "KWMENG": quantities(lines["quantity"]),
        "VRKME": material["unit"],
        "MEINS": material["unit"],
        "NETWR": amounts(lines["amount"]),
        "NETPR": amounts(lines["price"]),
        "KPEIN": "1",
        "WAERK": order["currency"],
        "WAVWR": amounts(lines["cost"]),
        "WERKS": choose(rng, ("1000", "1100"), size),
        "LGORT": "0001",
        "SPART": "00",
        "ERDAT": dates(order["ordered"]),
        "ERNAM": choose(rng, CLERKS, size),
        "AEDAT": NO_DATE,
        "KDMAT": "",
    }
    base = dict.fromkeys(columns, "") | {
        "MANDT": CLIENT,
        "NETWR": "10.00",
        "WAERK": "EUR",
        "ERDAT": "20260301",
        "POSNR": "000900",
        "VRKME": "ST",
        "AEDAT": NO_DATE,
    }
    some = str(columns["VBELN"][0]) if size else "0000000001"
    extra = [
        base | {"VBELN": some, "MATNR": "000000000000099999", "KWMENG": "5.000-"},
        base
        | {
            "VBELN": f"{5 + view.world.piece.number:010d}",
            "MATNR": "000000000000099999",
            "KWMENG": "1.000",
            "POSNR": "000010",
        },
    ]
    ragged = () if world.piece.number else (f"{CLIENT};0000000009;000010;000000000000010001;HA001",)
    return Table("VBAP", columns, UTF8, extra=extra, ragged=ragged)


_TYPES = {"invoice": ("F2", "M"), "credit_note": ("G2", "O"), "cancellation": ("S1", "N")}


def _vbrk(view: View, invoice: Array) -> Table:
    world = view.world
    rows = world.invoices.take(invoice)
    account = carriers(view)[rows["customer"]]
    number = invoice_numbers(view)
    organisation = view.company[account]
    payer = payers(view)[account]
    billed = rows["invoiced"]
    when = dates(billed)
    cancels = (rows["kind"] == "cancellation") & (rows["cancels"] >= 0)
    local = world.customers["country"][rows["customer"]]
    return Table(
        "VBRK",
        {
            "MANDT": CLIENT,
            "VBELN": number[invoice],
            "FKART": text(_TYPES[k][0] for k in rows["kind"]),
            "FKTYP": "L",
            "VBTYP": text(_TYPES[k][1] for k in rows["kind"]),
            "WAERK": rows["currency"],
            "VKORG": organisation,
            "VTWEG": "10",
            "KALSM": "RVAA01",
            "KNUMV": padded(rows["number"] + 70_000, 10),
            "FKDAT": when,
            "BELNR": number[invoice],
            "GJAHR": text(d[:4] for d in when),
            "POPER": text("0" + d[4:6] for d in when),
            "KURRF": "1.00000",
            "ZTERM": text(f"Z{d:03d}" for d in rows["days"]),
            "LAND1": local,
            "BUKRS": organisation,
            "NETWR": amounts(rows["net"]),
            "MWSBK": amounts(rows["tax"]),
            "KUNRG": payer,
            "KUNAG": view.kunnr[account],
            "ERNAM": choose(view.rng, CLERKS, len(rows)),
            "ERZET": "120000",
            "ERDAT": when,
            "AEDAT": NO_DATE,
            "FKSTO": flags(rows["cancelled"], "X", ""),
            "SFAKN": np.where(cancels, number[rows["cancels"]], "").astype(object) if len(number) else "",
            "XBLNR": number[invoice],
            "ZUONR": order_numbers(view)[rows["order"]] if len(world.orders) else "",
        },
        UTF8,
    )


def _vbrp(view: View) -> Table:
    world = view.world
    here = at_home(world, "erp", SYSTEM)[world.invoices["customer"]]
    lines = world.invoice_lines.take(here[world.invoice_lines["invoice"]])
    invoice = world.invoices.take(lines["invoice"])
    source = world.order_lines.take(lines["order_line"])
    order = order_numbers(view)[source["order"]]
    material = _material(view, lines)
    return Table(
        "VBRP",
        {
            "MANDT": CLIENT,
            "VBELN": invoice_numbers(view)[lines["invoice"]],
            "POSNR": _item_numbers(lines),
            "FKIMG": quantities(lines["quantity"]),
            "VRKME": material["unit"],
            "MEINS": material["unit"],
            "NETWR": amounts(lines["amount"]),
            "WAVWR": amounts(lines["cost"]),
            "MATNR": material["MATNR"],
            "ARKTX": material["ARKTX"],
            "MATKL": material["MATKL"],
            "PSTYV": "TAN",
            "AUBEL": order,
            "AUPOS": _item_numbers(source),
            "VGBEL": order,
            "VGPOS": _item_numbers(source),
            "VGTYP": "C",
            "MWSBP": amounts(lines["tax"]),
            "WERKS": "1000",
            "PRSDT": dates(invoice["invoiced"]),
            "ERDAT": dates(invoice["invoiced"]),
        },
        UTF8,
    )
