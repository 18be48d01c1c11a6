"""Plain text in one form."""

from __future__ import annotations

import re
import unicodedata
from functools import partial

from tieout.config.lookups import Lookups
from tieout.values.base import Read, Text, letters_and_digits

# What separates words: every space and control character of Unicode.
ODD_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
NO_DIGIT = re.compile("[^0-9]+")


def squash_space(lists: Lookups) -> Read:
    """Unicode NFKC, one space between words and none at the ends; an empty text becomes nothing.

    NFKC makes full-width letters, ligatures and loose accents the usual characters.
    """
    return Read(squashed)


def squashed(text: str) -> Text:
    """Return the text in NFKC with single spaces, None for nothing."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    if "  " in text or not text.isprintable() or text[:1] == " " or text[-1:] == " ":
        text = ODD_SPACE.sub(" ", text).strip(" ")
    return text or None


def upper(lists: Lookups) -> Read:
    """Capital letters."""
    return Read(str.upper)


def lower(lists: Lookups) -> Read:
    """Small letters."""
    return Read(str.lower)


def digits(lists: Lookups) -> Read:
    """Digits only; nothing where there are none, or only zeros."""
    return Read(_digits)


def _digits(text: str) -> Text:
    kept = NO_DIGIT.sub("", text)
    return kept if kept.strip("0") else None


def alphanumeric(lists: Lookups) -> Read:
    """Letters and digits only, letters capital."""
    return Read(_alphanumeric)


def _alphanumeric(text: str) -> Text:
    return letters_and_digits(text).upper() or None


def first_of(lists: Lookups, separator: str = ";") -> Read:
    """The first of several values in one cell, by default separated by semicolons."""
    return Read(partial(_first, separator=separator))


def _first(text: str, separator: str) -> Text:
    return text.partition(separator)[0].strip(" ") or None
