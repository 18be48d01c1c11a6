"""Persons, streets and towns of each country, drawn from Faker once per seed and process."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from faker import Faker

from tieout_samples.locales import LOCALES, Locale

_LAST, _FIRST, _STREETS, _TOWNS = 1_500, 400, 900, 500


@dataclass(frozen=True)
class Town:
    """A town: its first postcode digits are shared by all its addresses, as is its dialling code."""

    name: str
    postcode: str
    region: str
    region_code: str
    area: str


@dataclass(frozen=True)
class Pool:
    """What the generator draws from for one country."""

    locale: Locale
    last: tuple[str, ...]
    female: tuple[str, ...]
    male: tuple[str, ...]
    streets: tuple[str, ...]
    towns: tuple[Town, ...]


@lru_cache(maxsize=4)
def pools(seed: int) -> tuple[Pool, ...]:
    """Return one pool per locale, in the order of `LOCALES`."""
    return tuple(_pool(locale, seed) for locale in LOCALES)


def _pool(locale: Locale, seed: int) -> Pool:
    fake = Faker(locale.faker)
    for provider in fake.get_providers():
        # Some lists of towns come out of a set, so in another order in each process.
        if isinstance(getattr(provider, "cities", None), list):
            provider.cities = sorted(provider.cities)
    fake.seed_instance(seed)
    return Pool(
        locale,
        _distinct(fake.last_name, _LAST),
        _distinct(fake.first_name_female, _FIRST),
        _distinct(fake.first_name_male, _FIRST),
        _distinct(fake.street_name, _STREETS),
        tuple(_towns(fake, locale, random.Random(f"{seed}{locale.faker}"))),
    )


def _distinct(draw: Callable[[], str], size: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(draw() for _ in range(size)))


def _towns(fake: Faker, locale: Locale, chance: random.Random) -> list[Town]:
    towns = []
    for name in _distinct(fake.city, _TOWNS):
        region, code = _region(fake, locale)
        postcode = fake.zipcode_in_state(code) if locale.country == "US" else fake.postcode()
        if locale.country == "NL":
            postcode = f"{postcode[:4]} {postcode[-2:]}"
        towns.append(Town(name, postcode, region, code, chance.choice(locale.areas)))
    return towns


def _region(fake: Faker, locale: Locale) -> tuple[str, str]:
    if locale.country == "US":
        code = fake.state_abbr(include_territories=False, include_freely_associated_states=False)
        return US_STATES.get(code, code), code
    if locale.country == "DE":
        name = fake.administrative_unit()
        return name, GERMAN_STATES.get(name, "")
    return (fake.administrative_unit() if hasattr(fake, "administrative_unit") else "", "")


_GERMAN = """
Schleswig-Holstein Hamburg Niedersachsen Bremen Nordrhein-Westfalen Hessen Rheinland-Pfalz Baden-Württemberg
Bayern Saarland Berlin Brandenburg Mecklenburg-Vorpommern Sachsen Sachsen-Anhalt Thüringen
"""
_AMERICAN = """
AL:Alabama AK:Alaska AZ:Arizona AR:Arkansas CA:California CO:Colorado CT:Connecticut DE:Delaware FL:Florida
GA:Georgia HI:Hawaii ID:Idaho IL:Illinois IN:Indiana IA:Iowa KS:Kansas KY:Kentucky LA:Louisiana ME:Maine
MD:Maryland MA:Massachusetts MI:Michigan MN:Minnesota MS:Mississippi MO:Missouri MT:Montana NE:Nebraska
NV:Nevada NH:New_Hampshire NJ:New_Jersey NM:New_Mexico NY:New_York NC:North_Carolina ND:North_Dakota OH:Ohio
OK:Oklahoma OR:Oregon PA:Pennsylvania RI:Rhode_Island SC:South_Carolina SD:South_Dakota TN:Tennessee TX:Texas
UT:Utah VT:Vermont VA:Virginia WA:Washington WV:West_Virginia WI:Wisconsin WY:Wyoming DC:District_of_Columbia
"""
#: German states with the two-digit key that ERP systems hold.
GERMAN_STATES = {name: f"{number:02d}" for number, name in enumerate(_GERMAN.split(), start=1)}
#: American states by their two letters.
US_STATES = dict(pair.replace("_", " ").split(":") for pair in _AMERICAN.split())
