"""Telephone numbers, as people write them, in E.164.

Calling codes, trunk prefixes and lengths by country are in `lookups/phone_plans.csv`, taken from the
metadata of Google's libphonenumber. The rules here are fewer than that library's: no number types,
no carrier codes, and a hundredth of its time. A test compares the two on its example numbers of all countries: they
differ in five, where there is no number here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from tieout.config.lookups import Lookups
from tieout.values.base import Read, Text

# An extension in letters, or a second number in the same cell, ends the number.
REST = re.compile(r"(?<=[0-9])[ .)]*([;,|#a-z]|(?<=[0-9][0-9() .-]{5})/ *[+0]).*$", re.ASCII | re.IGNORECASE)
MAY_HAVE_REST = re.compile("[A-Za-z;,|#/]")
PLUS_FIRST = re.compile(r"[^0-9]*\+")
NO_DIGIT = re.compile("[^0-9]+")
# Digits of a number that was dialled from abroad at least have, and of one in E.164.
ABROAD, SHORTEST, LONGEST = 10, 8, 15


@dataclass(frozen=True)
class Plan:
    """How a country's numbers are dialled; what it does not have is empty."""

    calling_code: str
    trunk_prefix: str
    international_prefix: str = ""
    min_length: int = 1
    max_length: int = 0

    def fits(self, number: str) -> bool:
        """Tell whether a national number has one of the country's lengths."""
        return self.min_length <= len(number) <= self.max_length


def phone(lists: Lookups, country: str | None = None) -> Read:
    """E.164 (`+493012345678`), read by the row's country; nothing where it cannot be a number.

    `country` is another column to read it by.
    """
    plans = {
        key: Plan(row["calling_code"], row["trunk_prefix"], row["international_prefix"],
                  int(row["min_length"] or 1), int(row["max_length"] or 0))
        for key, row in _rows(lists, "phone_plans").items()
    }  # fmt: skip
    codes = {key: Plan(row["calling_code"], row["trunk_prefix"]) for key, row in _rows(lists, "calling_codes").items()}
    return Read(partial(_phone, plans=plans, codes=codes), by_country=True)


def _rows(lists: Lookups, name: str) -> dict[str, dict[str, str]]:
    found = lists.get(name)
    return found.records(found.columns[:1])


def _phone(text: str, country: Text, plans: Mapping[str, Plan], codes: Mapping[str, Plan]) -> Text:
    written = REST.sub("", text) if MAY_HAVE_REST.search(text) else text
    # In +49 (0)30 the zero is only dialled inside the country.
    digits = NO_DIGIT.sub("", written.replace("(0)", ""))
    plan = plans.get(country.lower()) if country else None
    abroad = _dialled_from_abroad(written, digits, plan)
    number = _international(abroad, codes) if abroad is not None else _national(digits, plan)
    return f"+{number}" if number is not None and SHORTEST <= len(number) <= LONGEST else None


def _dialled_from_abroad(written: str, digits: str, plan: Plan | None) -> Text:
    """Return the digits after the plus, or after the country's international prefix."""
    if PLUS_FIRST.match(written):
        return digits
    prefix = plan.international_prefix if plan is not None else ""
    for start in (prefix, "00"):
        if start and digits.startswith(start) and len(digits) >= ABROAD:
            return digits[len(start) :]
    return None


def _international(abroad: str, codes: Mapping[str, Plan]) -> str:
    """Return calling code and number; a trunk zero after the calling code is dropped."""
    plan = next((codes[abroad[:length]] for length in (1, 2, 3) if abroad[:length] in codes), None)
    if plan is not None and plan.trunk_prefix == "0":
        inner = abroad[len(plan.calling_code) :]
        return plan.calling_code + inner[1:] if inner.startswith("0") else abroad
    return abroad


def _national(digits: str, plan: Plan | None) -> Text:
    """Return calling code and number of digits that were dialled inside the country."""
    if plan is None:
        return None
    code, trunk = plan.calling_code, plan.trunk_prefix
    if trunk and digits.startswith(trunk) and plan.fits(digits[len(trunk) :]):
        return code + digits[len(trunk) :]
    with_code = digits.startswith(code) and ((trunk and trunk != code) or not plan.fits(digits))
    if with_code and plan.fits(digits[len(code) :]):
        return digits
    return code + digits if plan.fits(digits) else None
