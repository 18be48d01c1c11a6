"""Orders, invoices and payments: orders follow won deals, and each story breaks the chain somewhere."""

from __future__ import annotations

import numpy as np

from tieout_samples.locales import LOCALES, USD_PER_UNIT
from tieout_samples.plan import DEALS_PER_CUSTOMER, Piece
from tieout_samples.rows import Array, Rows, chance, choose, ranks, stack, text, totals
from tieout_samples.trade.money import QUARTERS, order_lines, quarter_start

_SHARED = ("customer", "deal", "story", "currency", "ordered", "starts", "ends")


def orders(piece: Piece, customers: Rows, known: Rows, deal: Rows, lines: Rows) -> tuple[Rows, Rows]:
    """Return sales orders and their lines.

    Orders: number, customer, deal (position or -1), code (the deal's, empty where sales did not key it),
    po (the customer's own order number), story, currency, ordered, starts, ends, amount, status
    (open|completed|rejected).
    Lines: order (position), place, product, quantity, price, amount, cost.
    """
    rng = piece.rng("orders")
    source = np.flatnonzero(
        (deal["status"] == "won") & (known["erp"][deal["customer"]] >= 0) & (deal["story"] != "won_not_ordered")
    )
    from_deals, deal_lines = _from_deals(piece, rng, deal, lines, source)
    alone, own_lines = _without_deal(piece, rng, customers, known)
    order = stack([from_deals, alone])
    line = stack([deal_lines, own_lines.having(order=own_lines["order"] + len(from_deals))])
    sort = np.argsort(order["customer"], kind="stable")
    place_of = np.empty(len(sort), dtype=np.int64)
    place_of[sort] = np.arange(len(sort))
    order = order.take(sort)
    line = line.having(order=place_of[line["order"]])
    line = line.take(np.argsort(line["order"], kind="stable"))
    size = len(order)
    rank = np.minimum(ranks(order["customer"]), 2 * DEALS_PER_CUSTOMER - 1)
    rejected = (order["deal"] < 0) & chance(rng, size, 0.03)
    story = np.where(rejected, "rejected", order["story"]).astype(object)
    status = np.where(rejected, "rejected", np.where(story == "ordered_not_invoiced", "open", "completed"))
    noted = chance(rng, size, 0.95) & (order["deal"] >= 0)
    codes = deal["code"][order["deal"]] if len(deal) else text([""] * size)
    return order.having(
        number=(piece.start + order["customer"]) * 2 * DEALS_PER_CUSTOMER + rank,
        code=np.where(noted, codes, "").astype(object),
        po=text(f"{4500000000 + n}" for n in rng.integers(0, 99_999_999, size)),
        story=story,
        status=status.astype(object),
        amount=totals(line["amount"], line["order"], size),
    ), line


def _from_deals(piece: Piece, rng: np.random.Generator, deal: Rows, lines: Rows, source: Array) -> tuple[Rows, Rows]:
    picked = deal.take(source)
    size = len(source)
    delay = rng.integers(0, 6, size).astype("timedelta64[D]")
    late = (picked["story"] == "timing") & chance(rng, size, 0.5)
    ordered = np.where(late, picked["closes"] + 8, np.minimum(picked["closes"] + delay, _quarter_end(picked["closes"])))
    fx = picked["story"] == "fx_difference"
    currency = np.where(fx, np.where(picked["currency"] == "EUR", "USD", "EUR"), picked["currency"]).astype(object)
    order = Rows(
        customer=picked["customer"],
        deal=source,
        story=picked["story"],
        currency=currency,
        ordered=np.minimum(ordered, piece.as_of),
        starts=picked["starts"],
        ends=picked["ends"],
    )
    position = np.full(len(deal), -1)
    position[source] = np.arange(size)
    line = lines.take(position[lines["deal"]] >= 0)
    owner = position[line["deal"]]
    factor = np.ones(size)
    rate = np.vectorize(USD_PER_UNIT.get, otypes=[float])
    if size:
        off = rng.choice([0.96, 0.975, 1.02, 1.035], size)
        factor = np.where(fx, rate(picked["currency"]) / rate(currency) * off, factor)
    factor = np.where(picked["story"] == "amount_differs", rng.choice([0.85, 0.9, 0.95, 1.05], size), factor)
    price = np.round(line["price"] * factor[owner], 2)
    changed = factor[owner] != 1
    amount = np.where(changed, np.round(line["quantity"] * price, 2), line["amount"])
    cost = np.round(line["cost"] * np.where(fx, factor, 1)[owner], 2)
    return order, Rows(
        order=owner,
        place=line["place"],
        product=line["product"],
        quantity=line["quantity"],
        price=price,
        amount=amount,
        cost=cost,
    )


def _without_deal(piece: Piece, rng: np.random.Generator, customers: Rows, known: Rows) -> tuple[Rows, Rows]:
    """Orders that no deal explains: customers of the ERP only, and a few that sales never saw."""
    live = (known["erp"] >= 0) & (known["fate"] == "live")
    expected = np.where(known["crm_side"], 0.04, 2.2)
    count = np.where(live, np.minimum(rng.poisson(expected), DEALS_PER_CUSTOMER), 0)
    customer = np.repeat(np.arange(len(customers)), count)
    size = len(customer)
    quarter = quarter_start(piece.as_of) - 3 * rng.integers(0, QUARTERS, size)
    ordered = quarter.astype("datetime64[D]") + rng.integers(2, 60, size).astype("timedelta64[D]")
    order = Rows(
        customer=customer,
        deal=np.full(size, -1),
        story=text(["not_in_crm"] * size),
        currency=customers["currency"][customer],
        ordered=ordered,
        starts=ordered + 5,
        ends=ordered + 369,
    )
    owner = np.repeat(np.arange(size), 1 + np.minimum(rng.poisson(1.0, size), 4))
    lines = order_lines(
        piece,
        rng,
        owner,
        customers["size"][customer[owner]],
        order["currency"][owner],
        np.full(len(owner), 12),
    )
    kept = {name: lines[name] for name in ("place", "product", "quantity", "price", "amount", "cost")}
    return order, Rows(order=owner, **kept)


def _quarter_end(days: Array) -> Array:
    months = days.astype("datetime64[M]")
    first = months - (months.astype(np.int64) % 3).astype("timedelta64[M]")
    return np.asarray((first + 3).astype("datetime64[D]") - 1)


def invoices(piece: Piece, customers: Rows, order: Rows, lines: Rows) -> tuple[Rows, Rows]:
    """Return invoices, credit notes and cancellations with their lines.

    Invoices: number, customer, order (position), story, kind (invoice|credit_note|cancellation), cancelled,
    cancels (position or -1), currency, invoiced, due, days (of the payment term), net, tax, gross.
    Lines: invoice (position), order_line (position), place, product, quantity, amount, cost, tax.
    Amounts of credit notes and cancellations are negative.
    """
    rng = piece.rng("invoices")
    plan, plan_lines = _invoice_plan(rng, order, lines)
    size = len(plan)
    owner = order.take(plan["order"])
    delay = rng.integers(1, 9, size).astype("timedelta64[D]") + plan["step"].astype("timedelta64[D]")
    base = owner["ordered"] + delay
    pushed = (_quarter_end(owner["ordered"]) + 2).astype("datetime64[D]") + delay
    invoiced = np.where(
        owner["story"] == "timing", np.maximum(pushed, base), np.minimum(base, _quarter_end(owner["ordered"]))
    )
    invoiced = np.minimum(invoiced, piece.as_of)
    rate = np.asarray([LOCALES[i].tax_rate for i in customers["locale"]])[owner["customer"]]
    tax = np.round(plan_lines["amount"] * rate[plan_lines["invoice"]], 2)
    net = totals(plan_lines["amount"], plan_lines["invoice"], size)
    taxes = totals(tax, plan_lines["invoice"], size)
    days = terms(customers)[owner["customer"]]
    rank = np.minimum(ranks(owner["customer"]), 4 * DEALS_PER_CUSTOMER - 1)
    return plan.having(
        number=(piece.start + owner["customer"]) * 4 * DEALS_PER_CUSTOMER + rank,
        customer=owner["customer"],
        story=owner["story"],
        currency=owner["currency"],
        invoiced=invoiced,
        days=days,
        due=invoiced + days.astype("timedelta64[D]"),
        net=net,
        tax=taxes,
        gross=np.round(net + taxes, 2),
    ), plan_lines.having(tax=tax)


def terms(customers: Rows) -> Array:
    """Return each customer's payment term in days."""
    return np.take([14, 30, 30, 30, 45, 60], customers["number"] * 7 % 6)


def _invoice_plan(rng: np.random.Generator, order: Rows, lines: Rows) -> tuple[Rows, Rows]:
    """Say which invoices each order gets and which lines stand on them; grouped by order."""
    billed = ~np.isin(order["story"].astype(str), ["ordered_not_invoiced", "rejected"])
    split = billed & (order["story"] == "ties") & chance(rng, len(order), 0.3)
    lines_of = np.bincount(lines["order"], minlength=len(order))
    split &= lines_of > 1
    credit = order["story"] == "credit_note"
    cancelled = order["story"] == "cancelled_invoice"
    count = np.where(billed, 1 + split + credit + 2 * cancelled, 0)
    owner = np.repeat(np.arange(len(order)), count)
    step = ranks(owner)
    kind = np.where(
        credit[owner] & (step == 1),
        "credit_note",
        np.where(cancelled[owner] & (step == 1), "cancellation", "invoice"),
    ).astype(object)
    first = np.cumsum(count) - count
    plan = Rows(
        order=owner,
        step=step,
        kind=kind,
        cancelled=cancelled[owner] & (step == 0),
        cancels=np.where(kind != "invoice", first[owner], -1),
    )
    # One line of a credit note is enough: part of the order's first line.
    parts = []
    for number in range(3):
        has = count[lines["order"]] > number
        alternate = np.where(split[lines["order"]], lines["place"] % 2 == number, True)
        only_first = np.where(credit[lines["order"]] & (number == 1), lines["place"] == 0, True)
        index = np.flatnonzero(has & alternate & only_first)
        sign = np.where(
            cancelled[lines["order"][index]] & (number == 1),
            -1.0,
            np.where(credit[lines["order"][index]] & (number == 1), -0.25, 1.0),
        )
        parts.append(_plan_lines(lines, index, first[lines["order"][index]] + number, sign))
    line = stack(parts)
    line = line.take(np.argsort(line["invoice"], kind="stable"))
    return plan, line.having(place=ranks(line["invoice"]))


def _plan_lines(lines: Rows, index: Array, invoice: Array, factor: Array) -> Rows:
    picked = lines.take(index)
    return Rows(
        invoice=invoice,
        order_line=index,
        product=picked["product"],
        price=picked["price"],
        quantity=np.round(picked["quantity"] * factor, 3),
        amount=np.round(picked["amount"] * factor, 2),
        cost=np.round(picked["cost"] * factor, 2),
    )


def payments(piece: Piece, invoice: Rows) -> Rows:
    """Return what was paid of each invoice.

    Columns: state (open|partial|cleared), paid (gross, positive for money received), open, paid_on (NaT where
    nothing was paid) and document (number of the payment).
    """
    rng = piece.rng("payments")
    size = len(invoice)
    lag = np.round(rng.normal(2, 12, size)).astype(np.int64).astype("timedelta64[D]")
    paid_on = np.maximum(invoice["due"] + lag, invoice["invoiced"] + 1)
    state = choose(rng, ("cleared", "partial", "open"), size, [0.88, 0.05, 0.07])
    state = np.where(paid_on > piece.as_of, "open", state)
    state = np.where((invoice["kind"] != "invoice") | invoice["cancelled"], "cleared", state).astype(object)
    paid_on = np.where(invoice["kind"] != "invoice", invoice["invoiced"], np.minimum(paid_on, piece.as_of))
    share = np.where(state == "cleared", 1.0, np.where(state == "partial", rng.choice([0.25, 0.5, 0.75], size), 0.0))
    paid = np.round(invoice["gross"] * share, 2)
    return Rows(
        state=state,
        paid=paid,
        open=np.round(invoice["gross"] - paid, 2),
        paid_on=np.where(state == "open", np.datetime64("NaT"), paid_on),
        document=invoice["number"],
    )
