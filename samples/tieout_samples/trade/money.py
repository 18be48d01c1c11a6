"""Deals with their lines, each with the story of how it will tie out.

Every story has a name; the truth about money is the story. All sums are exact to the cent, so customers
tie exactly unless their story says otherwise.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.plan import DEALS_PER_CUSTOMER, Piece
from tieout_samples.rows import Array, Rows, chance, choose, ranks, text, totals
from tieout_samples.trade.catalog import FAMILIES, catalogue

QUARTERS = 8
STORIES = (
    "ties",
    "won_not_ordered",
    "ordered_not_invoiced",
    "timing",
    "credit_note",
    "fx_difference",
    "amount_differs",
    "cancelled_invoice",
)
_WEIGHTS = (0.86, 0.025, 0.025, 0.025, 0.02, 0.015, 0.015, 0.015)
OPEN_STAGES = ("Prospecting", "Qualification", "Proposal", "Negotiation")


def deals(piece: Piece, customers: Rows, known: Rows) -> tuple[Rows, Rows]:
    """Return deals and deal lines.

    Deals: number, code (`OPP-%08d`), customer, status (open|won|lost), stage, probability, kind, story,
    amount, arr, currency, created, closes, months, starts, ends, quarter_end, contact_draw.
    Lines: deal (position), place, product (position), quantity, price (per unit), amount, yearly.
    """
    rng = piece.rng("deals")
    sells = known["crm_side"] & (known["fate"] == "live")
    buys = known["erp_side"]
    count = np.where(sells, np.minimum(rng.poisson(np.where(buys, 2.6, 1.6)), DEALS_PER_CUSTOMER), 0)
    customer = np.repeat(np.arange(len(customers)), count)
    size = len(customer)
    status = np.where(
        buys[customer],
        choose(rng, ("won", "open", "lost"), size, [0.58, 0.2, 0.22]),
        choose(rng, ("won", "open", "lost"), size, [0.04, 0.5, 0.46]),
    ).astype(object)
    story = choose(rng, STORIES, size, _WEIGHTS)
    story = np.where(status != "won", "none", np.where(buys[customer], story, "won_not_ordered")).astype(object)
    months = choose(rng, (12, 24, 36), size, [0.7, 0.18, 0.12])
    lines = _lines(piece, rng, customers, customer, months)
    closes, created = _dates(piece, rng, status, story)
    stage = choose(rng, range(4), size, [0.2, 0.3, 0.3, 0.2])
    number = (piece.start + customer) * DEALS_PER_CUSTOMER + ranks(customer)
    starts = closes + rng.integers(1, 20, size).astype("timedelta64[D]")
    deal = Rows(
        number=number,
        code=text(f"OPP-{n:08d}" for n in number),
        customer=customer,
        status=status,
        stage=np.where(status == "open", np.asarray(OPEN_STAGES, dtype=object)[stage], "").astype(object),
        probability=np.where(status == "won", 100, np.where(status == "lost", 0, np.asarray([10, 25, 60, 80])[stage])),
        kind=choose(rng, ("New Business", "Renewal", "Expansion"), size, [0.5, 0.3, 0.2]),
        story=story,
        amount=totals(lines["amount"], lines["deal"], size),
        arr=totals(lines["yearly"], lines["deal"], size),
        currency=customers["currency"][customer],
        created=created,
        closes=closes,
        months=months,
        starts=starts,
        ends=(starts.astype("datetime64[M]") + months).astype("datetime64[D]") - 1,
        contact_draw=rng.random(size),
    )
    return deal, lines


def _lines(piece: Piece, rng: np.random.Generator, customers: Rows, customer: Array, months: Array) -> Rows:
    count = 1 + np.minimum(rng.poisson(1.0, len(customer)), 4)
    deal = np.repeat(np.arange(len(customer)), count)
    scale = customers["size"][customer[deal]]
    return order_lines(piece, rng, deal, scale, customers["currency"][customer[deal]], months[deal])


def order_lines(
    piece: Piece, rng: np.random.Generator, owner: Array, scale: Array, currency: Array, months: Array
) -> Rows:
    """Draw products, quantities and prices for lines grouped by `owner`."""
    products = catalogue(piece.plan.seed)
    size = len(owner)
    product = rng.integers(0, len(products), size)
    family = products["family"][product]
    usual = np.select([family == f for f in FAMILIES], [14, 40, 24], 1)
    quantity = np.maximum(np.round(usual * scale * rng.lognormal(0, 0.6, size)), 1)
    years = np.where(family == "Software", months / 12, 1)
    rate = np.vectorize(USD_PER_UNIT.get, otypes=[float])(currency) if size else np.zeros(0)
    yearly_price = np.round(products["price"][product] / rate * rng.choice([1, 1, 0.95, 0.9, 0.85], size), 2)
    price = np.round(yearly_price * years, 2)
    return Rows(
        deal=owner,
        place=ranks(owner),
        product=product,
        quantity=quantity,
        price=price,
        amount=np.round(quantity * price, 2),
        cost=np.round(quantity * price * products["cost_share"][product], 2),
        yearly=np.where(family == "Software", np.round(quantity * yearly_price, 2), 0.0),
    )


def _dates(piece: Piece, rng: np.random.Generator, status: Array, story: Array) -> tuple[Array, Array]:
    """Close well inside a quarter, except where the story is timing; open deals close after the exports."""
    size = len(status)
    this_quarter = quarter_start(piece.as_of)
    quarter = this_quarter - 3 * rng.integers(0, QUARTERS, size)
    inside = quarter.astype("datetime64[D]") + rng.integers(2, 60, size).astype("timedelta64[D]")
    last_days = (quarter + 3).astype("datetime64[D]") - rng.integers(1, 5, size).astype("timedelta64[D]")
    timed = (story == "timing") & (quarter < this_quarter)
    past = np.minimum(np.where(timed, last_days, inside), piece.as_of)
    future = piece.as_of + rng.integers(1, 200, size).astype("timedelta64[D]")
    late = (status == "open") & chance(rng, size, 0.05)
    closes = np.where((status == "open") & ~late, future, past)
    lead = rng.integers(20, 200, size).astype("timedelta64[D]")
    return closes, np.minimum(closes - lead, piece.as_of - rng.integers(1, 40, size).astype("timedelta64[D]"))


def quarter_start(day: Any) -> Any:
    """Return the first month of the day's calendar quarter."""
    month = day.astype("datetime64[M]")
    return month - int(month.astype(np.int64)) % 3
