"""Salesforce exports as Bulk API 2.0 writes them: comma, every field quoted, UTF-8, 18-character ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tieout_samples.ids import salesforce_ids
from tieout_samples.parties.contacts import contacts
from tieout_samples.parties.records import CRM, accounts
from tieout_samples.rows import Array
from tieout_samples.systems.base import Export
from tieout_samples.systems.salesforce import deals, lists, parties
from tieout_samples.systems.salesforce.view import SYSTEM, View
from tieout_samples.tables import Table
from tieout_samples.world import World

__all__ = ["export"]

HABITS = replace(CRM, system=SYSTEM)


def export(world: World) -> Export:
    """Return the Salesforce objects of one piece."""
    account = accounts(world, HABITS)
    contact = contacts(world, account, HABITS, 0.82)
    view = View(
        world,
        world.piece.rng(f"shape {SYSTEM}"),
        account,
        salesforce_ids("001", account["number"] + 70_000),
        contact,
        salesforce_ids("003", contact["number"] + 90_000),
    )
    products = salesforce_ids("01t", world.products["number"])
    truth = {
        "account": (view.account_ids, account["true_id"]),
        "contact": (view.contact_ids, contact["true_id"]),
    }
    if world.piece.number == 0:
        truth["product"] = (products, world.products["true_id"])
    return Export(_tables(view, products), truth)


def _tables(view: View, products: Array) -> Iterator[Table]:
    yield parties.account(view)
    yield parties.contact(view)
    yield deals.opportunity(view)
    yield deals.case(view)
    if view.world.piece.number == 0:
        yield lists.product(view, products)
        yield lists.price(view, products)
        yield lists.user(view)
