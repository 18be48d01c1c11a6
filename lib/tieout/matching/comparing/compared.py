"""Candidate pairs compared, to fit a model to and to score; their outcomes travel as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.blocking.blocks import ALL, Blocking, Sample, blocked, keys_of, parts_of, source_codes
from tieout.matching.blocking.candidates import candidates
from tieout.matching.blocking.keys import slot_rules
from tieout.matching.blocking.pairs import shared_rules
from tieout.matching.comparing.levels import compare, schemes
from tieout.matching.comparing.patterns import (
    COUNTED,
    PatternCounts,
    Patterns,
    count_patterns,
    counted_batch,
    read_counted,
    to_digits,
    to_patterns,
)
from tieout.matching.hashing import chosen_share, mix
from tieout.matching.prepare.batch import RECORD_ID, Batch
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.prepare.packed import PACKED, packed, rows_of, tables

Batches = Iterator[pa.RecordBatch]

COMPARED = ["id_l", "id_r", "rule", "one_source", "pattern"]


def compared_pairs(
    prepared: DataFrame,
    config: MatchingConfig,
    frequencies: Frequencies,
    blocking: Blocking,
    within: bool,
    sample: Sample = ALL,
) -> DataFrame:
    """Return the candidate pairs of prepared records, or of a sample of them, and how they compare, packed.

    The tables' columns: id_l < id_r bigint, rule int (the first that both share), one_source boolean, pattern binary
    (a byte per comparison and a bit per blocking rule that both share, see `patterns.to_patterns`). Blocks that are
    too large, for a sample of that share, are left out.
    """
    spark, share = prepared.sparkSession, sample.share
    plan, rules, parts = schemes(config), slot_rules(config), parts_of(blocking, spark, share)
    largest = ceil(config.limits.largest_block * share)

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table, found in candidates(batches, parts, rules, within, largest):
            batch, ids = Batch(config, table, frequencies), table.column(RECORD_ID).to_numpy()
            sources, keys = source_codes(table), keys_of(table)
            for pairs in found:
                digits = to_digits(compare(batch, plan, pairs.left, pairs.right))
                arrays = [
                    pa.array(ids[pairs.left]),
                    pa.array(ids[pairs.right]),
                    pa.array(pairs.rule.astype(np.int32)),
                    pa.array(sources[pairs.left] == sources[pairs.right]),
                    _as_binary(to_patterns(digits, shared_rules(keys, rules, pairs))),
                ]
                yield packed([pa.table(arrays, names=COMPARED)])

    return blocked(prepared, config, frequencies, blocking.large, parts, sample).mapInArrow(run, PACKED)


def _as_binary(patterns: Patterns) -> pa.Array:
    """Return patterns as binary values, without copying row by row."""
    rows, width = patterns.shape
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    return pa.Array.from_buffers(pa.binary(), rows, [None, offsets.buffers()[1], pa.py_buffer(patterns.tobytes())])


def pattern_rows(table: pa.Table, config: MatchingConfig) -> Patterns:
    """Return the patterns of compared pairs."""
    values = table.column("pattern").combine_chunks()
    width = len(config.comparisons) + -(-len(config.blocking_rules) // 8)
    data = np.frombuffer(values.buffers()[2], dtype=np.uint8) if len(values) else np.zeros(0, dtype=np.uint8)
    start = values.offset * width
    return data[start : start + len(values) * width].reshape(-1, width)


def compared_patterns(compared: DataFrame, config: MatchingConfig, share: float, expected: float) -> PatternCounts:
    """Count the patterns of compared pairs, which are a share of all, scaled to all of them.

    Where more than `training.candidate_pairs` are expected they are counted first, and a random sample of so many is
    looked at.
    """
    most, width, seed = config.training.candidate_pairs, len(config.comparisons), config.training.seed
    chosen = 1.0 if expected <= most else min(1.0, most / max(rows_of(compared), 1))

    def count(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in tables(batches):
            ids = (table.column(name).to_numpy().view(np.uint64) for name in ("id_l", "id_r"))
            patterns = pattern_rows(table, config)[chosen_share(mix(*ids), chosen, seed)]
            yield counted_batch(*count_patterns(patterns))

    # Bounded: about as many patterns as `training.candidate_pairs` at most.
    found = compared.mapInArrow(count, COUNTED).toArrow()
    return read_counted(found, share * chosen, width, len(config.blocking_rules))
