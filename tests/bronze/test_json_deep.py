"""JSON of any depth is read without recursion, and only what is JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.bronze.json.deep import object_texts

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4), st.sampled_from([None, 1]))
def test_keys_and_values_are_those_of_the_standard_library(record: dict[str, Any], indent: int | None) -> None:
    found = object_texts(json.dumps(record, indent=indent))

    assert found == {key: as_text(value) for key, value in record.items()}


def test_numbers_stay_as_they_are_written() -> None:
    assert object_texts('{"a": 1.10, "b": [1.0, 2E3]}') == {"a": "1.10", "b": "[1.0,2E3]"}


@pytest.mark.parametrize("line", ["", "[1]", '{"a"', '{"a":1}x', '{"a":1,}', '{"a":[1,]}', "{,}", '{"a" 1}', "{1:2}"])
def test_what_is_no_object_is_none(line: str) -> None:
    assert object_texts(line) is None
