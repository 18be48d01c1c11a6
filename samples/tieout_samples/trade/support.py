"""Support cases, open and closed."""

from __future__ import annotations

import numpy as np

from tieout_samples.plan import Piece
from tieout_samples.rows import Rows, chance, choose, ranks

SUBJECTS = (
    "Delivery incomplete",
    "Invoice does not match order",
    "Device reports error",
    "Login not possible",
    "Wrong price on quote",
    "Question on warranty",
    "Damaged packaging",
    "Software update failed",
    "Credit note missing",
    "Technician requested",
    "Change of address",
    "Training request",
)
PRIORITIES = ("Low", "Medium", "High", "Critical")


def cases(piece: Piece, customers: Rows, known: Rows) -> Rows:
    """Return cases grouped by customer.

    Columns: number, customer, subject, priority, kind, origin, open, escalated, opened, closed (NaT while
    open; both with seconds), contact_draw.
    """
    rng = piece.rng("cases")
    live = (known["crm"] >= 0) & (known["fate"] == "live")
    count = np.where(live, np.minimum(rng.poisson(1.1 * np.minimum(customers["size"], 4) ** 0.5), 7), 0)
    customer = np.repeat(np.arange(len(customers)), count)
    size = len(customer)
    is_open = chance(rng, size, 0.24)
    age = np.where(is_open, np.minimum(rng.exponential(35, size), 300) + 1, rng.integers(5, 700, size))
    end = piece.as_of.astype("datetime64[s]") + 36_000
    opened = end - (age * 86_400).astype(np.int64).astype("timedelta64[s]")
    lasted = np.minimum(rng.exponential(6, size) + 0.02, age * 0.9)
    closed = opened + (lasted * 86_400).astype(np.int64).astype("timedelta64[s]")
    return Rows(
        number=(piece.start + customer) * 8 + ranks(customer),
        customer=customer,
        subject=choose(rng, SUBJECTS, size),
        priority=choose(rng, PRIORITIES, size, [0.25, 0.45, 0.22, 0.08]),
        kind=choose(rng, ("Problem", "Question", "Complaint"), size),
        origin=choose(rng, ("Phone", "Email", "Web"), size),
        open=is_open,
        escalated=is_open & chance(rng, size, 0.12),
        opened=opened,
        closed=np.where(is_open, np.datetime64("NaT"), closed),
        contact_draw=rng.random(size),
    )
