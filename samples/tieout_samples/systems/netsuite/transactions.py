"""Orders, invoices, credit memos and payments in one table, their lines in another."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.rows import Array, Rows, stack, text
from tieout_samples.systems.erp import ErpView
from tieout_samples.systems.netsuite.formats import FORMAT, currency_id, stamp
from tieout_samples.systems.words import refer, spoilt
from tieout_samples.tables import Columns, Table, flags, money, whole

_ORDERS, _INVOICES, _PAYMENTS = 10_000_000, 20_000_000, 40_000_000
_PREFIX = {"SalesOrd": "SO", "CustInvc": "INV", "CustCred": "CM", "CustPymt": "PYMT"}
_NEVER = np.datetime64("NaT", "s")


def tables(view: ErpView, customers: Array, items: Array) -> Iterator[Table]:
    """Yield transaction, transactionline and nexttransactionlinelink."""
    yield _transaction(view, customers)
    yield _line(view, items)
    yield _link(view)


def _transaction(view: ErpView, customers: Array) -> Table:
    rows = stack([_orders(view), _invoices(view), _payments(view)])
    modified = np.minimum(rows["modified"], view.world.piece.as_of).astype("datetime64[s]") + 50_000
    columns: Columns = {
        "id": whole(rows["number"]),
        "transactionnumber": whole(rows["number"] + 7),
        "tranid": text(f"{_PREFIX[k]}{n % 10_000_000:07d}" for k, n in zip(rows["kind"], rows["number"], strict=True)),
        "type": rows["kind"],
        "trandate": stamp(rows["on"]),
        "duedate": stamp(rows["due"]),
        "closedate": stamp(rows["closed"]),
        "status": rows["status"],
        "entity": refer(customers, view.carrier[rows["customer"]]),
        "currency": currency_id(rows["currency"]),
        "exchangerate": text(f"{USD_PER_UNIT[c]:.8f}" for c in rows["currency"]),
        "foreigntotal": money(rows["total"]),
        "foreignamountpaid": money(rows["paid"]),
        "foreignamountunpaid": money(rows["open"]),
        "otherrefnum": rows["po"],
        "memo": "",
        "custbody_crm_deal": rows["deal"],
        "startdate": stamp(rows["starts"]),
        "enddate": stamp(rows["ends"]),
        "posting": flags(rows["kind"] == "SalesOrd", "F", "T"),
        "voided": flags(rows["voided"], "T", "F"),
        "createddate": stamp(rows["on"].astype("datetime64[s]") + 30_000),
        "lastmodifieddate": stamp(modified),
        "externalid": "",
    }
    base = spoilt(columns, type="SalesOrd", status="B", foreigntotal="10.00", currency="1", voided="F")
    base["lastmodifieddate"] = "2026-01-01 0:00:00"
    first = 1 + 2 * view.world.piece.number
    some = str(customers[0]) if len(customers) else "1"
    extra = [
        base | {"id": str(first), "entity": "1", "trandate": "2026-03-01 0:00:00"},
        base | {"id": str(first + 1), "entity": some, "trandate": "2026-02-31 0:00:00"},
    ]
    return Table("transaction", columns, FORMAT, extra=extra)


def _document(rows: Rows, **columns: Array) -> Rows:
    """Return rows of the transaction table; what is not given is empty."""
    size = len(rows)
    never, nothing, empty = np.full(size, _NEVER), np.zeros(size), text([""] * size)
    common = {
        "customer": rows["customer"],
        "currency": rows["currency"],
        "due": never,
        "closed": never,
        "starts": never,
        "ends": never,
        "paid": nothing,
        "open": nothing,
        "po": empty,
        "deal": empty,
        "voided": np.zeros(size, dtype=bool),
    }
    return Rows(**{**common, **columns})


def _orders(view: ErpView) -> Rows:
    rows, _ = view.orders()
    status = np.select([rows["status"] == "open", rows["status"] == "rejected"], ["B", "C"], "G")
    return _document(
        rows,
        number=_ORDERS + rows["number"],
        kind=text(["SalesOrd"] * len(rows)),
        on=rows["ordered"],
        modified=rows["ordered"] + 1,
        status=status.astype(object),
        total=rows["amount"],
        po=rows["po"],
        deal=rows["code"],
        starts=rows["starts"],
        ends=rows["ends"],
    )


def _invoices(view: ErpView) -> Rows:
    rows, _, paid = view.invoices()
    cleared = paid["state"] == "cleared"
    return _document(
        rows,
        number=_INVOICES + rows["number"],
        kind=flags(rows["kind"] == "credit_note", "CustCred", "CustInvc"),
        on=rows["invoiced"],
        modified=np.where(np.isnat(paid["paid_on"]), rows["invoiced"], paid["paid_on"]),
        status=flags(cleared, "B", "A"),
        total=np.abs(rows["gross"]),
        due=rows["due"],
        closed=np.where(cleared, paid["paid_on"], np.datetime64("NaT")),
        paid=np.abs(paid["paid"]),
        open=np.abs(paid["open"]),
        voided=rows["cancelled"],
    )


def _payments(view: ErpView) -> Rows:
    rows, _, paid = view.receipts()
    return _document(
        rows,
        number=_PAYMENTS + rows["number"],
        kind=text(["CustPymt"] * len(rows)),
        on=paid["paid_on"],
        modified=paid["paid_on"],
        status=text(["C"] * len(rows)),
        total=paid["paid"],
        paid=paid["paid"],
    )


def _line(view: ErpView, items: Array) -> Table:
    """Write lines; line 0 carries the total, the others stand with the sign turned."""
    rows = stack([*_heads(view), _order_lines(view, items), _invoice_lines(view, items), _tax_lines(view)])
    columns: Columns = {
        "uniquekey": whole(rows["transaction"] * 1_000 + rows["place"]),
        "id": whole(rows["place"]),
        "transaction": whole(rows["transaction"]),
        "linesequencenumber": whole(rows["place"]),
        "mainline": flags(rows["place"] == 0, "T", "F"),
        "taxline": flags(rows["place"] == 900, "T", "F"),
        "item": rows["item"],
        "itemtype": rows["itemtype"],
        "quantity": rows["quantity"],
        "units": rows["units"],
        "rate": rows["rate"],
        "foreignamount": money(rows["amount"]),
        "costestimate": rows["cost"],
        "createdfrom": rows["source"],
        "isclosed": "F",
        "iscogs": "F",
        "subsidiary": "1",
        "date_deleted": "",
    }
    bad = spoilt(
        columns,
        uniquekey=str(1 + view.world.piece.number),
        id="1",
        transaction="1",
        mainline="F",
        taxline="F",
        item="99999",
        quantity="5",
        foreignamount="-10.00",
    )
    return Table("transactionline", columns, FORMAT, extra=[bad])


def _entry(transaction: Array, place: Array, amount: Array, **columns: Array) -> Rows:
    """Return rows of the line table; what is not given is empty."""
    empty = text([""] * len(transaction))
    names = ("item", "itemtype", "quantity", "units", "rate", "cost", "source")
    given = {name: columns.get(name, empty) for name in names}
    return Rows(transaction=transaction, place=place, amount=amount, **given)


def _heads(view: ErpView) -> list[Rows]:
    orders, _ = view.orders()
    invoices, _, _ = view.invoices()
    source = whole(_ORDERS + view.world.orders["number"][invoices["order"]])
    return [
        _entry(_ORDERS + orders["number"], np.zeros(len(orders)), orders["amount"]),
        _entry(_INVOICES + invoices["number"], np.zeros(len(invoices)), invoices["gross"], source=source),
    ]


def _order_lines(view: ErpView, items: Array) -> Rows:
    lines, order, product = view.sold()
    return _entry(_ORDERS + order["number"], lines["place"] + 1, -lines["amount"], **_sale(lines, product, items))


def _invoice_lines(view: ErpView, items: Array) -> Rows:
    lines, invoice, product, source = view.billed()
    from_order = whole(_ORDERS + view.world.orders["number"][source])
    filled = _sale(lines, product, items)
    return _entry(_INVOICES + invoice["number"], lines["place"] + 1, -lines["amount"], source=from_order, **filled)


def _sale(lines: Rows, product: Rows, items: Array) -> dict[str, Array]:
    """Return the columns that lines of orders and invoices share."""
    return {
        "item": items[lines["product"]],
        "itemtype": text(["InvtPart"] * len(lines)),
        "quantity": _plain(-lines["quantity"]),
        "units": product["unit"],
        "rate": money(lines["price"]),
        "cost": money(lines["cost"]),
    }


def _tax_lines(view: ErpView) -> Rows:
    rows, _, _ = view.invoices()
    taxed = rows.take(rows["tax"] != 0)
    kind = text(["TaxItem"] * len(taxed))
    return _entry(_INVOICES + taxed["number"], np.full(len(taxed), 900), -taxed["tax"], itemtype=kind)


def _plain(values: Array) -> Array:
    return text(f"{v:g}" if abs(v) < 1e5 else f"{v:.3f}" for v in values)


def _link(view: ErpView) -> Table:
    """Say which payment paid which invoice."""
    rows, _, paid = view.receipts()
    return Table(
        "nexttransactionlinelink",
        {
            "previousdoc": whole(_INVOICES + rows["number"]),
            "previousline": "0",
            "previoustype": "CustInvc",
            "nextdoc": whole(_PAYMENTS + rows["number"]),
            "nextline": "0",
            "nexttype": "CustPymt",
            "linktype": "Payment",
            "foreignamount": money(paid["paid"]),
            "lastmodifieddate": stamp(paid["paid_on"]),
        },
        FORMAT,
    )
