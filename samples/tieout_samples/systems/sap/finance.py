"""Customer items in accounting: BSID (open) and BSAD (cleared)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.rows import Array, Rows, text
from tieout_samples.systems.sap.master import payers
from tieout_samples.systems.sap.sales import carriers, home_invoices, invoice_numbers
from tieout_samples.systems.sap.view import CLIENT, NO_DATE, ORGANISATIONS, UTF8, View, dates, padded
from tieout_samples.tables import Columns, Table, flags, money, whole


def tables(view: View) -> Iterator[Table]:
    """Yield open and cleared items; a part payment stands beside its invoice among the open ones."""
    items = _items(view)
    yield _table(view, "BSID", items.take(~items["cleared"]))
    yield _table(view, "BSAD", items.take(items["cleared"]))


def _items(view: View) -> Rows:
    """Return invoice items (RV), then payment items (DZ): invoice, payment, cleared, amount, debit, on."""
    world = view.world
    invoice = home_invoices(view)
    paid = world.payments.take(invoice)
    cleared = paid["state"] == "cleared"
    gross = world.invoices["gross"][invoice]
    invoiced = world.invoices["invoiced"][invoice]
    plain = (world.invoices["kind"][invoice] == "invoice") & ~world.invoices["cancelled"][invoice]
    pays = plain & (paid["paid"] > 0)
    return Rows(
        invoice=np.concatenate([invoice, invoice[pays]]),
        payment=np.r_[np.zeros(len(invoice), dtype=bool), np.ones(int(pays.sum()), dtype=bool)],
        cleared=np.concatenate([cleared, cleared[pays]]),
        amount=np.concatenate([np.abs(gross), paid["paid"][pays]]),
        debit=np.concatenate([gross >= 0, np.zeros(int(pays.sum()), dtype=bool)]),
        on=np.concatenate([invoiced, paid["paid_on"][pays]]),
    )


def _table(view: View, name: str, items: Rows) -> Table:
    world = view.world
    bill = world.invoices.take(items["invoice"])
    account = carriers(view)[bill["customer"]]
    company = view.company[account]
    number = invoice_numbers(view)[items["invoice"]] if len(items) else text([])
    document = np.where(items["payment"], _payment_numbers(world.payments["document"][items["invoice"]]), number)
    year = text(d[:4] for d in dates(items["on"]))
    paid_on = world.payments["paid_on"][items["invoice"]]
    cleared = items["cleared"]
    clearing = _payment_numbers(world.payments["document"][items["invoice"]])
    local = _local(items["amount"], bill["currency"], company)
    columns: Columns = {
        "MANDT": CLIENT,
        "BUKRS": company,
        "KUNNR": payers(view)[account],
        "UMSKS": "",
        "UMSKZ": "",
        "AUGDT": np.where(cleared, dates(paid_on), NO_DATE),
        "AUGBL": np.where(cleared, clearing, ""),
        "ZUONR": number,
        "GJAHR": year,
        "BELNR": document,
        "BUZEI": "001",
        "BUDAT": dates(items["on"]),
        "BLDAT": dates(items["on"]),
        "CPUDT": dates(items["on"]),
        "WAERS": bill["currency"],
        "XBLNR": number,
        "BLART": flags(items["payment"], "DZ", "RV"),
        "BSCHL": np.where(items["payment"], "15", np.where(items["debit"], "01", "11")),
        "SHKZG": flags(items["debit"], "S", "H"),
        "GSBER": "",
        "MWSKZ": flags(items["payment"], "", "A1"),
        "DMBTR": money(local),
        "WRBTR": money(items["amount"]),
        "MWSTS": np.where(items["payment"], "0.00", money(np.abs(bill["tax"]))),
        "SGTXT": "",
        "ZFBDT": np.where(items["payment"], dates(items["on"]), dates(bill["invoiced"])),
        "ZTERM": text(f"Z{d:03d}" for d in bill["days"]),
        "ZBD1T": np.where(items["payment"], "0", whole(bill["days"])),
        "REBZG": np.where(items["payment"], number, ""),
        "REBZJ": np.where(items["payment"], text(d[:4] for d in dates(bill["invoiced"])), "0000"),
        "REBZZ": flags(items["payment"], "001", "000"),
        "VBELN": np.where(items["payment"], "", number),
        "KKBER": company,
    }
    ragged = (f"{CLIENT};1000;0000100000;;;20260101",) if name == "BSAD" and world.piece.number == 0 else ()
    return Table(name, columns, UTF8, ragged=ragged)


def _payment_numbers(numbers: Array) -> Array:
    return padded(numbers + 1_400_000_000, 10)


def _local(amount: Array, currency: Array, company: Array) -> Array:
    """Return amounts in the company code's currency."""
    home = {code: own for code, _, own in ORGANISATIONS.values()}
    rate = text(str(USD_PER_UNIT[c] / USD_PER_UNIT[home[k]]) for c, k in zip(currency, company, strict=True))
    return np.asarray(np.round(amount * rate.astype(float), 2))
