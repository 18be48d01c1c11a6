"""How well a column's values fit each kind that a canonical field may have, from 0 to 1."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tieout.config.value_formats import FLAGS, date_format_of, is_number
from tieout.matching.propose.facts import Facts, facts_of

TAX = re.compile(r"^(?:[A-Z]{2,3}(?=(?:.*\d){5})[A-Z0-9]{6,13}|\d{2}-\d{7})$")
DUNS = re.compile(r"^\d{9}$")
POSTCODE = re.compile(r"^(?=.*\d)[A-Z]{0,2}-?[A-Z0-9]{2,5}[ -]?[A-Z0-9]{0,4}$", re.I)
HOST = re.compile(r"^(?!www\.)[a-z0-9-]+(?:\.[a-z0-9-]+)+$", re.I)
INTEGER = re.compile(r"^\d{1,15}$")
LONGEST_WORD = 60
SHOWN = 1000


@dataclass(frozen=True)
class Lists:
    """What the config's code lists know: names of countries, codes of currencies, and any list by name."""

    directory: Path

    @cached_property
    def countries(self) -> frozenset[str]:
        """Return the names and codes of `lookups/countries.csv`."""
        return self.first_column("countries")

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Return the codes of `lookups/currencies.csv`."""
        return self.first_column("currencies")

    def first_column(self, name: str) -> frozenset[str]:
        """Return the first column of `lookups/<name>.csv` in small letters; nothing when there is no such list."""
        path = self.directory / "lookups" / f"{name}.csv"
        if not path.is_file():
            return frozenset()
        with path.open(encoding="utf-8", newline="") as opened:
            return frozenset(row[0].strip().lower() for row in csv.reader(opened) if row)


@dataclass(frozen=True)
class Content:
    """The values of one column: facts, and samples to test."""

    facts: Facts
    shown: tuple[str, ...]
    lists: Lists

    @property
    def empty(self) -> bool:
        """Tell whether no value was shown."""
        return not self.shown

    def share(self, test: Callable[[str], object]) -> float:
        """Return the share of the shown values that pass a test."""
        return sum(bool(test(value)) for value in self.shown) / max(len(self.shown), 1)

    @cached_property
    def flags(self) -> float:
        """Return the share of values that are yes or no, of a column with at most three."""
        return self.share(lambda value: value.lower() in FLAGS) if self.facts.distinct <= 3 else 0.0

    @cached_property
    def dates(self) -> float:
        """Return 1 where one date format reads all shown values, else 0."""
        return 1.0 if date_format_of(self.shown) else 0.0

    @cached_property
    def numbers(self) -> float:
        """Return the share of values that are numbers."""
        return self.share(is_number)


def content_of(name: str, values: pd.Series, lists: Lists) -> Content:
    """Look at one column's texts."""
    texts = values.dropna().astype(str).str.strip()
    shown = tuple(texts[texts != ""].head(SHOWN))
    return Content(facts_of(name, values.head(SHOWN)), shown, lists)


def fit(content: Content, kind: str) -> float:
    """Return how well the values fit a kind; 0.3 and more is no contradiction."""
    return _FITS[kind](content)


def tells_alone(content: Content, kind: str) -> bool:
    """Tell whether the values are like no other kind's, so that they speak without a name."""
    facts, shapes = content.facts, content.facts.shapes
    if kind == "company":
        return facts.legal > 0.15
    if kind == "given":
        return facts.given > 0.15 and facts.words < 1.6
    if kind == "person":
        return facts.given > 0.15 and 1.6 < facts.words < 3.5 and shapes["letters"] > 0.9
    if kind == "family":
        return shapes["letters"] > 0.95 and facts.words < 1.6 and facts.unique > 0.5 and facts.given < 0.15
    if kind == "street":
        return facts.streets > 0.6 and facts.words < 7 and not content.dates
    if kind == "phone":
        return shapes["phone"] > 0.8 and shapes["digits"] < 0.5 and not content.dates
    if kind == "postcode":
        return shapes["postcode"] > 0.6 and 1 - shapes["digits"] > 0.02 and not content.dates and facts.unique > 0.3
    if kind == "tax":
        return content.share(TAX.match) > 0.7 and facts.unique > 0.5
    if kind == "duns":
        return content.share(DUNS.match) > 0.95 and facts.unique > 0.9 and facts.filled < 0.95
    if kind == "city":
        return shapes["letters"] > 0.9 and facts.words < 2.5 and 0.3 < facts.unique < 1 and facts.legal < 0.1
    return kind in {"email", "web", "country", "currency"} and fit(content, kind) > 0.6


def _worded(content: Content) -> float:
    """Return how well the values are short words or codes, of which some occur again."""
    facts = content.facts
    long = facts.length > LONGEST_WORD
    return 0.0 if long or content.dates or facts.shapes["email"] > 0.5 else 0.8 if facts.unique < 0.5 else 0.5


def _named(content: Content) -> float:
    shapes = content.facts.shapes
    return 0.0 if shapes["email"] > 0.3 or content.dates or content.numbers > 0.7 or content.flags else 0.7


def _person(content: Content) -> float:
    facts = content.facts
    return min(_named(content), 1.0 if 1.3 < facts.words < 4 and facts.shapes["letters"] > 0.8 else 0.2) + 0.2 * (
        facts.given > 0.1
    )


def _single_name(content: Content) -> float:
    facts = content.facts
    fits = facts.words < 2.3 and facts.shapes["letters"] > 0.8 and _varied(content)
    return min(_named(content), 0.8 if fits else 0.1)


def _varied(content: Content) -> bool:
    return content.facts.distinct > 3 or content.facts.unique > 0.6


def _street(content: Content) -> float:
    facts = content.facts
    # A day and a time look like a street and its number.
    return 0.0 if content.dates else 0.9 if facts.streets > 0.4 else 0.5 if facts.words > 1.3 else 0.1


def _postcode(content: Content) -> float:
    share = content.share(POSTCODE.match)
    return share if share > 0.6 and not content.dates and _varied(content) else 0.0


def _city(content: Content) -> float:
    facts = content.facts
    return min(_named(content), facts.shapes["letters"]) if facts.words < 4 else 0.2


def _text(content: Content) -> float:
    return 0.7 if content.facts.shapes["letters"] > 0.2 and not content.flags and not content.dates else 0.2


def _phone(content: Content) -> float:
    return 0.0 if content.dates else content.facts.shapes["phone"]


_FITS: dict[str, Callable[[Content], float]] = {
    "company": lambda one: _named(one) + (0.3 if one.facts.legal > 0.1 else 0.0),
    "person": _person,
    "given": lambda one: _single_name(one) + (0.2 if one.facts.given > 0.1 else 0.0),
    "family": _single_name,
    "street": _street,
    "city": _city,
    "region": lambda one: min(_named(one), 0.8 if one.facts.words < 4 else 0.2),
    "postcode": _postcode,
    "country": lambda one: one.share(lambda value: len(value) > 1 and value.lower() in one.lists.countries),
    "phone": _phone,
    "email": lambda one: one.facts.shapes["email"],
    "web": lambda one: one.facts.shapes["web"],
    "domain": lambda one: one.share(HOST.match),
    "tax": lambda one: max(one.share(TAX.match), 0.4 if one.facts.shapes["code"] > 0.6 and not one.dates else 0.0),
    "duns": lambda one: one.share(DUNS.match),
    "currency": lambda one: one.share(lambda value: value.lower() in one.lists.currencies),
    "word": _worded,
    "text": _text,
    "integer": lambda one: one.share(INTEGER.match) if not one.dates else 0.0,
    "amount": lambda one: one.numbers if not one.dates else 0.0,
    "flag": lambda one: one.flags,
    "date": lambda one: one.dates,
    "reference": lambda one: 0.0 if one.flags or one.facts.shapes["email"] > 0.3 else 0.5,
}


def known_values(content: Content, names: Iterable[str]) -> float:
    """Return the share of the values that a list of texts in small letters knows."""
    wanted = frozenset(names)
    return content.share(lambda value: value.lower() in wanted)
