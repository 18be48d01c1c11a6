"""The world holds together: tax numbers are valid, won deals tie, look-alikes differ."""

from __future__ import annotations

import numpy as np
import pytest
from stdnum import get_cc_module

from tieout_samples.ids import salesforce_ids, scramble
from tieout_samples.locales import LOCALES
from tieout_samples.parties.mistakes import mistyped, phone_text
from tieout_samples.plan import Plan
from tieout_samples.rows import text
from tieout_samples.world import World, world


@pytest.fixture(scope="module")
def small() -> World:
    return world(Plan(1_000, ("salesforce", "sap"), "", seed=11).piece(0))


def test_vat_numbers_have_valid_check_digits(small: World) -> None:
    for country, vat in zip(small.customers["country"], small.customers["vat"], strict=True):
        if country != "US":
            assert get_cc_module(country, "vat").is_valid(vat), vat


def test_no_two_customers_share_a_tax_number(small: World) -> None:
    numbers = list(small.customers["tax"])
    assert len(set(numbers)) == len(numbers)


def test_orders_without_a_troubled_story_equal_their_deals(small: World) -> None:
    orders = small.orders.take(small.orders["story"] == "ties")
    np.testing.assert_array_equal(orders["amount"], small.deals["amount"][orders["deal"]])


def test_invoices_of_untroubled_orders_sum_to_the_order(small: World) -> None:
    net = np.zeros(len(small.orders))
    np.add.at(net, small.invoices["order"], small.invoices["net"])
    untroubled = np.isin(small.orders["story"].astype(str), ["ties", "timing", "cancelled_invoice"])
    np.testing.assert_allclose(net[untroubled], small.orders["amount"][untroubled], atol=0.005)


def test_nothing_is_dated_after_the_exports(small: World) -> None:
    assert (small.orders["ordered"] <= small.piece.as_of).all()
    assert (small.invoices["invoiced"] <= small.piece.as_of).all()
    closed = small.deals["status"] != "open"
    assert (small.deals["closes"][closed] <= small.piece.as_of).all()


def test_subsidiaries_look_like_their_head_but_are_other_entities(small: World) -> None:
    child = np.flatnonzero(small.customers["parent"] >= 0)
    head = small.customers["parent"][child]
    assert len(child) > 10
    assert (small.customers["brand"][child] == small.customers["brand"][head]).all()
    assert (small.customers["true_id"][child] != small.customers["true_id"][head]).all()


def test_salesforce_ids_carry_the_checksum_of_their_capitals() -> None:
    # The published example: the first five letters hold no capital, so the first check letter is A.
    (one,) = salesforce_ids("001", [12_345_678])
    assert len(one) == 18
    assert one[15] == "A"


def test_scrambling_gives_every_number_once() -> None:
    numbers = np.arange(1_000)
    assert sorted(scramble(numbers, 1_000, 9)) == list(range(1_000))


def test_typing_errors_touch_only_their_share() -> None:
    rng = np.random.default_rng(1)
    names = text(["Nordlux Maschinenbau"] * 1_000)
    changed = sum(a != b for a, b in zip(names, mistyped(rng, names, 0.1), strict=True))
    assert 50 < changed < 150


@pytest.mark.parametrize(
    ("country", "digits", "style", "expected"),
    [
        ("US", "2125551234", 0.0, "(212) 555-1234"),
        ("DE", "301234567", 0.0, "+49 30 1234567"),
        ("DE", "301234567", 0.5, "030/1234567"),
        ("IT", "021234567", 0.0, "+39 02 1234567"),
    ],
)
def test_phone_numbers_are_written_as_in_their_country(country: str, digits: str, style: float, expected: str) -> None:
    locale = next(locale for locale in LOCALES if locale.country == country)
    assert phone_text(locale, digits, style) == expected
