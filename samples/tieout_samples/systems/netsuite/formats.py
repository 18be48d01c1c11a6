"""Times, currencies and flags as NetSuite's analytics tables write them."""

from __future__ import annotations

import numpy as np

from tieout_samples.rows import Array, text
from tieout_samples.tables import FileFormat
from tieout_samples.trade.catalog import CURRENCIES

SYSTEM = "netsuite"
FORMAT = FileFormat()


def stamp(values: Array) -> Array:
    """Write times as the analytics tables do: hours without a leading zero; missing ones empty."""
    texts = np.datetime_as_string(values.astype("datetime64[s]"))
    return text("" if t == "NaT" else f"{t[:10]} {int(t[11:13])}{t[13:]}" for t in texts)


def currency_id(values: Array) -> Array:
    """Write currencies as their inner ids."""
    return text(str(CURRENCIES.index(c) + 1) for c in values)
