"""Outcomes of comparisons of candidate pairs and of random pairs, counted by pattern."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.blocking.blocks import PAIRS_AT_ONCE, Blocking, Parts, Sample, blocked, keys_of
from tieout.matching.blocking.candidates import candidates
from tieout.matching.blocking.keys import slot_rules
from tieout.matching.blocking.pairs import shared_rules
from tieout.matching.comparing.levels import Scheme, compare, schemes
from tieout.matching.comparing.patterns import (
    COUNTED,
    PatternCounts,
    count_patterns,
    counted_batch,
    read_counted,
    read_patterns,
    to_digits,
)
from tieout.matching.prepare.batch import SOURCE, Batch
from tieout.matching.prepare.columns import Rows
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.prepare.packed import PACKED, packed, tables, unpacked

SAMPLE = 30_000
# Here many rules are tried at once: a record has dozens of keys, and were there more parts it would go to all of them.
KEYS_PER_PARTITION = 2_500_000


def sample_patterns(
    prepared: DataFrame,
    config: MatchingConfig,
    frequencies: Frequencies,
    blocking: Blocking,
    within: bool,
    by_rule: bool = False,
    most: int | None = None,
) -> PatternCounts:
    """Compare a random share of the candidate pairs and count their patterns, scaled to all of them.

    `by_rule` tells patterns apart by the blocking rules that the pairs share, too; `most` is about how
    many pairs to compare, by default those of the config. Blocks that are too large are left out.
    """
    share = min(1.0, (most or config.training.candidate_pairs) / max(blocking.pairs, 1.0))
    # So many of the records have that share of the pairs, and the blocks are smaller by as much.
    sample = Sample(math.sqrt(share), config.training.seed)
    plan, rules, cap = schemes(config), slot_rules(config), math.ceil(config.limits.largest_block * sample.share)
    parts = Parts(max(math.ceil(blocking.rows * sample.share / KEYS_PER_PARTITION), 2))

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table, found in candidates(batches, parts, rules, within, cap):
            batch, keys = Batch(config, table, frequencies), keys_of(table)
            for pairs in found:
                digits = to_digits(compare(batch, plan, pairs.left, pairs.right))
                shared = shared_rules(keys, rules, pairs) if by_rule else None
                yield counted_batch(*count_patterns(digits, shared))

    blocks = blocked(prepared, config, frequencies, blocking.large, parts, sample)
    # Bounded: no more patterns than `training.candidate_pairs`.
    found = blocks.mapInArrow(run, COUNTED).toArrow()
    return read_counted(found, share, len(plan), len(config.blocking_rules) if by_rule else 0)


def sample_table(prepared: DataFrame, records: int, seed: int) -> pa.Table:
    """Return a random sample of the prepared records: about SAMPLE of them, or all where there are fewer."""
    sample = Sample(min(1.0, 1.05 * SAMPLE / max(records, 1)), seed)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in tables(batches):
            yield packed([sample.of(table)])

    # Bounded: about SAMPLE records.
    found = prepared.mapInArrow(run, PACKED).toArrow()
    return pa.concat_tables(table for _, table in unpacked(found.to_batches()))


def random_patterns(sample: pa.Table, config: MatchingConfig, frequencies: Frequencies, within: bool) -> PatternCounts:
    """Compare pairs drawn at random from a random sample of the records and count their patterns."""
    sources = np.asarray(sample.column(SOURCE).combine_chunks().dictionary_encode().indices.to_numpy())
    draw = np.random.default_rng(config.training.seed)
    left = draw.integers(0, sample.num_rows, config.training.random_pairs)
    right = draw.integers(0, sample.num_rows, config.training.random_pairs)
    allowed = (left != right) & (within | (sources[left] != sources[right]))
    left, right = left[allowed], right[allowed]
    return patterns_of(Batch(config, sample, frequencies), schemes(config), left, right)


def patterns_of(batch: Batch, plan: list[Scheme], left: Rows, right: Rows) -> PatternCounts:
    """Compare given pairs of one batch and count their patterns."""
    tables = []
    for start in range(0, len(left), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        tables.append(count_patterns(to_digits(compare(batch, plan, left[part], right[part]))))
    patterns = [pattern.tobytes() for found, _ in tables for pattern in found]
    counts = np.concatenate([counts for _, counts in tables]) if tables else np.zeros(0)
    return read_patterns(patterns, counts.astype(np.float64), len(plan))
