"""The piece as Salesforce knows it, ids, owners and audit columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tieout_samples.ids import salesforce_ids
from tieout_samples.rows import Array, Rows
from tieout_samples.tables import FileFormat, times
from tieout_samples.world import World

SYSTEM = "salesforce"
FORMAT = FileFormat(quote_all=True)
USERS = 24
NOWHERE = "0015g00000zzzzzzzz"


@dataclass(frozen=True)
class View:
    """The piece as this system knows it."""

    world: World
    rng: np.random.Generator
    accounts: Rows
    account_ids: Array
    contacts: Rows
    contact_ids: Array


def owner(rng: np.random.Generator, size: int) -> Array:
    """Return the id of a user for each row."""
    users = salesforce_ids("005", range(1, USERS + 1))
    return users[rng.integers(0, USERS, size)]


def audit(rng: np.random.Generator, created: Array, modified: Array) -> dict[str, Array]:
    """Return the columns that every object ends with."""
    born = created.astype("datetime64[s]") + rng.integers(25_000, 65_000, len(created)).astype("timedelta64[s]")
    return {
        "CreatedDate": times(np.minimum(born, modified)),
        "CreatedById": owner(rng, len(created)),
        "LastModifiedDate": times(modified),
        "LastModifiedById": owner(rng, len(created)),
        "SystemModstamp": times(modified + 1),
    }
