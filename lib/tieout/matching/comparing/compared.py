"""Candidate pairs compared once, to train on and to score; their outcomes travel as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.blocking.blocks import Blocking, blocked, parts_of, source_codes
from tieout.matching.blocking.candidates import candidates
from tieout.matching.blocking.keys import slot_rules
from tieout.matching.comparing.levels import compare, schemes
from tieout.matching.comparing.patterns import (
    COUNTED,
    Digits,
    PatternCounts,
    count_patterns,
    counted_batch,
    read_counted,
    to_digits,
)
from tieout.matching.hashing import chosen_share, mix
from tieout.matching.model import Model
from tieout.matching.prepare.batch import RECORD_ID, Batch
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.prepare.packed import PACKED, packed, rows_of, tables, unpacked
from tieout.matching.scoring.scores import (
    COUNTS,
    RuleCounts,
    count_by_rule,
    scored_batch,
    scored_columns,
    scored_schema,
)

Batches = Iterator[pa.RecordBatch]

COMPARED = ["id_l", "id_r", "rule", "one_source", "pattern"]


def compared_pairs(
    prepared: DataFrame, config: MatchingConfig, frequencies: Frequencies, blocking: Blocking, within: bool
) -> DataFrame:
    """Return the candidate pairs of prepared records and how their comparisons came out, packed.

    The tables' columns: id_l < id_r bigint, rule int (the first that both share), one_source boolean, pattern binary
    (a byte per comparison, see `patterns.to_digits`).
    """
    plan, rules, parts = schemes(config), slot_rules(config), parts_of(blocking, prepared.sparkSession)

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table, found in candidates(batches, parts, rules, within):
            batch, ids = Batch(config, table, frequencies), table.column(RECORD_ID).to_numpy()
            sources = source_codes(table)
            for pairs in found:
                digits = to_digits(compare(batch, plan, pairs.left, pairs.right))
                arrays = [
                    pa.array(ids[pairs.left]),
                    pa.array(ids[pairs.right]),
                    pa.array(pairs.rule.astype(np.int32)),
                    pa.array(sources[pairs.left] == sources[pairs.right]),
                    _as_bytes(digits),
                ]
                yield packed([pa.table(arrays, names=COMPARED)])

    return blocked(prepared, config, frequencies, blocking.large, parts).mapInArrow(run, PACKED)


def _as_bytes(digits: Digits) -> pa.Array:
    """Return each row of digits as one binary value, without copying row by row."""
    rows, width = digits.shape
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    data = pa.py_buffer(np.ascontiguousarray(digits).tobytes())
    return pa.Array.from_buffers(pa.binary(), rows, [None, offsets.buffers()[1], data])


def _as_digits(patterns: pa.Array, width: int) -> Digits:
    start = patterns.offset * width
    data = np.frombuffer(patterns.buffers()[2], dtype=np.uint8) if len(patterns) else np.zeros(0, dtype=np.uint8)
    return data[start : start + len(patterns) * width].reshape(-1, width)


def compared_patterns(compared: DataFrame, config: MatchingConfig) -> PatternCounts:
    """Count the patterns of compared pairs; of more pairs than `training.candidate_pairs`, those of a sample.

    Runs two Spark jobs over the pairs.
    """
    share = min(1.0, config.training.candidate_pairs / max(rows_of(compared), 1))
    width, seed = len(config.comparisons), config.training.seed

    def count(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in tables(batches):
            ids = (table.column(name).to_numpy().view(np.uint64) for name in ("id_l", "id_r"))
            chosen = chosen_share(mix(*ids), share, seed)
            yield counted_batch(*count_patterns(_as_digits(table.column("pattern").combine_chunks(), width)[chosen]))

    # Bounded: no more patterns than `training.candidate_pairs`.
    return read_counted(compared.mapInArrow(count, COUNTED).toArrow(), share, width)


def score_patterns(compared: DataFrame, model: Model) -> DataFrame:
    """Score compared pairs. Returns the columns and the counting rows of `scoring.score`."""

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        made = count_by_rule(len(model.config.blocking_rules))
        yield from _scored(tables(batches), model, made)
        yield made.rows(scored_columns(model.config))

    return compared.mapInArrow(run, scored_schema(model.config))


def fetch_scored(compared: DataFrame, model: Model) -> tuple[pa.Table, pa.Table]:
    """Score compared pairs and bring them here; the caller knows that they fit.

    Returns the pairs and the counting rows of `scoring.score` apart.
    """
    names = scored_columns(model.config)[: -len(COUNTS)]

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        made = count_by_rule(len(model.config.blocking_rules))
        for scored in _scored(tables(batches), model, made):
            yield packed([pa.Table.from_batches([scored]).select(names)], [0])
        yield packed([pa.Table.from_batches([made.rows(["rule", *COUNTS])])], [1])

    found: tuple[list[pa.Table], list[pa.Table]] = [], []
    for part, table in unpacked(compared.mapInArrow(run, PACKED).toArrow().to_batches()):
        found[part].append(table)
    # Without any pair there is no table that says how one would look.
    none = pa.Table.from_batches([count_by_rule(0).rows(names)])
    return pa.concat_tables([none, *found[0]]), pa.concat_tables(found[1])


def _scored(found: Iterable[pa.Table], model: Model, made: RuleCounts) -> Batches:
    """Yield the pairs that are kept, and count all of them."""
    config = model.config
    columns, width = scored_columns(config), len(config.comparisons)
    for table in found:
        digits = _as_digits(table.column("pattern").combine_chunks(), width)
        scores = model.score(digits)
        rule = table.column("rule").to_numpy()
        kept = np.flatnonzero(scores.probability >= config.thresholds.keep)
        made.add(rule, scores.probability, np.asarray(table.column("one_source")), kept)
        left, right = (table.column(name).to_numpy()[kept] for name in ("id_l", "id_r"))
        yield scored_batch(columns, left, right, rule[kept], digits[kept], scores, kept)
