"""Redundant columns: a full name beside its parts, a second spelling of a title."""

from __future__ import annotations

import re

import pandas as pd

PARTS = {"given_name", "family_name"}
WHOLE = {"person_name", "company_name", "text"}


def redundant_columns(sample: pd.DataFrame, kinds: dict[str, str]) -> list[str]:
    """Return the columns to leave out: those whose words are, nearly always, those of other columns."""
    shown = sample.head(3000)
    words = {name: [_words(value) for value in shown[name]] for name in kinds if kinds[name] in PARTS | WHOLE}
    parts = [name for name in words if kinds[name] in PARTS]
    found = []
    for name in [name for name in words if kinds[name] in WHOLE]:
        if len(parts) >= 2 and _share(words, parts, name) > 0.8:
            found.append(name)
    return found


def _share(words: dict[str, list[set[str]]], parts: list[str], whole: str) -> float:
    """Return the share of records whose parts' words all are among the whole's."""
    known = told = 0
    for row, text in enumerate(words[whole]):
        together = set().union(*(words[part][row] for part in parts))
        if text and together:
            known += 1
            told += together <= text
    return told / max(known, 1)


def _words(value: object) -> set[str]:
    return set() if pd.isna(value) else set(re.findall(r"\w+", str(value).lower()))  # type: ignore[call-overload]
