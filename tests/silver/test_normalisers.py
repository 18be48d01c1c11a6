"""What each normaliser makes of a text, by the code lists of the project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from pyspark.sql import SparkSession

from tieout.config.lookups import Lookups
from tieout.silver.mapping.builder import ExpressionBuilder
from tieout.silver.mapping.normalisers import NORMALISERS

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
            "acme.com; acme.de": "acme.com", "jane@gmail.com": None, "none": None, ".com": None, "https://": None,
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


def normalised(
    spark: SparkSession, conf_dir: Path, name: str, texts: Texts, country: str | None = None, **options: Any
) -> list[str | None]:
    builder = ExpressionBuilder(Lookups(conf_dir / "lookups"))
    if country is not None:
        builder.country = f"'{country}'"
    rows = spark.createDataFrame(list(enumerate(texts)), "n int, x string")
    value = builder.let(NORMALISERS[name]("x", builder, **options))
    return [row[0] for row in builder.apply(rows).orderBy("n").select(value).collect()]


@pytest.mark.parametrize(("name", "options", "country", "wanted"), CASES)
def test_texts_are_brought_to_one_form(
    spark: SparkSession, conf_dir: Path, name: str, options: dict[str, Any], country: str | None,
    wanted: dict[str | None, str | None],
) -> None:  # fmt: skip
    texts = [*wanted, None]
    found = dict(zip(texts, normalised(spark, conf_dir, name, texts, country, **options), strict=True))
    assert found == {**wanted, None: None}


def test_every_normaliser_has_an_example() -> None:
    assert {name for name, *_ in CASES} | {"phone"} == set(NORMALISERS)


def test_what_extensions_and_second_numbers_become(spark: SparkSession, conf_dir: Path) -> None:
    texts = ["+49 (0)30 1234567 ext. 12", "030 1234567; 030 7654321", "030 1234567 / 0171 2345678", "0049 30 1234567"]
    assert normalised(spark, conf_dir, "phone", [*texts, "n/a", "123"], "DE") == [*["+49301234567"] * 4, None, None]


def test_phones_of_all_countries_are_read_as_libphonenumber_reads_them(spark: SparkSession, conf_dir: Path) -> None:
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
    builder = ExpressionBuilder(Lookups(conf_dir / "lookups"))
    builder.country = "country"
    found = builder.let(NORMALISERS["phone"]("x", builder))
    numbers = builder.apply(spark.createDataFrame(rows, "country string, x string, wanted string"))
    wrong = numbers.where(f"NOT {found} <=> wanted").select("country", found).collect()
    # Too short with their calling code, a trunk prefix that is not all zero, a 15 that moves: no number is better than
    # a wrong one.
    assert {row["country"] for row in wrong} == {"AR", "BY", "NU", "TA", "TK"}
    assert {row[1] for row in wrong} == {None}
