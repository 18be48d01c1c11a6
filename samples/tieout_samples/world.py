"""One piece of the true world that every system's export is a view of."""

from __future__ import annotations

from dataclasses import dataclass

from tieout_samples.parties.companies import companies
from tieout_samples.parties.people import people
from tieout_samples.plan import Piece
from tieout_samples.presence import presence
from tieout_samples.rows import Rows
from tieout_samples.trade.billing import invoices, orders, payments
from tieout_samples.trade.catalog import catalogue
from tieout_samples.trade.money import deals
from tieout_samples.trade.support import cases


@dataclass(frozen=True)
class World:
    """Customers of one piece with their people, money and cases; references are positions."""

    piece: Piece
    customers: Rows
    known: Rows
    people: Rows
    products: Rows
    deals: Rows
    deal_lines: Rows
    orders: Rows
    order_lines: Rows
    invoices: Rows
    invoice_lines: Rows
    payments: Rows
    cases: Rows


def world(piece: Piece) -> World:
    """Make the piece's world."""
    customers = companies(piece)
    known = presence(piece, customers)
    deal, deal_lines = deals(piece, customers, known)
    order, order_lines = orders(piece, customers, known, deal, deal_lines)
    invoice, invoice_lines = invoices(piece, customers, order, order_lines)
    return World(
        piece,
        customers,
        known,
        people(piece, customers),
        catalogue(piece.plan.seed),
        deal,
        deal_lines,
        order,
        order_lines,
        invoice,
        invoice_lines,
        payments(piece, invoice),
        cases(piece, customers, known),
    )
