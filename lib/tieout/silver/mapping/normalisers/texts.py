"""Plain text in one form."""

from __future__ import annotations

from tieout.platform.sql import literal
from tieout.silver.mapping.builder import ExpressionBuilder


def squash_space(x: str, at: ExpressionBuilder) -> str:
    """Unicode NFKC, one space between words and none at the ends; an empty text becomes nothing.

    NFKC makes full-width letters, ligatures and loose accents the usual characters.
    """
    return at.clean(x)


def upper(x: str, at: ExpressionBuilder) -> str:
    """Capital letters."""
    return f"upper({x})"


def lower(x: str, at: ExpressionBuilder) -> str:
    """Small letters."""
    return f"lower({x})"


def digits(x: str, at: ExpressionBuilder) -> str:
    """Digits only; nothing where there are none, or only zeros."""
    kept = at.let(f"regexp_replace({x}, '[^0-9]', '')")
    return f"CASE WHEN trim(LEADING '0' FROM {kept}) <> '' THEN {kept} END"


def alphanumeric(x: str, at: ExpressionBuilder) -> str:
    """Letters and digits only, letters capital."""
    return f"nullif(upper(regexp_replace({x}, '[^\\\\p{{L}}\\\\p{{N}}]', '')), '')"


def first_of(x: str, at: ExpressionBuilder, separator: str = ";") -> str:
    """The first of several values in one cell, by default separated by semicolons."""
    return f"nullif(trim(substring_index({x}, {literal(separator)}, 1)), '')"
