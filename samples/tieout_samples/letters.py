"""Words written where accents cannot be."""

from __future__ import annotations

import unicodedata


def ascii_only(value: str) -> str:
    """Write a word without accents, German letters as two: Müller becomes Mueller."""
    for letter, letters in (
        ("ä", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("Ä", "Ae"),
        ("Ö", "Oe"),
        ("Ü", "Ue"),
        ("ł", "l"),
        ("Ł", "L"),
        ("ø", "o"),
    ):
        value = value.replace(letter, letters)
    return unicodedata.normalize("NFKD", value).encode("ascii", "ignore").decode()
