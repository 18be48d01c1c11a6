"""How each kind of column reads and measures values, by example."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tieout.config.models.matching import MatchingConfig
from tieout.matching.comparing.levels import DIFFERENT, MISSING, compare, schemes
from tieout.matching.kinds.tokens import may_be_one
from tieout.matching.prepare.batch import Batch, prepare_table


def reached(kind: str, left: str | None, right: str | None) -> str:
    """Return, in words, the level that two values of one kind reach."""
    config = MatchingConfig.model_validate(
        {
            "columns": {"value": kind},
            "blocking_rules": ["value"],
            "comparisons": [{"name": "value", "columns": ["value"]}],
        }
    )
    raw = pa.table({"value": pa.array([left, right], pa.string())})
    plan = schemes(config)
    batch = Batch(config, pa.table(prepare_table(config, raw)))
    levels = compare(batch, plan, np.array([0]), np.array([1]))
    return plan[0].label(int(levels.level[0, 0]))


@pytest.mark.parametrize(
    ("kind", "left", "right", "level"),
    [
        ("company_name", "Müller & Söhne GmbH", "MULLER UND SOHNE", "exact"),
        ("company_name", "Acme Intl. S.p.A.", "Acme International", "exact"),
        ("company_name", "Perrier & Normand SARL", "PERRIER NORMAND S.A.R.L", "exact"),
        ("company_name", "Widgets Acme", "Acme Widgets Inc", "tokens >= 0.95 and same_words"),
        ("company_name", "SilverTools", "Silver Tools Ltd", "edit >= 0.92 and same_words"),
        ("given_name", "Bob", "Robert", "nickname"),
        ("street", "12 Main St", "Main Street 12", "exact"),
        ("phone", "+49 30 1234567", "030-1234567", "exact"),
        ("email", "J.Smith+news@acme.com", "j.smith@acme.com", "exact"),
        ("domain", "https://www.acme.co.uk/about", "acme.com", "label"),
        ("identifier", "DE 123456789", "123456789", "digits"),
        ("date", "1971-06-05", "05.06.1971", "exact"),
        ("date", "1971-06-05", "1971-05-06", "swapped"),
        ("postcode", "10115-1234", "10115", "exact"),
        ("country", "Deutschland", "DE", "exact"),
        ("number", "100", "98", "ratio >= 0.95"),
    ],
)
def test_values_that_people_write_differently(kind: str, left: str, right: str, level: str) -> None:
    assert reached(kind, left, right) == level


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Eberhardt Stiffel Group KG", "Eberhardt Stiffel Möbel AG", "tokens >= 0.6"),
        ("Lumriton Tessuti S.p.A.", "LUMRITON GROUP S.R.L.", "tokens >= 0.35"),
        ("George Port Brianhaven Logistics", "GEORGE PORT BRIANHAVEN INTL CO", "tokens >= 0.6"),
        ("North Sea Shipping Region 1", "North Sea Shipping Region 2", "tokens >= 0.6"),
        ("Albert Dale Packaging Ltd", "ALBERT DALE PKG LTD", "tokens >= 0.6 and same_words"),
        ("Lambert South Controls Batesshire", "LAMBERT SOUTH CONTROLS B", "tokens >= 0.6 and same_words"),
        ("Reynolds and Terrell Group", "REYNOLDS AND TERRELL GROPU", "edit >= 0.92 and same_words"),
        ("Stiffel Möbel", "STIFFEL MOEBLE AG", "edit >= 0.84 and same_words"),
    ],
)
def test_a_word_in_place_of_another_is_no_spelling_of_it(left: str, right: str, level: str) -> None:
    assert reached("company_name", left, right) == level


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("pkg", "packaging", True), ("in", "international", True), ("gropu", "group", True), ("moeble", "mobel", True),
        ("eastern", "western", False), ("media", "medical", False), ("farms", "foods", False), ("1", "12", False),
        ("group", "mobel", False), ("tech", "textiles", False),
    ],
)  # fmt: skip
def test_two_words_may_be_one(one: str, other: str, alike: bool) -> None:
    assert may_be_one(one, other) is may_be_one(other, one) is alike


@pytest.mark.parametrize("kind", ["company_name", "street", "phone", "date", "identifier", "number", "text"])
def test_nothing_is_missing_and_not_different(kind: str) -> None:
    assert reached(kind, "12 Example 34567", None) == "missing"
    assert reached(kind, "", " ") == "missing"


def test_levels_are_numbered_from_missing_upwards() -> None:
    assert (MISSING, DIFFERENT) == (-1, 0)
    assert reached("country", "DE", "FR") == "different"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        (("James", "Campbell"), ("Campbell", "James"), "swapped"),
        (("James", "Campbell"), ("Campbel", "James"), "swapped"),
        (("James", "Campbell"), ("Isaac", "James"), "different"),
        (("James", "Campbell"), (None, "James"), "missing"),
    ],
)
def test_fields_are_swapped_only_when_both_names_are(
    left: tuple[str, str], right: tuple[str | None, str], level: str
) -> None:
    config = MatchingConfig.model_validate(
        {
            "columns": {"first": "given_name", "last": "family_name"},
            "blocking_rules": ["last"],
            "comparisons": [{"name": "first", "columns": ["first", "last"]}],
        }
    )
    raw = pa.table(
        {
            name: pa.array(values, pa.string())
            for name, values in zip(("first", "last"), zip(left, right, strict=True), strict=True)
        }
    )
    plan = schemes(config)
    levels = compare(Batch(config, pa.table(prepare_table(config, raw))), plan, np.array([0]), np.array([1]))
    assert plan[0].label(int(levels.level[0, 0])) == level
