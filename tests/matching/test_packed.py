"""Tables travel whole: what is packed comes out the same, by part, and each key's records meet in one part."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tieout.matching.blocking.blocks import Parts, keys_of
from tieout.matching.prepare.frequency_sketch import add, slots
from tieout.matching.prepare.packed import by_part, packed, unpacked


def test_tables_come_out_as_they_went_in_by_part() -> None:
    first, second = pa.table({"name": ["a", None], "n": [1, 2]}), pa.table({"name": ["b"], "n": [3]})
    batches = [packed([first, second.slice(0, 0)], [4, 2]), packed([second], [4])]
    assert [(part, table.num_rows) for part, table in unpacked(batches)] == [(4, 2), (2, 0), (4, 1)]
    found = dict(by_part(batches))
    assert found[4].to_pydict() == {"name": ["a", None, "b"], "n": [1, 2, 3]}
    assert found[2].num_rows == 0


def test_no_records_have_no_keys() -> None:
    lists = pa.FixedSizeListArray.from_arrays(pa.array([1, 2, 3, 4], pa.int64()), 2)
    table = pa.table({"keys": lists})
    assert keys_of(table).tolist() == [[1, 2], [3, 4]]
    assert keys_of(table.slice(0, 0)).shape == (0, 2)


@given(st.lists(st.tuples(*[st.integers(0, 2**64 - 1)] * 2), min_size=1, max_size=30), st.integers(1, 9))
def test_each_key_has_one_part(rows: list[tuple[int, int]], number: int) -> None:
    keys = np.array(rows, dtype=np.uint64)
    parts = Parts(number)
    found = [
        (int(row), int(key)) for part in range(number) for row, key in zip(*parts.entries(keys, part), strict=True)
    ]
    assert sorted(found) == sorted((row, key) for row, both in enumerate(rows) for key in both if key)


@given(st.lists(st.integers(0, 2**64 - 1), max_size=300), st.integers(0, 12))
def test_values_are_counted_one_by_one_or_all_at_once(values: list[int], bits: int) -> None:
    hashes = np.array(values, dtype=np.uint64)
    counts = np.ones(1 << max(bits, 1), dtype=np.int32)
    add(counts, hashes)
    expected = np.ones_like(counts)
    np.add.at(expected, slots(hashes[hashes != 0], max(bits, 1)), 1)
    assert (counts == expected).all()
