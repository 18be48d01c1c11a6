"""Which systems know which customer, and where each customer's money is kept."""

from __future__ import annotations

import numpy as np

from tieout_samples.plan import Piece
from tieout_samples.rows import Array, Rows, chance

CRMS = ("salesforce", "hubspot", "dynamics_sales", "zoho", "pipedrive")
ERPS = ("sap", "netsuite", "dynamics_fo", "intacct", "infor", "epicor", "acumatica")


def presence(piece: Piece, customers: Rows) -> Rows:
    """Return which systems know each customer.

    Columns: one per system with its number of records (0, 1 or 2, two being a duplicate), crm and erp
    (position of the home system among the chosen ones, -1 where none), crm_side and erp_side (whether such a
    system would know it) and fate.

    Fate is `live`, or, only for customers with a single record anywhere, `deleted`, `no_name` or
    `bad_country`: rows that a pipeline must drop without losing a match.
    """
    size = len(customers)
    side = piece.rng("side").random(size)
    sides = {"crm": (CRMS, side < 0.86), "erp": (ERPS, (side < 0.72) | (side >= 0.86))}
    columns: dict[str, Array] = {}
    for name, (known, inside) in sides.items():
        chosen = [system for system in piece.plan.systems if system in known]
        home = _home(piece.rng(f"home {name}"), inside, len(chosen))
        columns[name], columns[f"{name}_side"] = home, inside
        for position, system in enumerate(chosen):
            rng = piece.rng(f"presence {system}")
            here = (home == position) | (inside & chance(rng, size, 0.3))
            columns[system] = here * (1 + chance(rng, size, 0.03))
    records = np.sum([columns[system] for system in piece.plan.systems], axis=0)
    fate = np.where(records == 1, _fates(piece.rng("fate"), size), "live").astype(object)
    return Rows(**columns, fate=fate)


def _home(rng: np.random.Generator, inside: Array, systems: int) -> Array:
    drawn = rng.random(len(inside))
    return np.where(inside & (systems > 0), (drawn * systems).astype(np.int64), -1)


def _fates(rng: np.random.Generator, size: int) -> Array:
    drawn = rng.random(size)
    return np.select([drawn < 0.04, drawn < 0.045, drawn < 0.05], ["deleted", "no_name", "bad_country"], "live")
