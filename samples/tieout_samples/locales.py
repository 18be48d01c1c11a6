"""How companies, streets and telephones look in each country.

Facts that Faker lacks: legal forms with the ways people write them, dialling codes, words for
industries, abbreviations. Persons, streets and towns come from Faker (see `pools`).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Locale:
    """One country as the generator knows it."""

    faker: str
    country: str
    share: float
    language: str
    currency: str
    tax_rate: float
    dial: str
    trunk: str
    areas: tuple[str, ...]
    subscriber: int
    mobiles: tuple[str, ...]
    mobile_digits: int
    tld: str
    country_names: tuple[str, ...]
    #: Legal form as registered -> other ways to write it.
    forms: dict[str, tuple[str, ...]] = field(default_factory=dict)
    house_first: bool = False


_GMBH = ("GmbH", "G.m.b.H.", "GMBH", "Gmbh", "Gesellschaft mit beschränkter Haftung")
_US_AREAS = (
    "201 202 203 205 206 210 212 213 214 216 301 303 305 312 313 314 317 402 404 405 407 408 410 412 414 415 "
    "480 502 503 504 505 512 513 515 602 603 609 612 614 615 617 619 702 703 704 713 716 718 720 801 803 804 "
    "816 901 904 913 916 919 972"
)

LOCALES: tuple[Locale, ...] = (
    Locale(
        "en_US",
        "US",
        0.34,
        "en",
        "USD",
        0.0,
        "1",
        "",
        tuple(_US_AREAS.split()),
        7,
        ("917", "646", "310"),
        7,
        "com",
        ("United States", "USA", "US", "U.S.A.", "United States of America"),
        {
            "Inc.": ("Inc", "Incorporated", "INC", ", Inc."),
            "LLC": ("L.L.C.", "Llc", ", LLC"),
            "Corp.": ("Corp", "Corporation"),
            "Co.": ("Company", "Co"),
        },
        house_first=True,
    ),
    Locale(
        "de_DE",
        "DE",
        0.18,
        "de",
        "EUR",
        0.19,
        "49",
        "0",
        ("30", "40", "89", "69", "221", "211", "711", "351", "341", "511", "911", "421"),
        7,
        ("151", "160", "170", "172", "176"),
        8,
        "de",
        ("Germany", "Deutschland", "DE", "GER"),
        {
            "GmbH": _GMBH,
            "GmbH & Co. KG": ("GmbH & Co KG", "GmbH u. Co. KG", "GmbH&Co.KG", "GmbH + Co. KG"),
            "AG": ("Aktiengesellschaft", "A.G."),
            "KG": ("K.G.", "Kommanditgesellschaft"),
            "e.K.": ("eK", "e. K."),
        },
    ),
    Locale(
        "en_GB",
        "GB",
        0.13,
        "en",
        "GBP",
        0.20,
        "44",
        "0",
        ("20", "121", "131", "161", "141", "113", "117"),
        0,
        ("7432", "7512", "7712", "7912"),
        6,
        "co.uk",
        ("United Kingdom", "UK", "GB", "Great Britain", "England"),
        {"Ltd": ("Limited", "Ltd.", "LTD"), "plc": ("PLC", "P.L.C."), "LLP": ("L.L.P.",)},
        house_first=True,
    ),
    Locale(
        "fr_FR",
        "FR",
        0.09,
        "fr",
        "EUR",
        0.20,
        "33",
        "0",
        ("1", "2", "3", "4", "5"),
        8,
        ("61", "62", "66", "67"),
        7,
        "fr",
        ("France", "FR", "FRANCE"),
        {"SARL": ("S.A.R.L.", "Sarl", "S.A.R.L"), "SAS": ("S.A.S.", "Sas"), "SA": ("S.A.",)},
        house_first=True,
    ),
    Locale(
        "it_IT",
        "IT",
        0.07,
        "it",
        "EUR",
        0.22,
        "39",
        "",
        ("02", "06", "011", "051", "055"),
        7,
        ("335", "347", "320", "338"),
        7,
        "it",
        ("Italy", "Italia", "IT"),
        {"S.r.l.": ("Srl", "SRL", "S.R.L."), "S.p.A.": ("SpA", "SPA", "S.P.A."), "S.n.c.": ("Snc", "SNC")},
    ),
    Locale(
        "nl_NL",
        "NL",
        0.06,
        "nl",
        "EUR",
        0.21,
        "31",
        "0",
        ("20", "10", "70", "30", "40", "50"),
        7,
        ("61", "62", "64"),
        7,
        "nl",
        ("Netherlands", "Nederland", "NL", "The Netherlands"),
        {"B.V.": ("BV", "bv", "B.V"), "N.V.": ("NV", "nv")},
    ),
    Locale(
        "es_ES",
        "ES",
        0.05,
        "es",
        "EUR",
        0.21,
        "34",
        "",
        ("91", "93", "95", "96", "98"),
        7,
        ("61", "62", "65", "66"),
        7,
        "es",
        ("Spain", "España", "ES"),
        {"S.L.": ("SL", "S.L", "Sociedad Limitada"), "S.A.": ("SA", "S.A", "Sociedad Anónima")},
    ),
    Locale(
        "de_AT",
        "AT",
        0.03,
        "de",
        "EUR",
        0.20,
        "43",
        "0",
        ("1", "316", "732", "662", "512"),
        7,
        ("664", "676", "699"),
        7,
        "at",
        ("Austria", "Österreich", "AT"),
        {
            "GmbH": ("GesmbH", "Ges.m.b.H.", "G.m.b.H.", "GMBH"),
            "AG": ("Aktiengesellschaft",),
            "KG": ("K.G.",),
        },
    ),
    Locale(
        "sv_SE",
        "SE",
        0.03,
        "sv",
        "SEK",
        0.25,
        "46",
        "0",
        ("8", "31", "40", "18"),
        7,
        ("70", "72", "73", "76"),
        7,
        "se",
        ("Sweden", "Sverige", "SE"),
        {"AB": ("Aktiebolag", "A.B.", "Ab"), "HB": ("Handelsbolag",)},
    ),
    Locale(
        "pl_PL",
        "PL",
        0.02,
        "pl",
        "PLN",
        0.23,
        "48",
        "",
        ("22", "12", "61", "71", "58"),
        7,
        ("50", "51", "60", "69"),
        7,
        "pl",
        ("Poland", "Polska", "PL"),
        {
            "Sp. z o.o.": ("sp. z o.o.", "Sp.z o.o.", "Spółka z o.o.", "SP ZOO"),
            "S.A.": ("SA", "Spółka Akcyjna"),
        },
    ),
)

#: Units of US dollars that one unit of the currency buys; the same on every day.
USD_PER_UNIT = {"USD": 1.0, "EUR": 1.08, "GBP": 1.27, "SEK": 0.095, "PLN": 0.25}
