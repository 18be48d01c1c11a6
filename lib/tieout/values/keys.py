"""Keys of one record, written differently, in one form."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import partial

from tieout.config.lookups import Lookups
from tieout.values.base import Read, Text

CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
SHORT_ID = re.compile("[A-Za-z0-9]{15}")
SPREADSHEET_NUMBER = re.compile(r"[0-9]+(\.0+|(\.[0-9]+)?[eE]\+?[0-9]{1,2})")
NUMBER = re.compile("[0-9]+")
LONGEST = 38
BRACES = str.maketrans("", "", "{}")


def no_leading_zeros(lists: Lookups) -> Read:
    """Without zeros in front: `0000012345` becomes `12345`."""
    return Read(_no_leading_zeros)


def _no_leading_zeros(text: str) -> Text:
    return text.lstrip("0") or "0"


def pad(lists: Lookups, width: int) -> Read:
    """Numbers get zeros in front up to `width`, as where a spreadsheet cut them off; others stay."""
    return Read(partial(_padded, width=int(width)))


def _padded(text: str, width: int) -> Text:
    number = _integer(text)
    return number.zfill(width) if number is not None and NUMBER.fullmatch(number) else number


def integer_text(lists: Lookups) -> Read:
    """A whole number as such, where a spreadsheet wrote `12345.0` or `1.2345E4`."""
    return Read(_integer)


def _integer(text: str) -> Text:
    if not SPREADSHEET_NUMBER.fullmatch(text):
        return text
    number = format(Decimal(repr(float(text))).to_integral_value(ROUND_HALF_UP), "f")
    return number if len(number) <= LONGEST else None


def guid(lists: Lookups) -> Read:
    """GUID in small letters without braces."""
    return Read(_guid)


def _guid(text: str) -> Text:
    return text.translate(BRACES).lower()


def case_safe_id(lists: Lookups) -> Read:
    """Ids of 15 letters that differ by case get the three check letters that make them 18 long."""
    return Read(_case_safe)


def _case_safe(text: str) -> Text:
    if not SHORT_ID.fullmatch(text):
        return text
    groups = (text[start : start + 5] for start in (0, 5, 10))
    return text + "".join(CHECK_LETTERS[sum(2**i for i, letter in enumerate(g) if letter.isupper())] for g in groups)
