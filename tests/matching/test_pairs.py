"""Blocking gives each pair once, whatever keys it shares, and splits what is too large."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.matching.blocking.pairs import block_pairs, candidate_pairs


@given(st.lists(st.integers(1, 5), max_size=40), st.integers(1, 30))
def test_blocks_give_all_their_pairs_in_chunks(blocks: list[int], largest: int) -> None:
    block = np.array(sorted(blocks), dtype=np.uint64)
    found = [pair for first, second in block_pairs(block, largest) for pair in zip(first, second, strict=True)]
    expected = [(a, b) for a, b in combinations(range(len(block)), 2) if block[a] == block[b]]
    assert sorted(found) == expected


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 3)] * 3), min_size=2, max_size=25))
def test_each_pair_comes_once_from_the_first_key_it_shares(rows: list[tuple[int, int, int]]) -> None:
    # Three rules, each with its own keys; 0 is none.
    keys = np.array([[key and key + 10 * rule for rule, key in enumerate(row)] for row in rows], dtype=np.uint64)
    record, slot = np.nonzero(keys)
    found: list[tuple[int, int]] = []
    # Every key is a partition of its own, as on a cluster: no partition sees what another gave.
    for key in np.unique(keys[record, slot]):
        chosen = record[keys[record, slot] == key]
        block = np.full(len(chosen), key)
        for pairs in candidate_pairs(
            chosen,
            np.zeros(len(chosen), dtype=np.int64),
            np.arange(len(chosen)),
            block,
            keys[chosen],
            np.arange(3),
            True,
            50,
        ):
            found += list(zip(chosen[pairs.left].tolist(), chosen[pairs.right].tolist(), strict=True))
    expected = {
        (a, b)
        for a, b in combinations(range(len(rows)), 2)
        if any(keys[a, rule] and keys[a, rule] == keys[b, rule] for rule in range(3))
    }
    assert len(found) == len(set(found))
    assert set(found) == expected


def test_pairs_of_one_source_are_left_out_on_request() -> None:
    keys = np.full((3, 1), 7, dtype=np.uint64)
    ids, sources = np.arange(3), np.array([0, 0, 1])
    pairs = list(candidate_pairs(ids, sources, np.arange(3), keys[:, 0], keys, np.array([0]), False, 100))
    assert [(a, b) for p in pairs for a, b in zip(p.left, p.right, strict=True)] == [(0, 2), (1, 2)]
