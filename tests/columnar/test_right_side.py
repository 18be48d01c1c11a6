"""A key is found where a left join would find it, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tieout.columnar.right_side import RightSide, read_right_side


@pytest.fixture
def streets() -> RightSide:
    rows = pa.table({
        "1": ["FR", "FR", "DE", None], "2": ["Paris", "Lyon", "Paris", "Paris"], "3": ["a", "b", "c", "never found"],
    })  # fmt: skip
    return RightSide(rows, [1, 2])


def test_all_parts_of_a_key_count(streets: RightSide) -> None:
    places = streets.places_of([pa.array(["DE", "FR", "DE", None]), pa.array(["Paris", "Lyon", "Lyon", "Paris"])])
    assert streets.columns[3].take(places).to_pylist() == ["c", "b", None, None]


def test_nulls_never_match() -> None:
    side = RightSide(pa.table({"1": ["x", None]}), [1])
    assert side.places_of([pa.array([None, "x", ""], pa.string())]).to_pylist() == [None, 0, None]


def test_a_key_that_two_rows_have_is_told() -> None:
    assert RightSide(pa.table({"1": ["a", "b"]}), [1]).is_unique()
    assert not RightSide(pa.table({"1": ["a", "a"]}), [1]).is_unique()


def test_no_rows_find_nothing() -> None:
    side = RightSide(pa.table({"1": pa.array([], pa.string()), "2": pa.array([], pa.string())}), [1])
    assert side.columns[2].take(side.places_of([pa.array(["a"])])).to_pylist() == [None]


def test_workers_read_what_was_written(streets: RightSide, tmp_path: Path) -> None:
    path = str(tmp_path / "right.arrow")
    streets.write(path)
    found = read_right_side(path)
    assert (found.keys, found.rows.to_pydict()) == (streets.keys, streets.rows.to_pydict())
