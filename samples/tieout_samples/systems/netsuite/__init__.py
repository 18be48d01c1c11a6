"""NetSuite exports as CSV of its analytics tables: T and F, inner ids, sales lines turned in sign."""

from __future__ import annotations

from collections.abc import Iterator

from tieout_samples.rows import Array
from tieout_samples.systems.base import Export
from tieout_samples.systems.erp import ErpView, erp_view
from tieout_samples.systems.netsuite import lists, parties, transactions
from tieout_samples.systems.netsuite.formats import SYSTEM
from tieout_samples.tables import Table, whole
from tieout_samples.world import World

__all__ = ["export"]


def export(world: World) -> Export:
    """Return the NetSuite tables of one piece."""
    view = erp_view(world, SYSTEM, name_length=83)
    customer = whole(view.accounts["number"] + 1_400)
    contact = whole(view.contacts["number"] + 5_000_000)
    item = whole(world.products["number"])
    truth = {"account": (customer, view.accounts["true_id"]), "contact": (contact, view.contacts["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (item, world.products["true_id"])
    return Export(_tables(view, customer, contact, item), truth)


def _tables(view: ErpView, customer: Array, contact: Array, item: Array) -> Iterator[Table]:
    yield from parties.tables(view, customer, contact)
    yield from transactions.tables(view, customer, item)
    if view.world.piece.number == 0:
        yield from lists.tables(view, item)
