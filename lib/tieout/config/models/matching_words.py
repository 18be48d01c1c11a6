"""Blocking keys and measures that a matching config may use for each kind of column."""

from __future__ import annotations

from typing import NamedTuple


class KindWords(NamedTuple):
    """The blocking keys and the measures that a kind of column offers."""

    keys: tuple[str, ...]
    measures: tuple[str, ...]


_NAME = KindWords(
    ("exact", "rarest", "rare", "sounds", "prefix"),
    ("exact", "tokens", "edit", "initials", "contained", "same_words"),
)
_PERSON_PART = KindWords(
    ("exact", "sounds", "prefix", "initial"),
    ("exact", "nickname", "edit", "sounds", "initial", "swapped"),
)
_LABEL = KindWords(("exact",), ("exact", "edit"))

KIND_WORDS: dict[str, KindWords] = {
    "company_name": _NAME,
    "person_name": _NAME,
    "text": KindWords(("exact", "rarest", "rare", "codes"), ("exact", "tokens", "edit", "codes", "contained")),
    "given_name": _PERSON_PART,
    "family_name": _PERSON_PART,
    "street": KindWords(("exact", "street", "rarest", "number"), ("exact", "street", "edit", "tokens", "number")),
    "city": KindWords(("exact", "sounds", "prefix"), ("exact", "edit", "sounds")),
    "region": _LABEL,
    "category": _LABEL,
    "country": _LABEL,
    "postcode": KindWords(("exact", "area"), ("exact", "edit", "area")),
    "phone": KindWords(("exact",), ("exact", "edit", "area")),
    "email": KindWords(("exact", "local", "domain"), ("exact", "local", "edit", "domain")),
    "domain": KindWords(("exact", "label"), ("exact", "label", "edit")),
    "identifier": KindWords(("exact", "digits", "ending"), ("exact", "digits", "edit", "contained")),
    "date": KindWords(
        ("exact", "year", "month", "year_month", "month_day"),
        ("exact", "swapped", "edit", "days", "month_day", "year_month", "year", "years"),
    ),
    "number": KindWords(("exact",), ("exact", "ratio", "distance")),
}
