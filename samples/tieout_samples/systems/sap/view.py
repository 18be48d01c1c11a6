"""The view of a piece that SAP's writers share, and SAP's forms of numbers and dates."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tieout_samples.locales import LOCALES
from tieout_samples.parties.records import ERP
from tieout_samples.rows import Array, Rows, text
from tieout_samples.tables import FileFormat, days
from tieout_samples.trade.billing import terms
from tieout_samples.world import World

SYSTEM = "sap"
HABITS = replace(ERP, system=SYSTEM)
UTF8 = FileFormat(delimiter=";", newline="\r\n")
CP1252 = FileFormat(delimiter=";", newline="\r\n", encoding="cp1252")
CLIENT = "100"
CLERKS = ("SCHMIDT", "JMILLER", "BATCH", "KWEBER", "ALOPEZ")
NO_DATE = "00000000"
#: Company code, sales organisation, credit control area and its currency, by currency of the customer.
ORGANISATIONS = {
    "EUR": ("1000", "1000", "EUR"),
    "GBP": ("2000", "2000", "GBP"),
    "USD": ("3000", "3000", "USD"),
    "SEK": ("1000", "1000", "EUR"),
    "PLN": ("1000", "1000", "EUR"),
}


@dataclass(frozen=True)
class View:
    """The piece as this system knows it."""

    world: World
    rng: np.random.Generator
    accounts: Rows
    kunnr: Array
    contacts: Rows
    parnr: Array

    @property
    def currency(self) -> Array:
        """Currency of each account."""
        return self.world.customers["currency"][self.accounts["customer"]]

    @property
    def company(self) -> Array:
        """Company code of each account; sales organisation and credit area have the same key."""
        return text(ORGANISATIONS[c][0] for c in self.currency)

    @property
    def term(self) -> Array:
        """Payment term of each account."""
        return text(f"Z{d:03d}" for d in terms(self.world.customers)[self.accounts["customer"]])

    @property
    def address(self) -> Array:
        """Address number of each account."""
        return padded(self.accounts["number"] + 600_000, 10)


def padded(numbers: Array, width: int) -> Array:
    """Write numbers with leading zeros."""
    return text(f"{int(n):0{width}d}" for n in numbers)


def dates(values: Array) -> Array:
    """Write dates as YYYYMMDD; a missing one as 00000000."""
    return days(values, "%Y%m%d", NO_DATE)


def amounts(values: Array) -> Array:
    """Write amounts with the minus behind."""
    return text(f"{-v:.2f}-" if v < 0 else f"{v:.2f}" for v in values)


def quantities(values: Array) -> Array:
    """Write quantities with three decimals, the minus behind."""
    return text(f"{-v:.3f}-" if v < 0 else f"{v:.3f}" for v in values)


def clocks(values: Array) -> Array:
    """Write the time of day as HHMMSS."""
    return text(t[11:].replace(":", "") for t in np.datetime_as_string(values.astype("datetime64[s]")))


def language(view: View) -> Array:
    """Language key of each account."""
    keys = {"en": "E", "de": "D", "fr": "F", "it": "I", "es": "S", "nl": "N", "sv": "V", "pl": "L"}
    return text(keys[LOCALES[i].language] for i in view.accounts["locale"])
