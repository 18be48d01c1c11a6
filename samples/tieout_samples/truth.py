"""Truth: the true customer, person and product behind every exported row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from tieout_samples.rows import Array, text
from tieout_samples.systems.base import Export
from tieout_samples.tables import Table, money
from tieout_samples.trade.money import quarter_start
from tieout_samples.world import World

ENTITIES = ("account", "contact", "product")
# What a tie-out may rightly call a deal of each story. No story says what was paid: payments are drawn invoice by
# invoice, so a deal that ties up to its invoices may be unpaid.
PAYMENTS = "tied unpaid part_payment overpaid"
REASONS = {
    "ties": PAYMENTS,
    "cancelled_invoice": PAYMENTS,
    "won_not_ordered": "won_not_ordered not_in_erp",
    "timing": "timing late",
    "not_in_crm": "not_in_crm ordered_without_deal",
    "rejected": "tied",
}


def identity_tables(exports: Mapping[str, Export]) -> Iterator[Table]:
    """Return one table per entity: source_system, source_id, true_id."""
    for entity in ENTITIES:
        parts = [(system, *export.truth[entity]) for system, export in exports.items() if entity in export.truth]
        if parts:
            yield Table(
                entity,
                {
                    "source_system": np.concatenate([text([system] * len(ids)) for system, ids, _ in parts]),
                    "source_id": np.concatenate([ids for _, ids, _ in parts]),
                    "true_id": np.concatenate([true for _, _, true in parts]),
                },
            )


def relation_table(world: World) -> Table:
    """Return families: true_id, parent_true_id (empty for franchises), family, kind."""
    rows = world.customers
    member = np.flatnonzero(rows["kind"] != "single")
    parent = rows["parent"][member]
    return Table(
        "relations",
        {
            "true_id": rows["true_id"][member],
            "parent_true_id": np.where(parent >= 0, rows["true_id"][parent], "").astype(object),
            "family": text(f"F{world.piece.number:05d}-{n}" for n in rows["family"][member]),
            "kind": rows["kind"][member],
        },
    )


def story_table(world: World) -> Table:
    """Return why money ties or not: one row per won deal, and one per order that no deal explains.

    Columns: true_id, deal, period of the deal or order, story, amount, currency, reasons (the codes of the
    tie-out that are right for it, separated by blanks; `tied` where nothing differs).
    """
    won = world.deals.take(world.deals["status"] == "won")
    alone = world.orders.take(world.orders["deal"] < 0)
    customer = np.concatenate([won["customer"], alone["customer"]])
    when = np.concatenate([won["closes"], alone["ordered"]])
    # What closed in the quarter of the exports had no time to be invoiced in the next one: it ties.
    early = np.concatenate([won["closes"], alone["ordered"]]) < quarter_start(world.piece.as_of).astype("datetime64[D]")
    told = np.concatenate([won["story"], alone["story"]])
    story = np.where((told == "timing") & ~early, "ties", told).astype(object)
    return Table(
        "tie_out",
        {
            "true_id": world.customers["true_id"][customer],
            "deal": np.concatenate([won["code"], text([""] * len(alone))]),
            "period": _periods(when),
            "story": story,
            "amount": money(np.concatenate([won["amount"], alone["amount"]])),
            "currency": np.concatenate([won["currency"], alone["currency"]]),
            "reasons": text(REASONS.get(name, name) for name in story),
        },
    )


def _periods(when: Array) -> Array:
    months = when.astype("datetime64[M]").astype(np.int64)
    return text(f"{m // 12 + 1970}Q{m % 12 // 3 + 1}" for m in months)
