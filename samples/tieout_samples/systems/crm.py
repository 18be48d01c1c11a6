"""The part of the world that one CRM holds; references are positions, -1 where there is none."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tieout_samples.parties.contacts import account_of, contacts
from tieout_samples.parties.records import CRM, accounts
from tieout_samples.rows import Array, Rows
from tieout_samples.systems.base import at_home, main_contact
from tieout_samples.world import World


@dataclass(frozen=True)
class CrmView:
    """A piece as a CRM knows it: `deals` and `cases` are those kept here."""

    world: World
    rng: np.random.Generator
    accounts: Rows
    contacts: Rows
    deals: Rows
    deal_account: Array
    deal_contact: Array
    cases: Rows
    case_account: Array
    case_contact: Array

    @property
    def seen(self) -> Rows:
        """The true customer of each account."""
        return self.world.customers.take(self.accounts["customer"])

    @property
    def buys(self) -> Array:
        """Mask of the accounts that are customers, not only prospects."""
        return self.world.known["erp_side"][self.accounts["customer"]]

    @property
    def deal_closed(self) -> Array:
        """Day on which each deal was won or lost; NaT while it is open."""
        day = np.minimum(self.deals["closes"], self.world.piece.as_of)
        return np.where(self.deals["status"] == "open", np.datetime64("NaT"), day)

    @property
    def deal_modified(self) -> Array:
        """Time of each deal's last change."""
        day = np.where(self.deals["status"] == "open", self.deals["created"] + 5, self.deal_closed)
        return day.astype("datetime64[s]") + 60_000

    @property
    def case_modified(self) -> Array:
        """Time of each case's last change."""
        return np.where(self.cases["open"], self.cases["opened"] + 4_000, self.cases["closed"])

    @property
    def won(self) -> Array:
        """Mask of the deals that were won."""
        return np.asarray(self.deals["status"] == "won")

    @property
    def deal_names(self) -> Array:
        """Title of each deal."""
        return self.accounts["name"][self.deal_account] + " - " + self.deals["kind"]


def crm_view(world: World, system: str, share: float = 0.82) -> CrmView:
    """Return a CRM's view; about `share` of all persons are contacts in it."""
    habits = replace(CRM, system=system)
    rng = world.piece.rng(f"shape {system}")
    account = accounts(world, habits)
    contact = contacts(world, account, habits, share)
    here = at_home(world, "crm", system)
    deals, cases = (rows.take(here[rows["customer"]]) for rows in (world.deals, world.cases))
    first = main_contact(world, contact)
    return CrmView(
        world,
        rng,
        account,
        contact,
        deals,
        account_of(rng, world, account, deals["customer"]),
        first[deals["customer"]],
        cases,
        account_of(rng, world, account, cases["customer"]),
        first[cases["customer"]],
    )
