"""Random pairs of records, which teach how often values agree by chance."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.blocking.blocks import PAIRS_AT_ONCE, Sample
from tieout.matching.comparing.levels import Scheme, compare, schemes
from tieout.matching.comparing.patterns import PatternCounts, count_patterns, read_patterns, to_digits
from tieout.matching.prepare.batch import SOURCE, Batch
from tieout.matching.prepare.columns import Rows
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.prepare.packed import PACKED, packed, tables, unpacked

SAMPLE = 30_000
ROW_BITS = 32


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
    """Compare pairs drawn at random from a random sample of the records and count their patterns.

    A pair of few records is drawn several times, but compared once.
    """
    sources = np.asarray(sample.column(SOURCE).combine_chunks().dictionary_encode().indices.to_numpy())
    draw = np.random.default_rng(config.training.seed)
    left = draw.integers(0, sample.num_rows, config.training.random_pairs)
    right = draw.integers(0, sample.num_rows, config.training.random_pairs)
    allowed = (left != right) & (within | (sources[left] != sources[right]))
    ends = np.minimum(left, right)[allowed] << ROW_BITS | np.maximum(left, right)[allowed]
    pairs, times = np.unique(ends, return_counts=True)
    left, right = pairs >> ROW_BITS, pairs & ((1 << ROW_BITS) - 1)
    return patterns_of(Batch(config, sample, frequencies), schemes(config), left, right, times)


def patterns_of(batch: Batch, plan: list[Scheme], left: Rows, right: Rows, times: NDArray[np.int64]) -> PatternCounts:
    """Compare given pairs of one batch and count their patterns, each pair so many times."""
    tables = []
    for start in range(0, len(left), PAIRS_AT_ONCE):
        part = slice(start, start + PAIRS_AT_ONCE)
        digits = to_digits(compare(batch, plan, left[part], right[part]))
        tables.append(count_patterns(digits, times[part]))
    patterns = [pattern.tobytes() for found, _ in tables for pattern in found]
    counts = np.concatenate([counts for _, counts in tables]) if tables else np.zeros(0)
    return read_patterns(patterns, counts.astype(np.float64), len(plan))
