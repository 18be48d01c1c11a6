"""Facts of a column's values in a sample: fill, distinct values, words, shapes."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tieout.matching.prepare.vocabulary import COUNTRIES, LEGAL_FORMS, NICKNAMES, STREET_WORDS

SHAPES = {
    "email": re.compile(r"^[^@\s]+@[^@\s]+\.[^@\s]+$"),
    "web": re.compile(r"^(?:https?://|www\.)\S+$|^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,10}(?:/\S*)?$", re.I),
    "date": re.compile(
        r"^(?:1[0-9]|20)\d\d([-/. ]?)(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])(?:[T ].*)?$"
        r"|^(?:0?[1-9]|[12]\d|3[01])[-/.](?:0?[1-9]|[12]\d|3[01])[-/.](?:1[0-9]|20)\d\d$"
    ),
    "phone": re.compile(r"^(?=(?:\D*\d){7,15}\D*$)[+(]?[\d\s().+/-]+(?:x\d+)?$"),
    "number": re.compile(r"^[-$€£]?\s?\d{1,3}(?:,?\d{3})*(?:\.\d+)?$|^-?\d+(?:[.,]\d+)?$"),
    "digits": re.compile(r"^\d+$"),
    "code": re.compile(r"^(?=\S*\d)[\w./-]+$"),
    "letters": re.compile(r"^[^\d@]+$"),
    "year": re.compile(r"^(?:1[0-9]|20)\d\d$"),
    "postcode": re.compile(
        r"^\d{4,6}$|^\d{5}-\d{4}$|^[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}$"
        r"|^\d{4}\s?[A-Z]{2}$|^[A-Z]\d[A-Z]\s?\d[A-Z]\d$",
        re.I,
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What is known of one column; shares are of the filled values of the sample."""

    name: str
    rows: int
    filled: float
    distinct: int
    unique: float
    words: float
    length: float
    shapes: dict[str, float]
    legal: float
    given: float
    countries: float
    streets: float
    spread: float

    def hint(self, pattern: str) -> bool:
        """Tell whether the column's name says so; words of a name are parted by `_`."""
        return re.search(pattern, spelled(self.name)) is not None


def spelled(name: str) -> str:
    """Return a column name as words: `firstName` and `First Name` are `first_name`."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", parted.lower()).strip("_")


def facts_of(name: str, values: pd.Series) -> Facts:
    """Return the facts of one column of a sample; values are texts, null or empty for nothing."""
    texts = values.dropna().astype(str).str.strip()
    texts = texts[texts != ""]
    counts = texts.value_counts()
    shown = texts.head(2000)
    tokens = [re.findall(r"\w+", text.lower()) for text in shown]
    return Facts(
        name=name,
        rows=len(values),
        filled=len(texts) / max(len(values), 1),
        distinct=len(counts),
        unique=len(counts) / max(len(texts), 1),
        words=_mean([len(words) for words in tokens]),
        length=_mean([len(text) for text in shown]),
        shapes={shape: _mean([bool(pattern.match(text)) for text in shown]) for shape, pattern in SHAPES.items()},
        legal=_mean([bool(words) and words[-1] in LEGAL_FORMS for words in tokens]),
        given=_mean([any(word in _GIVEN for word in words) for words in tokens]),
        countries=_mean([" ".join(words) in COUNTRIES for words in tokens]),
        streets=_mean([_is_street(words) for words in tokens]),
        spread=_entropy(counts.to_numpy(dtype=float)),
    )


_GIVEN = set(NICKNAMES) | set(NICKNAMES.values())
_STREETS = {word for word in {*STREET_WORDS, *STREET_WORDS.values()} if len(word) > 2} - {"all", "est"}


def _is_street(words: list[str]) -> bool:
    named = any(
        word in _STREETS or word.endswith(("strasse", "straße", "str", "weg", "gasse", "laan", "straat"))
        for word in words
    )
    return named or (len(words) > 1 and any(word.isdigit() for word in (words[0], words[-1])))


def _mean(values: list[float] | list[int] | list[bool]) -> float:
    return float(np.mean(values)) if values else 0.0


def _entropy(counts: np.ndarray) -> float:
    """Return the bits of information of a value: log2 of the number of equally likely values."""
    if not len(counts):
        return 0.0
    shares = counts / counts.sum()
    return float(-(shares * np.log2(shares)).sum())
