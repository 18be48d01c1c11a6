"""Keys of one record, written differently, in one form."""

from __future__ import annotations

from tieout.silver.mapping.builder import ExpressionBuilder

CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def no_leading_zeros(x: str, at: ExpressionBuilder) -> str:
    """Without zeros in front: `0000012345` becomes `12345`."""
    return f"CASE WHEN {x} RLIKE '^0+$' THEN '0' ELSE trim(LEADING '0' FROM {x}) END"


def pad(x: str, at: ExpressionBuilder, width: int) -> str:
    """Numbers get zeros in front up to `width`, as where a spreadsheet cut them off; others stay."""
    number = at.let(integer_text(x, at))
    short = f"{number} RLIKE '^[0-9]+$' AND length({number}) < {int(width)}"
    return f"CASE WHEN {short} THEN lpad({number}, {int(width)}, '0') ELSE {number} END"


def integer_text(x: str, at: ExpressionBuilder) -> str:
    """A whole number as such, where a spreadsheet wrote `12345.0` or `1.2345E4`."""
    is_number = f"{x} RLIKE '^[0-9]+(\\\\.0+|(\\\\.[0-9]+)?[eE]\\\\+?[0-9]{{1,2}})$'"
    return f"CASE WHEN {is_number} THEN CAST(CAST(try_cast({x} AS DOUBLE) AS DECIMAL(38,0)) AS STRING) ELSE {x} END"


def guid(x: str, at: ExpressionBuilder) -> str:
    """GUID in small letters without braces."""
    return f"lower(translate({x}, '{{}}', ''))"


def case_safe_id(x: str, at: ExpressionBuilder) -> str:
    """Ids of 15 letters that differ by case get the three check letters that make them 18 long."""
    groups = []
    for group in range(3):
        bits = "+".join(f"if(substr({x}, {5 * group + i + 1}, 1) RLIKE '[A-Z]', {2**i}, 0)" for i in range(5))
        groups.append(f"substr('{CHECK_LETTERS}', {bits} + 1, 1)")
    is_short = f"length({x}) = 15 AND {x} RLIKE '^[A-Za-z0-9]{{15}}$'"
    return f"CASE WHEN {is_short} THEN concat({x}, {', '.join(groups)}) ELSE {x} END"
