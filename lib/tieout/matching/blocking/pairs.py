"""Pairs within the blocks of one partition, each pair once in the whole run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.matching.hashing import Hashes
from tieout.matching.prepare.columns import Rows


@dataclass(frozen=True)
class Pairs:
    """Rows of both records of each pair, and the rule that gave the pair."""

    left: Rows
    right: Rows
    rule: NDArray[np.int8]


def shared_rules(keys: Hashes, rules: NDArray[np.int64], pairs: Pairs) -> NDArray[np.bool_]:
    """Tell, per pair (rows) and rule (columns), whether both records have a key of the rule in common."""
    left, right = keys[pairs.left], keys[pairs.right]
    shared = np.zeros((len(left), int(rules.max()) + 1), dtype=bool)
    for one, rule in enumerate(rules):
        for other in np.flatnonzero(rules == rule):
            shared[:, rule] |= (left[:, one] == right[:, other]) & (left[:, one] != 0)
    return shared


def block_ends(block: Hashes) -> tuple[Rows, Rows]:
    """Return where each block ends, and how many rows it has; `block` must be sorted."""
    ends = np.flatnonzero(np.append(block[1:] != block[:-1], True)) + 1 if len(block) else np.zeros(0, dtype=np.int64)
    return ends, np.diff(ends, prepend=0)


def block_pairs(block: NDArray[np.uint64], largest: int) -> Iterator[tuple[Rows, Rows]]:
    """Yield all pairs of rows with the same block, at most about `largest` at a time.

    `block` must be sorted.
    """
    rows = len(block)
    ends, lengths = block_ends(block)
    partners = np.repeat(ends, lengths) - np.arange(rows) - 1
    total = np.cumsum(partners)
    start = 0
    while start < rows:
        before = total[start - 1] if start else 0
        stop = max(int(np.searchsorted(total, before + largest, side="right")), start + 1)
        counts = partners[start:stop]
        first = np.repeat(np.arange(start, stop), counts)
        offset = np.arange(len(first)) - np.repeat(np.cumsum(counts) - counts, counts)
        yield first, first + 1 + offset
        start = stop


def candidate_pairs(
    ids: NDArray[np.int64],
    sources: NDArray[np.int64],
    rows: Rows,
    block: Hashes,
    keys: Hashes,
    rules: NDArray[np.int64],
    within: bool,
    largest: int,
) -> Iterator[Pairs]:
    """Yield the pairs that a partition's blocks give.

    `ids`, `sources` and `keys` are of its records; `rows` and `block` list which record is in which block, by block.
    A pair that shares several keys is given only by the first of them, in the order of the slots
    of the record with the smaller id, so no pair is given twice anywhere. `within` false leaves
    out pairs of one source.
    """
    slots = [np.ascontiguousarray(keys[:, slot]) for slot in range(keys.shape[1])]
    for first, second in block_pairs(block, largest):
        left, right, current = rows[first], rows[second], block[first]
        if not within:
            crossing = sources[left] != sources[right]
            left, right, current = left[crossing], right[crossing], current[crossing]
        swap = ids[left] > ids[right]
        left, right = np.where(swap, right, left), np.where(swap, left, right)
        rule, here = _first_shared(current, slots, rules, left, right)
        yield Pairs(left[here], right[here], rule[here])


def _first_shared(
    current: Hashes, slots: list[Hashes], rules: NDArray[np.int64], left: Rows, right: Rows
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    rule = np.full(len(left), -1, dtype=np.int8)
    here = np.zeros(len(left), dtype=bool)
    open_rows = np.arange(len(left))
    others = [slot[right] for slot in slots]
    for number, slot in enumerate(slots):
        if not len(open_rows):
            break
        key = slot[left[open_rows]]
        shared = np.zeros(len(open_rows), dtype=bool)
        for other in np.flatnonzero(rules == rules[number]):
            shared |= key == others[other][open_rows]
        shared &= key != 0
        found = open_rows[shared]
        rule[found] = rules[number]
        here[found] = key[shared] == current[found]
        open_rows = open_rows[~shared]
    return rule, here
