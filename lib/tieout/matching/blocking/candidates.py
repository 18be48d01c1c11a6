"""The candidate pairs of a partition, and the records that are in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.matching.blocking.blocks import PAIRS_AT_ONCE, Parts, keys_of, source_codes
from tieout.matching.blocking.pairs import Pairs, block_ends, candidate_pairs
from tieout.matching.hashing import Hashes
from tieout.matching.prepare.batch import RECORD_ID
from tieout.matching.prepare.columns import Rows
from tieout.matching.prepare.packed import by_part

# Pairs found before any is compared, to know which records are needed.
PAIRS_HELD = 2_000_000


def candidates(
    batches: Iterable[pa.RecordBatch],
    parts: Parts,
    rules: NDArray[np.int64],
    within: bool,
    largest_block: int,
) -> Iterator[tuple[pa.Table, list[Pairs]]]:
    """Yield the candidate pairs of blocked records (see `blocking.blocked`) with the records that are in them.

    Half of the records or more are in no pair: what makes a pair elsewhere, too, makes it there. Blocks of more than
    `largest_block` records are left out; `within` false leaves out pairs of one source.
    """
    for part, table in by_part(batches):
        keys = keys_of(table)
        rows, block = _without_large(*parts.entries(keys, part), largest_block)
        ids, sources = table.column(RECORD_ID).to_numpy(), source_codes(table)
        found = candidate_pairs(ids, sources, rows, block, keys, rules, within, PAIRS_AT_ONCE)
        for held in _held(found):
            yield _narrowed(table, held)


def _without_large(rows: Rows, block: Hashes, largest: int) -> tuple[Rows, Hashes]:
    """Return rows and blocks by block, but those of blocks that are too large."""
    order = np.argsort(block, kind="stable")
    rows, block = rows[order], block[order]
    _, lengths = block_ends(block)
    small = np.repeat(lengths <= largest, lengths)
    return rows[small], block[small]


def _held(found: Iterator[Pairs]) -> Iterator[list[Pairs]]:
    held: list[Pairs] = []
    for pairs in found:
        held.append(pairs)
        if sum(len(one.left) for one in held) >= PAIRS_HELD:
            yield held
            held = []
    if held:
        yield held


def _narrowed(table: pa.Table, held: list[Pairs]) -> tuple[pa.Table, list[Pairs]]:
    """Return the rows that the pairs need, and the pairs of these."""
    used = np.zeros(table.num_rows, dtype=bool)
    for pairs in held:
        used[pairs.left] = used[pairs.right] = True
    place = np.cumsum(used) - 1
    rows = pa.array(np.flatnonzero(used))
    return table.take(rows), [Pairs(place[one.left], place[one.right], one.rule) for one in held]
