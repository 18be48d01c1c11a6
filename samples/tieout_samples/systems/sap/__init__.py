"""SAP's tables as extracted: semicolons, padded keys, YYYYMMDD, trailing minus."""

from __future__ import annotations

from collections.abc import Iterator

from tieout_samples.parties.contacts import contacts
from tieout_samples.parties.records import accounts
from tieout_samples.rows import text
from tieout_samples.systems.base import Export
from tieout_samples.systems.sap import finance, master, materials, sales
from tieout_samples.systems.sap.view import HABITS, SYSTEM, View, padded
from tieout_samples.tables import Table
from tieout_samples.world import World

__all__ = ["export"]


def export(world: World) -> Export:
    """Return the SAP tables of one piece."""
    account = accounts(world, HABITS)
    contact = contacts(world, account, HABITS, 0.4)
    view = View(
        world,
        world.piece.rng(f"shape {SYSTEM}"),
        account,
        padded(account["number"] + 100_000, 10),
        contact,
        padded(contact["number"] + 300_000, 10),
    )
    truth = {"account": (view.kunnr, account["true_id"]), "contact": (view.parnr, contact["true_id"])}
    if world.piece.number == 0:
        truth["product"] = (text(f"{n:018d}" for n in world.products["number"]), world.products["true_id"])
    return Export(_tables(view), truth)


def _tables(view: View) -> Iterator[Table]:
    yield from master.tables(view)
    yield from sales.tables(view)
    yield from finance.tables(view)
    if view.world.piece.number == 0:
        yield from materials.tables(view)
