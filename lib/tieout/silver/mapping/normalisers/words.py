"""Currencies, units and other values of short lists under one name."""

from __future__ import annotations

from tieout.config.lookups import folded
from tieout.silver.mapping.builder import ExpressionBuilder


def currency(x: str, at: ExpressionBuilder) -> str:
    """ISO 4217 code, from codes, symbols and English names (`lookups/currencies.csv`).

    What the list does not know stays as it is, in capitals, so that the gate can name it.
    """
    found = at.look_up("currency_names", at.let(folded(x)))
    return f"coalesce({found}, upper(trim({x})))"


def unit(x: str, at: ExpressionBuilder) -> str:
    """Unit of measure under one name (`lookups/units.csv`); what it does not know stays, in small letters."""
    found = at.look_up("units", at.let(folded(x)))
    return f"coalesce({found}, lower(trim({x})))"


def code(x: str, at: ExpressionBuilder, table: str) -> str:
    """The value under its one name in `lookups/<table>.csv`, by any way to write it (first column → second).

    What the list does not know stays as it is.
    """
    return f"coalesce({at.look_up(table, at.let(folded(x)))}, {x})"
