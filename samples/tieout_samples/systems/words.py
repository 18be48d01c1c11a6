"""What exports of all systems write alike: owners, countries, references, product codes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from tieout_samples.locales import LOCALES
from tieout_samples.rows import Array, Rows, text
from tieout_samples.world import World

#: The seller's own people, who own accounts and deals in every CRM.
STAFF = tuple(
    (first, last, f"{first}.{last}@example.com".lower())
    for first in ("Anna", "Ben", "Carla", "David", "Elena", "Felix")
    for last in ("Keller", "Morris", "Dubois", "Rossi")
)


def born(world: World) -> Array:
    """Return when each product was created, to the second."""
    day = world.piece.as_of - world.products["created"].astype("timedelta64[D]")
    return day.astype("datetime64[s]") + 32_400


def refer(ids: Array, positions: Array) -> Array:
    """Return the ids at these positions, empty for -1."""
    if len(ids) == 0:
        return text([""] * len(positions))
    return np.where(positions >= 0, ids[positions], "").astype(object)


def country_words(rng: np.random.Generator, rows: Rows) -> Array:
    """Write each account's country as people do: United States, USA, US, Deutschland, ..."""
    drawn = rng.random(len(rows))
    names = [LOCALES[i].country_names for i in rows["locale"]]
    return text(
        "Atlantis" if country == "XX" else options[int(u * u * len(options))]
        for options, country, u in zip(names, rows["country"], drawn, strict=True)
    )


def owner(rng: np.random.Generator, size: int) -> Array:
    """Draw members of the staff, as positions."""
    return rng.integers(0, len(STAFF), size)


def tax_number(rows: Rows) -> Array:
    """Return the one number that a system with one field holds: VAT, else the national one."""
    return np.where(rows["vat"] != "", rows["vat"], rows["tax"]).astype(object)


def spoilt(columns: Iterable[str], **values: str) -> dict[str, str]:
    """Return a row of the table that is empty but for these values."""
    return dict.fromkeys(columns, "") | values


def material_code(world: World, style: str = "P-{}") -> Array:
    """Return the products' numbers as a system writes them."""
    return text(style.format(n) for n in world.products["number"])
