"""One catalogue of products and prices for every customer and system."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from stdnum import ean

from tieout_samples.locales import USD_PER_UNIT
from tieout_samples.rows import Array, Rows, chance, choose, text

PRODUCTS = 240
FAMILIES = ("Hardware", "Software", "Services")
UNITS = {"Hardware": "Each", "Software": "License", "Services": "Hour"}
CURRENCIES = tuple(USD_PER_UNIT)

_NOUNS = {
    "Hardware": (
        "Pump",
        "Valve",
        "Sensor",
        "Gateway",
        "Drive",
        "Controller",
        "Scanner",
        "Router",
        "Actuator",
        "Terminal",
        "Printer",
        "Meter",
    ),
    "Software": (
        "Suite",
        "Platform",
        "Monitor License",
        "Analytics",
        "Connector",
        "Workflow License",
        "Studio",
        "Vault",
    ),
    "Services": ("Installation", "Training", "Support Hours", "Calibration", "Consulting Day", "Migration"),
}
_ADJECTIVES = (
    "Compact",
    "Industrial",
    "Mobile",
    "Central",
    "Rapid",
    "Precision",
    "Heavy Duty",
    "Smart",
    "Modular",
    "Remote",
)
_GERMAN = {
    "Compact": "Kompakt",
    "Industrial": "Industrie",
    "Mobile": "Mobil",
    "Central": "Zentral",
    "Rapid": "Schnell",
    "Precision": "Präzision",
    "Heavy Duty": "Schwerlast",
    "Pump": "Pumpe",
    "Valve": "Ventil",
    "Drive": "Antrieb",
    "Controller": "Regler",
    "Meter": "Zähler",
    "Printer": "Drucker",
    "Installation": "Montage",
    "Training": "Schulung",
    "Calibration": "Kalibrierung",
}


@lru_cache(maxsize=4)
def catalogue(seed: int) -> Rows:
    """Return the products.

    Columns: number (five digits), true_id, name, german, family, unit, gtin, price (US dollars, per year for
    software), cost_share, active, created (days before the exports).
    """
    rng = np.random.default_rng([seed, 77])
    family = choose(rng, FAMILIES, PRODUCTS, [0.5, 0.3, 0.2])
    number = 10_000 + np.sort(rng.choice(80_000, PRODUCTS, replace=False))
    names = list(_distinct_names(rng, family))
    scale = np.where(family == "Hardware", 900, np.where(family == "Software", 420, 150))
    return Rows(
        number=number,
        true_id=text(f"M{n}" for n in number),
        name=text(names),
        german=text(" ".join(_german(name)) for name in names),
        family=family,
        unit=text(UNITS[f] for f in family),
        gtin=text(f"400{n:09d}" + ean.calc_check_digit(f"400{n:09d}") for n in number),
        price=np.round(scale * rng.lognormal(0, 0.6, PRODUCTS), 2),
        cost_share=np.round(rng.uniform(0.38, 0.72, PRODUCTS), 3),
        active=~chance(rng, PRODUCTS, 0.06),
        created=rng.integers(900, 3000, PRODUCTS),
    )


def _distinct_names(rng: np.random.Generator, families: Array) -> Iterator[str]:
    seen: set[str] = set()
    for family in families:
        while True:
            adjective = _ADJECTIVES[rng.integers(len(_ADJECTIVES))]
            noun = _NOUNS[family][rng.integers(len(_NOUNS[family]))]
            name = f"{adjective} {noun} {'ABCDEFGHKLMPRSTX'[rng.integers(16)]}{rng.integers(10, 99) * 10}"
            if name not in seen:
                break
        seen.add(name)
        yield name


def _german(name: str) -> list[str]:
    for english, german in _GERMAN.items():
        name = name.replace(english, german)
    return name.split()


def price_in(price: Array, currency: str) -> Array:
    """Return list prices in a currency, rounded to cents."""
    return np.asarray(np.round(price / USD_PER_UNIT[currency], 2))
