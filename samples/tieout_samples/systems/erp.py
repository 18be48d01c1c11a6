"""The part of the world that one ERP holds; references are positions, -1 where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tieout_samples.parties.contacts import account_of, contacts
from tieout_samples.parties.records import ERP, accounts
from tieout_samples.rows import Array, Rows, chance, text
from tieout_samples.systems.base import at_home
from tieout_samples.trade.billing import terms
from tieout_samples.world import World


@dataclass(frozen=True)
class ErpView:
    """A piece as an ERP knows it.

    `carrier` is the account of each customer; `order`, `order_line`, `invoice`, `invoice_line` are positions
    in the world of what is kept here (mostly without cancellations, as the cancelled invoice says so);
    `payer`, `blocked` and `limit` go with the accounts.
    """

    world: World
    rng: np.random.Generator
    accounts: Rows
    contacts: Rows
    carrier: Array
    order: Array
    order_line: Array
    invoice: Array
    invoice_line: Array
    payer: Array
    blocked: Array
    limit: Array

    @property
    def seen(self) -> Rows:
        """The true customer of each account."""
        return self.world.customers.take(self.accounts["customer"])

    @property
    def currency(self) -> Array:
        """Currency of each account."""
        return self.seen["currency"]

    @property
    def days(self) -> Array:
        """Payment term of each account in days."""
        return terms(self.world.customers)[self.accounts["customer"]]

    @property
    def bills_elsewhere(self) -> Array:
        """Mask of the accounts whose invoices go to another account."""
        return np.asarray(self.payer != np.arange(len(self.accounts)))

    def orders(self) -> tuple[Rows, Array]:
        """Return the orders kept here and the account of each."""
        rows = self.world.orders.take(self.order)
        return rows, self.carrier[rows["customer"]]

    def invoices(self) -> tuple[Rows, Array, Rows]:
        """Return the invoices kept here, the account of each, and their payments."""
        rows = self.world.invoices.take(self.invoice)
        return rows, self.carrier[rows["customer"]], self.world.payments.take(self.invoice)

    def receipts(self) -> tuple[Rows, Array, Rows]:
        """Return the invoices that were paid at least in part, with account and payment."""
        rows, account, paid = self.invoices()
        pays = (paid["paid"] > 0) & (rows["kind"] == "invoice") & ~rows["cancelled"]
        return rows.take(pays), account[pays], paid.take(pays)

    def sold(self) -> tuple[Rows, Rows, Rows]:
        """Return the order lines kept here with their orders and products."""
        lines = self.world.order_lines.take(self.order_line)
        return lines, self.world.orders.take(lines["order"]), self.world.products.take(lines["product"])

    def billed(self) -> tuple[Rows, Rows, Rows, Array]:
        """Return the invoice lines kept here with their invoices, products and orders (as positions)."""
        lines = self.world.invoice_lines.take(self.invoice_line)
        source = self.world.order_lines["order"][lines["order_line"]]
        return (
            lines,
            self.world.invoices.take(lines["invoice"]),
            self.world.products.take(lines["product"]),
            source,
        )

    def payer_of(self, ids: Array, account: Array) -> Array:
        """Return the ids of those who pay for these accounts."""
        return ids[self.payer[account]] if len(ids) else text([""] * len(account))


def erp_view(
    world: World,
    system: str,
    share: float = 0.4,
    name_length: int = 35,
    cancellations: bool = False,
    keeps_deleted: bool = True,
) -> ErpView:
    """Return an ERP's view; names are cut at `name_length`, about `share` of all persons are contacts in it.

    With `cancellations` the documents that cancel an invoice are kept, for systems that write a credit;
    without `keeps_deleted` deleted customers are in no export.
    """
    habits = replace(ERP, system=system, name_length=name_length, keeps_deleted=keeps_deleted)
    rng = world.piece.rng(f"shape {system}")
    account = accounts(world, habits)
    here = at_home(world, "erp", system)
    order_here = here[world.orders["customer"]]
    invoice_here = here[world.invoices["customer"]] & (cancellations | (world.invoices["kind"] != "cancellation"))
    size = len(account)
    by_parent = (account["parent"] >= 0) & chance(rng, size, 0.4)
    return ErpView(
        world,
        rng,
        account,
        contacts(world, account, habits, share),
        account_of(rng, world, account, np.arange(len(world.customers))),
        np.flatnonzero(order_here),
        np.flatnonzero(order_here[world.order_lines["order"]]),
        np.flatnonzero(invoice_here),
        np.flatnonzero(invoice_here[world.invoice_lines["invoice"]]),
        np.where(by_parent, account["parent"], np.arange(size)),
        chance(rng, size, 0.02),
        np.maximum(np.round(world.customers["size"][account["customer"]] * 120_000, -3), 5_000),
    )
