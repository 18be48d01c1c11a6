"""Telephone numbers, as people write them, in E.164.

Calling codes, trunk prefixes and lengths by country are in `lookups/phone_plans.csv`, taken from the
metadata of Google's libphonenumber. The rules here are fewer than that library's: no number types,
no carrier codes. A test compares the two on its example numbers of all countries: they differ in five, where
there is no number here.
"""

from __future__ import annotations

from tieout.silver.mapping.builder import ExpressionBuilder

PREFIXES = {"calling_code": "string", "trunk_prefix": "string"}
PLAN = PREFIXES | {"international_prefix": "string", "min_length": "int", "max_length": "int"}
# An extension in letters, or a second number in the same cell, ends the number.
REST = "(?i)(?<=[0-9])[ .)]*([;,|#a-z]|(?<=[0-9][0-9() .-]{5})/ *[+0]).*$"


def phone(x: str, at: ExpressionBuilder, country: str | None = None) -> str:
    """E.164 (`+493012345678`), read by the row's country; nothing where it cannot be a number.

    `country` is another column to read it by.
    """
    written = at.let(f"CASE WHEN {x} RLIKE '[A-Za-z;,|#/]' THEN regexp_replace({x}, '{REST}', '') ELSE {x} END")
    # In +49 (0)30 the zero is only dialled inside the country.
    digits = at.let(f"regexp_replace(replace({written}, '(0)', ''), '[^0-9]', '')")
    plan = at.row_of("phone_plans", f"lower({country or at.country})", PLAN)
    abroad = _dialled_from_abroad(at, written, digits, plan)
    number = at.let(f"coalesce({_international(at, abroad)}, {_national(at, digits, plan)})")
    return f"CASE WHEN length({number}) BETWEEN 8 AND 15 THEN concat('+', {number}) END"


def _dialled_from_abroad(at: ExpressionBuilder, written: str, digits: str, plan: str) -> str:
    """Return the digits after the plus, or after the country's international prefix."""
    prefix = f"{plan}.international_prefix"
    return at.let(
        f"CASE WHEN startswith(ltrim({written}), '+') THEN {digits} "
        f"WHEN {written} RLIKE '^[^0-9]*\\\\+' THEN {digits} "
        f"WHEN startswith({digits}, {prefix}) AND length({digits}) >= 10 THEN substr({digits}, length({prefix}) + 1) "
        f"WHEN startswith({digits}, '00') AND length({digits}) >= 10 THEN substr({digits}, 3) END"
    )


def _international(at: ExpressionBuilder, abroad: str) -> str:
    """Return calling code and number; a trunk zero after the calling code is dropped."""
    lengths = [at.row_of("calling_codes", f"left({abroad}, {n})", PREFIXES) for n in (1, 2, 3)]
    plan = at.let(f"coalesce({', '.join(lengths)})")
    code = f"{plan}.calling_code"
    inner = at.let(f"substr({abroad}, length({code}) + 1)")
    with_trunk = f"{plan}.trunk_prefix = '0' AND startswith({inner}, '0')"
    return f"CASE WHEN {with_trunk} THEN concat({code}, substr({inner}, 2)) ELSE {abroad} END"


def _national(at: ExpressionBuilder, digits: str, plan: str) -> str:
    """Return calling code and number of digits that were dialled inside the country."""
    code, trunk = f"{plan}.calling_code", f"{plan}.trunk_prefix"

    def fits(number: str) -> str:
        return f"length({number}) BETWEEN {plan}.min_length AND {plan}.max_length"

    without_trunk = at.let(f"CASE WHEN startswith({digits}, {trunk}) THEN substr({digits}, length({trunk}) + 1) END")
    without_code = at.let(
        f"CASE WHEN startswith({digits}, {code}) AND (({trunk} <> {code}) OR NOT {fits(digits)}) "
        f"THEN substr({digits}, length({code}) + 1) END"
    )
    return (
        f"CASE WHEN {fits(without_trunk)} THEN concat({code}, {without_trunk}) "
        f"WHEN {fits(without_code)} THEN {digits} "
        f"WHEN {fits(digits)} THEN concat({code}, {digits}) END"
    )
