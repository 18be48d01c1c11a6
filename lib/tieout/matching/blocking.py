"""Which records share a block? Keys counted first, then all records of one key brought into one partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.matching import MatchingConfig
from tieout.matching.batch import RECORD_ID, SOURCE, Batch, grouped, prepared_columns
from tieout.matching.counting import count_tables
from tieout.matching.hashing import Hashes
from tieout.matching.keys import LargeKeys, coarse_keys, finer_keys, record_keys
from tieout.matching.pairs import Pairs, candidate_pairs
from tieout.matching.sketch import Frequencies, table_bits

Batches = Iterator[pa.RecordBatch]

ROWS_AT_ONCE = 100_000
PAIRS_AT_ONCE = 200_000
ROWS_PER_PARTITION = 200_000
KEY_BITS = 24


@dataclass(frozen=True)
class Blocking:
    """What is known of the blocks before any pair is made.

    `rows` are the keys that are not alone, over all records, `counts` records by place of the key.
    """

    large: LargeKeys
    rows: int
    pairs: float
    counts: NDArray[np.int64] | None


def plan_blocks(prepared: DataFrame, config: MatchingConfig, frequencies: Frequencies) -> Blocking:
    """Count the records of each blocking key, and find the keys that have too many."""
    bits = table_bits(frequencies.records * len(config.blocking_rules), KEY_BITS)
    cap = config.limits.largest_block

    def coarse(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        for _, keys in coarse_keys(Batch(config, table, frequencies)):
            yield "keys", keys

    counts = _count_keys(prepared, coarse, bits, frequencies.records)
    large = LargeKeys(bits, np.flatnonzero(counts > cap))

    def finer(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table, frequencies)
        for rule, keys in coarse_keys(batch):
            if (common := large.has(keys)).any():
                for step in finer_keys(batch, rule, keys):
                    yield "keys", np.where(common, step, np.uint64(0))

    below = np.zeros_like(counts)
    if len(large.places):
        below = _count_keys(prepared, finer, bits, frequencies.records)
    paired = (counts + below) > 1
    known = LargeKeys(bits, np.flatnonzero((counts > cap) | (below > cap)), np.packbits(paired))
    blocks = np.minimum(counts, cap).astype(np.float64)
    return Blocking(known, int(counts[paired].sum()), float((blocks * (blocks - 1) / 2).sum()), counts)


def _count_keys(
    prepared: DataFrame, fields: Callable[[pa.Table], Iterator[tuple[str, Hashes]]], bits: int, records: int
) -> NDArray[np.int64]:
    tables = count_tables(prepared, fields, bits, records)
    return tables.get("keys", np.zeros(1 << bits, dtype=np.int64))


def blocked(
    prepared: DataFrame,
    config: MatchingConfig,
    frequencies: Frequencies,
    blocking: Blocking,
    share: float = 1.0,
) -> DataFrame:
    """Return the prepared records once per blocking key, all records of one key in one partition.

    Adds `block` bigint, the key, and `keys` array<bigint>, all keys of the record. `share` below 1
    keeps a random share of the keys.
    """
    columns = [RECORD_ID, SOURCE, *prepared_columns(config)]
    schema = f"{RECORD_ID} bigint, {SOURCE} string, keys array<bigint>, blocks array<bigint>, " + ", ".join(
        f"`{name}` string" for name in columns[2:]
    )
    limit, large = np.uint64(min(max(int(share * 65536), 1), 65536)), blocking.large

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in grouped(batches, ROWS_AT_ONCE):
            found = record_keys(Batch(config, table, frequencies), large).keys
            chosen = (found != 0) & ((found & np.uint64(65535)) < limit)
            kept = np.flatnonzero(chosen.any(axis=1))
            part = table.take(pa.array(kept))
            lists = [_lists(found[kept], None), _lists(found[kept], chosen[kept])]
            arrays = [part.column(name).combine_chunks() for name in columns]
            yield pa.RecordBatch.from_arrays(
                [*arrays[:2], *lists, *arrays[2:]], names=[RECORD_ID, SOURCE, "keys", "blocks", *columns[2:]]
            )

    keyed = prepared.mapInArrow(run, schema)
    exploded = keyed.select(F.explode("blocks").alias("block"), "keys", *(F.col(f"`{name}`") for name in columns))
    partitions = max(int(np.ceil(blocking.rows * share / ROWS_PER_PARTITION)), 2)
    return exploded.repartition(partitions, "block")


def _lists(keys: Hashes, chosen: NDArray[np.bool_] | None) -> pa.ListArray:
    counts = np.full(len(keys), keys.shape[1]) if chosen is None else chosen.sum(axis=1)
    flat = keys.ravel() if chosen is None else keys[chosen]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat.view(np.int64), pa.int64()))


def keys_of(table: pa.Table) -> Hashes:
    """Return all keys of blocked records, one column per slot."""
    flat = table.column("keys").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(table.num_rows, -1).view(np.uint64)  # type: ignore[no-any-return]


def source_codes(table: pa.Table) -> NDArray[np.int64]:
    """Return a number per record that stands for its source."""
    codes = table.column(SOURCE).combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def pairs_of(table: pa.Table, keys: Hashes, rules: NDArray[np.int64], within: bool) -> Iterator[Pairs]:
    """Yield the pairs of a table of blocked records, whose keys are `keys`."""
    ids = table.column(RECORD_ID).to_numpy()
    block = table.column("block").to_numpy().view(np.uint64)
    return candidate_pairs(ids, source_codes(table), block, keys, rules, within, PAIRS_AT_ONCE)
