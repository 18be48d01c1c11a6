"""Currencies, units and other values of short lists under one name."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from tieout.config.lookups import Lookups, fold
from tieout.values.base import Read, Text


def currency(lists: Lookups) -> Read:
    """ISO 4217 code, from codes, symbols and English names (`lookups/currencies.csv`).

    What the list does not know stays as it is, in capitals, so that the gate can name it.
    """
    return Read(partial(_currency, names=lists.get("currency_names").pairs()))


def _currency(text: str, names: Mapping[str, str]) -> Text:
    return names.get(fold(text)) or text.strip(" ").upper()


def unit(lists: Lookups) -> Read:
    """Unit of measure under one name (`lookups/units.csv`); what it does not know stays, in small letters."""
    return Read(partial(_unit, names=lists.get("units").pairs()))


def _unit(text: str, names: Mapping[str, str]) -> Text:
    return names.get(fold(text)) or text.strip(" ").lower()


def code(lists: Lookups, table: str) -> Read:
    """The value under its one name in `lookups/<table>.csv`, by any way to write it (first column → second).

    What the list does not know stays as it is.
    """
    return Read(partial(_known, names=lists.get(table).pairs()))


def _known(text: str, names: Mapping[str, str]) -> Text:
    return names.get(fold(text), text)


def looked_up(names: Mapping[str, str], otherwise: str | None) -> Read:
    """A mapping's `lookup`: the value of a code, else nothing, the code itself (`=`), or the text `otherwise`."""
    return Read(partial(_looked_up, names=names, otherwise=otherwise))


def _looked_up(text: str, names: Mapping[str, str], otherwise: str | None) -> Text:
    return names.get(fold(text), text if otherwise == "=" else otherwise)
