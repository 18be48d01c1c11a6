"""Names and arguments of expectations are known without loading Great Expectations, and are the library's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tieout.quality.expectation_arguments import FILE, generate, problems

BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"


@pytest.mark.parametrize(
    ("kind", "kwargs", "found"),
    [
        (BETWEEN, {"column": "a", "min_value": 0}, []),
        (BETWEEN, {"column": "a", "min_value": "2026-01-01"}, []),
        (BETWEEN, {"column": "a", "min_value": "many"}, ["kwargs.min_value"]),
        (BETWEEN, {"column": "a", "strict_min": "yes"}, ["kwargs.strict_min"]),
        (BETWEEN, {"column": "a", "minimum": 0}, ["kwargs.minimum"]),
        (BETWEEN, {"min_value": 0}, ["kwargs"]),
        (BETWEEN, {"column": 3}, ["kwargs.column"]),
        (IN_SET, {"column": "a", "value_set": ["b"]}, []),
        (IN_SET, {"column": "a", "value_set": "b"}, ["kwargs.value_set"]),
        (IN_SET, {"column": "a"}, ["kwargs"]),
        ("expect_column_value_to_be_between", {}, ["type"]),
        ("unexpected_rows_expectation", {"unexpected_rows_query": "SELECT * FROM {batch} WHERE a < 0"}, []),
    ],
)
def test_arguments_are_checked_by_name_and_type(kind: str, kwargs: dict[str, Any], found: list[str]) -> None:
    assert [key for key, _ in problems(kind, kwargs)] == found


def test_what_is_known_is_what_the_library_has() -> None:
    assert json.loads(FILE.read_text(encoding="utf-8")) == generate()
