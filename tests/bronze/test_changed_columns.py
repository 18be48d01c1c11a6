"""A renamed column is suggested by its values, shapes and name; a retyped one by the kind of its values."""

from __future__ import annotations

import pytest

from tieout.bronze.drift.changed_columns import Retyped, find_renamed, find_retyped
from tieout.bronze.drift.profile import ColumnProfile, kind_of

CITIES = ("Bonn", "Köln", "Wien", "Graz", "Basel", "Ulm")
CODES = ("K-100", "K-101", "K-102", "K-103", "K-104", "K-105")


def profiles(**columns: tuple[str, ...]) -> dict[str, ColumnProfile]:
    return {name: ColumnProfile(values) for name, values in columns.items()}


def test_a_column_is_found_under_a_name_that_has_nothing_in_common() -> None:
    before = profiles(ort=CITIES, nr=CODES)
    after = profiles(city=CITIES[1:] + ("Linz",), customer_no=CODES)

    found = find_renamed(["ort", "nr"], ["customer_no", "city"], before, after)

    assert {(pair.before, pair.after) for pair in found} == {("ort", "city"), ("nr", "customer_no")}
    assert all(0.6 <= pair.score <= 1 for pair in found)


def test_without_values_in_common_names_must_be_alike() -> None:
    before, after = profiles(CustomerCity=CITIES), profiles(customer_city=("Oslo", "Rom", "Lyon", "Nizza"))
    assert [pair.after for pair in find_renamed(["CustomerCity"], ["customer_city"], before, after)] == [
        "customer_city"
    ]
    assert find_renamed(["CustomerCity"], ["remark"], before, profiles(remark=("Oslo", "Rom", "Lyon"))) == []


def test_yes_and_no_in_common_are_no_reason() -> None:
    flags = ("true", "false", "true", "false")
    assert find_renamed(["blocked"], ["newsletter"], profiles(blocked=flags), profiles(newsletter=flags)) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (("1", "22", "3.5"), ("low", "high", "low"), ("number", "text")),
        (("1.5", "22.25", "3.5"), ("1,5", "22,25", "3,5"), ("number", "number with decimal comma")),
        (("20240131", "20240201", "20231224"), ("31.01.2024", "01.02.2024", "24.12.2023"),
         ("date (yyyyMMdd)", "date (d.M.yyyy)")),
        (("2024-01-31",) * 3, ("1706659200000",) * 3, ("date (ISO)", "date (epoch_millis)")),
        (("true", "false", "true"), ("active", "left", "active"), ("yes or no", "text")),
    ],
)  # fmt: skip
def test_kinds_that_change(before: tuple[str, ...], after: tuple[str, ...], expected: tuple[str, str]) -> None:
    assert find_retyped(profiles(x=before), profiles(x=after)) == [Retyped("x", *expected)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("0", "1", "1"), ("2", "3", "10")),
        (("1", "2", "3"), ("1.5", "2.5", "3")),
        (("a", "b", "c"), ("d", "e", "1")),
        (("1", "2"), ("a", "b")),
        (("1", "2", "3"), ()),
    ],
)
def test_what_is_no_change_of_kind(before: tuple[str, ...], after: tuple[str, ...]) -> None:
    assert find_retyped(profiles(x=before), profiles(x=after)) == []


def test_too_mixed_a_column_has_no_kind() -> None:
    assert kind_of(ColumnProfile(("1", "2", "3", "4", "5", "6", "7", "8", "9", "x"))) is None
