"""What each normaliser makes of a text, by the code lists of the project; how a plan reads columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import phonenumbers
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from tieout.config.lookups import Lookups
from tieout.values import NORMALISERS, TextPlan, looked_up
from tieout.values.text_plan import Distinct, Step, text_sql

Texts = Sequence[str | None]
CASES: list[tuple[str, dict[str, Any], str | None, dict[str | None, str | None]]] = [
    ("alphanumeric", {}, None, {"ab-12/x": "AB12X", "Ä 1": "Ä1", "--": None}),
    ("case_safe_id", {}, None, {"001A0000006Vm9r": "001A0000006Vm9rIAC", "001A0000006Vm9rIAC": "001A0000006Vm9rIAC"}),
    ("code", {"table": "payment_terms"}, None, {"30 days net": "Net 30", "Net 30": "Net 30", "by barter": "by barter"}),
    ("code", {"table": "industries"}, None, {"Food and Beverage": "Food & Beverage", "Zoos": "Zoos"}),
    ("code", {"table": "contact_titles"}, None, {"CEO": "Chief Executive Officer", "Clown": "Clown"}),
    ("country", {}, None, {"Deutschland": "DE", "U.S.A.": "US", "gbr": "GB", "Atlantis": "Atlantis"}),
    ("country", {"unknown": "ZZ"}, None, {"Atlantis": "ZZ"}),
    ("currency", {}, None, {"€": "EUR", "us dollar": "USD", "chf": "CHF", "xyz": "XYZ"}),
    ("digits", {}, None, {"12-34 5": "12345", "000": None, "n/a": None}),
    (
        "domain", {}, None,
        {
            "https://www.acme.com/en/": "acme.com", "http://acme.com": "acme.com", "ACME.com": "acme.com",
            "www2.acme.com": "acme.com", "acme.com:8080": "acme.com", "info@acme.com": "acme.com",
            "https://user@shop.acme.com?x=1": "shop.acme.com", "//acme.com": "acme.com", "acme.com.": "acme.com",
            "acme.com; acme.de": "acme.com", "www.www.acme.com": "acme.com", "jane@gmail.com": None,
            "gmail.com.": None, "acme.": None, "none": None, ".com": None, "https://": None,
        },
    ),
    (
        "email", {}, None,
        {
            "Jane.Doe@Acme.com": "jane.doe@acme.com", "mailto:a@b.de": "a@b.de", "Jane <a@b.de>": "a@b.de",
            "a@b.de; c@d.de": "a@b.de", "nobody": "nobody",
        },
    ),
    ("first_of", {}, None, {"a; b": "a", ";b": None, "a": "a"}),
    ("first_of", {"separator": ","}, None, {"a, b": "a"}),
    ("guid", {}, None, {"{0F8FAD5B-D9CB-469F-A165-70867728950E}": "0f8fad5b-d9cb-469f-a165-70867728950e"}),
    ("integer_text", {}, None, {"12345.0": "12345", "1.2345E4": "12345", "12345": "12345", "12.5": "12.5"}),
    (
        "legal_form", {}, None,
        {
            "Beta GmbH": "GmbH", "Beta GmbH & Co. KG": "GmbH & Co. KG", "Beta & Co. KG": "KG", "Acme, Inc.": "Inc",
            "Acme (Holding) Ltd.": "Ltd", "Alfa Sp. z o.o.": "Sp. z o.o.", "ООО Ромашка": "OOO", "Acme": None,
            "GmbH": None, "Acme Works": None,
        },
    ),
    ("lower", {}, None, {"ÄB": "äb"}),
    ("no_leading_zeros", {}, None, {"0000012345": "12345", "000": "0", "A01": "A01"}),
    ("pad", {"width": 10}, None, {"12345": "0000012345", "12345.0": "0000012345", "AB1": "AB1"}),
    ("postcode", {}, "DE", {"1067": "01067", "D-01067": "01067", "01067": "01067"}),
    ("postcode", {}, "GB", {"sw1a1aa": "SW1A 1AA", "M1 1AE": "M1 1AE"}),
    ("postcode", {}, "NL", {"1012ab": "1012 AB"}),
    ("postcode", {}, "PL", {"00950": "00-950"}),
    ("postcode", {}, "US", {"2139": "02139", "02139-4307": "02139"}),
    ("postcode", {}, None, {" ab 1 ": "AB 1"}),
    (
        "region", {}, "DE",
        {
            "Brandenburg": "DE-BB", "BB": "DE-BB", "12": "DE-BB", "DE-BB": "DE-BB", "Bavaria": "DE-BY",
            "Thueringen": "DE-TH", "Atlantis": "Atlantis",
        },
    ),
    ("region", {}, "US", {"CA": "US-CA", "california": "US-CA", "12": "12"}),
    ("region", {}, None, {"Brandenburg": "Brandenburg"}),
    ("squash_space", {}, None, {"  a \t b ": "a b", "ﬁne": "fine"}),
    (
        "tax_id", {}, "DE",
        {
            "DE 123 456 789": "DE123456789", "123456789": "DE123456789", "n/a": None, "00000000000": None,
            "12/345": "12345",
        },
    ),
    ("unit", {}, None, {"ST": "piece", "Furlong": "furlong"}),
    ("upper", {}, None, {"äb": "ÄB"}),
]  # fmt: skip


def normalised(conf_dir: Path, name: str, texts: Texts, country: str | None = None, **options: Any) -> list[str | None]:
    """Return what a normaliser makes of texts that are all of one country."""
    read = NORMALISERS[name](Lookups(conf_dir / "lookups"), **options)
    countries = Distinct.of(pa.array([country] * len(texts), pa.string()))
    step = Step(read, 0 if read.by_country else None)
    found: list[str | None] = Distinct.of(pa.array(texts, pa.string())).after(step, [countries]).array().to_pylist()
    return found


@pytest.mark.parametrize(("name", "options", "country", "wanted"), CASES)
def test_texts_are_brought_to_one_form(
    conf_dir: Path, name: str, options: dict[str, Any], country: str | None, wanted: dict[str | None, str | None]
) -> None:  # fmt: skip
    texts = [*wanted, None]
    found = dict(zip(texts, normalised(conf_dir, name, texts, country, **options), strict=True))
    assert found == {**wanted, None: None}


def test_every_normaliser_has_an_example() -> None:
    assert {name for name, *_ in CASES} | {"phone"} == set(NORMALISERS)


def test_what_extensions_and_second_numbers_become(conf_dir: Path) -> None:
    texts = ["+49 (0)30 1234567 ext. 12", "030 1234567; 030 7654321", "030 1234567 / 0171 2345678", "0049 30 1234567"]
    assert normalised(conf_dir, "phone", [*texts, "n/a", "123"], "DE") == [*["+49301234567"] * 4, None, None]


def test_phones_of_all_countries_are_read_as_libphonenumber_reads_them(conf_dir: Path) -> None:
    kinds = (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    forms = phonenumbers.PhoneNumberFormat
    examples = [
        (country, number)
        for country in sorted(phonenumbers.SUPPORTED_REGIONS)
        for number in (phonenumbers.example_number_for_type(country, kind) for kind in kinds)
        if number is not None
    ]
    rows = [
        (country, phonenumbers.format_number(number, form), phonenumbers.format_number(number, forms.E164))
        for country, number in examples
        for form in (forms.E164, forms.INTERNATIONAL, forms.NATIONAL)
    ]
    read = NORMALISERS["phone"](Lookups(conf_dir / "lookups")).function
    found = {(country, read(text, country)) for country, text, wanted in rows if read(text, country) != wanted}
    # Too short with their calling code, a trunk prefix that is not all zero, a 15 that moves: no number is better than
    # a wrong one.
    assert {country for country, _ in found} == {"AR", "BY", "NU", "TA", "TK"}
    assert {number for _, number in found} == {None}


SQUASHED = [
    "Müller & Söhne", "Dvořák s.r.o.", "Mu\u0308ller", "ﬁrst  ltd", "Ｔｏｋｙｏ", "a\u00a0b", "Ŀlull", "Straße 5½",
    "株式会社", "Łódź", "Ａ\tＢ", "Ångström", " a ", "a\x00b", "\u2028x",
]  # fmt: skip


def test_spaces_and_letters_become_what_unicode_says(conf_dir: Path) -> None:
    wanted = [" ".join(unicodedata.normalize("NFKC", text).replace("\x00", " ").split()) for text in SQUASHED]
    assert normalised(conf_dir, "squash_space", SQUASHED) == wanted


CODED = [
    # what stands for a code that the list does not know, the texts and what they become
    (None, {"01": "Net 30", "9": None}),
    ("=", {"01": "Net 30", "9": "9"}),
    ("other", {"01": "Net 30", "9": "other"}),
]


@pytest.mark.parametrize(("otherwise", "wanted"), CODED)
def test_codes_are_looked_up(otherwise: str | None, wanted: dict[str, str | None]) -> None:
    read = looked_up({"01": "Net 30"}, otherwise).function
    assert {text: read(text) for text in wanted} == wanted


ONE_FORM = sorted(set(NORMALISERS) - {"case_safe_id", "code", "pad"})


@pytest.mark.parametrize("name", ONE_FORM)
def test_one_form_stays_as_it_is(conf_dir: Path, name: str) -> None:
    read = NORMALISERS[name](Lookups(conf_dir / "lookups"))
    arguments = ("DE",) if read.by_country else ()

    @given(st.text(max_size=40))
    def check(text: str) -> None:
        once = read.function(text, *arguments)
        if once is not None and name not in ("legal_form", "tax_id"):
            assert read.function(once, *arguments) == once

    check()


def test_each_distinct_text_is_read_with_its_rows_country(spark: SparkSession, conf_dir: Path) -> None:
    lists = Lookups(conf_dir / "lookups")
    plan = TextPlan()
    country = plan.add("land", [("country", Step(NORMALISERS["country"](lists))), ("default", Step(default="DE"))])
    phone = plan.add("tel", [("phone", Step(NORMALISERS["phone"](lists), country))])
    assert plan.add("land", [("country", Step()), ("default", Step())]) == country
    rows = [("Germany", "030 1234567"), ("AT", "030 1234567"), (None, "030 1234567"), ("AT", None)]
    found = plan.apply(spark.createDataFrame(rows, "land string, tel string"))
    assert [tuple(row) for row in found.selectExpr(text_sql(country), text_sql(phone)).collect()] == [
        ("DE", "+49301234567"), ("AT", "+43301234567"), ("DE", "+49301234567"), ("AT", None)
    ]  # fmt: skip
