"""Blocks: keys counted first, then all records of one key brought into one partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.matching.blocking.keys import LargeKeys, coarse_keys, finer_keys, record_keys
from tieout.matching.hashing import Hashes, chosen_share
from tieout.matching.prepare.batch import RECORD_ID, SOURCE, Batch
from tieout.matching.prepare.columns import Rows
from tieout.matching.prepare.frequencies import count_tables
from tieout.matching.prepare.frequency_sketch import Frequencies, table_bits
from tieout.matching.prepare.packed import PACKED, packed, tables
from tieout.platform.session import parallelism

Batches = Iterator[pa.RecordBatch]

PAIRS_AT_ONCE = 200_000
# Keys of a partition: the most take about a gigabyte of a worker, the least are worth a task.
MOST_PER_PARTITION, LEAST_PER_PARTITION = 2_400_000, 600_000
KEY_BITS = 24


@dataclass(frozen=True)
class Blocking:
    """What is known of the blocks before any pair is made.

    `rows` are the keys that are not alone, over all records, `counts` records by place of the key.
    """

    large: LargeKeys
    rows: int
    pairs: float
    counts: NDArray[np.int32] | None


def plan_blocks(prepared: DataFrame, config: MatchingConfig, frequencies: Frequencies) -> Blocking:
    """Count the records of each blocking key, and find the keys that have too many."""
    bits = table_bits(frequencies.records * len(config.blocking_rules), KEY_BITS)
    cap = config.limits.largest_block

    def coarse(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        for _, keys in coarse_keys(Batch(config, table, frequencies)):
            yield "keys", keys

    counts = _count_keys(prepared, coarse, bits)
    large = LargeKeys(bits, np.flatnonzero(counts > cap))

    def finer(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table, frequencies)
        for rule, keys in coarse_keys(batch):
            if (common := large.has(keys)).any():
                for step in finer_keys(batch, rule, keys):
                    yield "keys", np.where(common, step, np.uint64(0))

    shared, crowded = counts > 1, counts > cap
    if len(large.slots):
        below = _count_keys(prepared, finer, bits)
        shared, crowded = (counts + below) > 1, crowded | (below > cap)
    known = LargeKeys(bits, np.flatnonzero(crowded), np.packbits(shared))
    found = counts[shared]
    blocks = np.minimum(found, cap).astype(np.float64)
    return Blocking(known, int(found.sum()), float((blocks * (blocks - 1) / 2).sum()), counts)


def _count_keys(
    prepared: DataFrame, fields: Callable[[pa.Table], Iterator[tuple[str, Hashes]]], bits: int
) -> NDArray[np.int32]:
    counted = count_tables(prepared, fields, bits)
    return counted.get("keys", np.zeros(1 << bits, dtype=np.int32))


@dataclass(frozen=True)
class Parts:
    """Which of `number` partitions has the records of a key."""

    number: int

    def of(self, keys: Hashes) -> NDArray[np.int32]:
        """Return the partition of each key, -1 for none."""
        # Other bits than those that say where a key is counted.
        part = ((keys >> np.uint64(16)) & np.uint64(0xFFFFFFFF)) * np.uint64(self.number) >> np.uint64(32)
        return np.where(keys != 0, part.astype(np.int32), np.int32(-1))

    def entries(self, keys: Hashes, part: int) -> tuple[Rows, Hashes]:
        """Return row and key where a record has a key of the part."""
        rows, slots = np.nonzero(self.of(keys) == part)
        return rows, keys[rows, slots]


def parts_of(blocking: Blocking, spark: SparkSession, share: float = 1.0) -> Parts:
    """Return the partitions for the blocks of a share of the records: as few as keep all workers busy and fit each.

    A record goes to every part that one of its keys is in, so with fewer parts it is sent and read less often.
    """
    fitting, useful = (int(np.ceil(blocking.rows * share / rows)) for rows in (MOST_PER_PARTITION, LEAST_PER_PARTITION))
    return Parts(max(fitting, min(useful, parallelism(spark)), 2))


@dataclass(frozen=True)
class Sample:
    """A random share of all records, the same in every run."""

    share: float = 1.0
    seed: int = 0

    def of(self, table: pa.Table) -> pa.Table:
        """Return the records of a table that are in the sample."""
        if self.share >= 1:
            return table
        return table.filter(pa.array(chosen_share(table.column(RECORD_ID).to_numpy(), self.share, self.seed)))


ALL = Sample()


def blocked(
    prepared: DataFrame,
    config: MatchingConfig,
    frequencies: Frequencies,
    large: LargeKeys,
    parts: Parts,
    sample: Sample = ALL,
) -> DataFrame:
    """Return the prepared records, packed, once for each part that any of their keys is in; or those of a sample.

    All records of one key are in one partition. Adds `keys`, all keys of the record.
    """

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in map(sample.of, tables(batches)):
            keys = record_keys(Batch(config, table, frequencies), large).keys
            found, rows = _homes(parts.of(keys))
            whole = table.append_column("keys", _lists(keys)).take(pa.array(rows))
            starts = np.flatnonzero(np.diff(found, prepend=-1))
            ends = np.append(starts, len(found))[1:]
            slices = (whole.slice(start, end - start) for start, end in zip(starts, ends, strict=True))
            yield packed(slices, found[starts].tolist())

    return prepared.mapInArrow(run, PACKED).repartitionById(parts.number, "part")


def _homes(part: NDArray[np.int32]) -> tuple[NDArray[np.int64], Rows]:
    """Return each part that a record is for, and the record's row, by part."""
    rows, slots = np.nonzero(part >= 0)
    together = np.sort(part[rows, slots].astype(np.int64) << 32 | rows)
    together = together[np.diff(together, prepend=-1) != 0]
    return together >> 32, together & 0xFFFFFFFF


def _lists(keys: Hashes) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(keys.ravel().view(np.int64)), keys.shape[1])


def keys_of(table: pa.Table) -> Hashes:
    """Return all keys of blocked records, one column per slot."""
    keys = table.column("keys")
    flat = keys.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(table.num_rows, keys.type.list_size).view(np.uint64)  # type: ignore[no-any-return]


def source_codes(table: pa.Table) -> NDArray[np.int64]:
    """Return a number per record that stands for its source."""
    codes = table.column(SOURCE).combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), dtype=np.int64)
