"""How does the engine run on Spark? Prepare, count, block, compare and score as Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.matching import MatchingConfig
from tieout.matching.batch import RECORD_ID, SOURCE, Batch, grouped, prepare_table, prepared_columns
from tieout.matching.columns import Rows
from tieout.matching.compare import Scheme, compare, schemes
from tieout.matching.hashing import Hashes
from tieout.matching.keys import LargeKeys, coarse_keys, finer_keys, record_keys, slot_rules
from tieout.matching.kinds import KINDS
from tieout.matching.model import Model, Scores
from tieout.matching.pairs import Pairs, candidate_pairs, shared_rules
from tieout.matching.patterns import (
    Digits,
    PatternCounts,
    count_patterns,
    levels_of,
    read_patterns,
    to_digits,
)
from tieout.matching.sketch import Frequencies, add, compress, table_bits

Batches = Iterator[pa.RecordBatch]

ROWS_AT_ONCE = 100_000
PAIRS_AT_ONCE = 200_000
ROWS_PER_PARTITION = 200_000
CHUNK = 1 << 16
KEY_BITS = 24
# Up to so many records the driver adds up the tasks' counts itself.
ADDED_HERE = 3_000_000
COUNTED = "field string, chunk int, places binary, counts binary"
COUNTED_NAMES = ["field", "chunk", "places", "counts"]
COUNTED_TYPES = [pa.string(), pa.int32(), pa.binary(), pa.binary()]
# What the rows without a pair count, by rule.
COUNTS = ("pairs", "sure", "sure_within")
SURE = 0.99
SAMPLE = 30_000


def prepare(records: DataFrame, config: MatchingConfig) -> DataFrame:
    """Return prepared records.

    Needs record_id bigint, source string and the config's source columns (any type). Returns
    record_id, source and the prepared texts.
    """
    needed = sorted({source for name, column in config.columns.items() for source in column.source or [name]})
    columns = prepared_columns(config)
    schema = f"{RECORD_ID} bigint, {SOURCE} string, " + ", ".join(f"`{name}` string" for name in columns)

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in grouped(batches, ROWS_AT_ONCE):
            prepared = prepare_table(config, table)
            ids = [table.column(RECORD_ID).combine_chunks(), table.column(SOURCE).combine_chunks()]
            arrays = [*ids, *(prepared[name] for name in columns)]
            yield pa.RecordBatch.from_arrays(arrays, names=[RECORD_ID, SOURCE, *columns])

    texts = [F.col(f"`{name}`").cast("string").alias(name) for name in needed]
    chosen = records.select(F.col(RECORD_ID).cast("bigint"), F.col(SOURCE).cast("string"), *texts)
    return chosen.mapInArrow(run, schema)


def _count_tables(
    prepared: DataFrame, fields: Callable[[pa.Table], Iterator[tuple[str, Hashes]]], bits: int, records: int
) -> dict[str, NDArray[np.int64]]:
    """Count hashes by field over all records, in tables of 2**bits places.

    Each task sends the places that it has filled. They are added up here for a few records, else by Spark.
    """
    width = min(CHUNK, 1 << bits)

    def count(batches: Iterable[pa.RecordBatch]) -> Batches:
        tables: dict[str, NDArray[np.int32]] = {}
        for table in grouped(batches, ROWS_AT_ONCE):
            for field, hashes in fields(table):
                add(tables.setdefault(field, np.zeros(1 << bits, dtype=np.int32)), hashes)
        for field, counts in tables.items():
            yield from _chunks(field, counts, width)

    def total(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        summed = np.zeros(width, dtype=np.int64)
        for row in table.to_pylist():
            _unpack(row, summed)
        return pa.Table.from_batches([_packed(key[0].as_py(), key[1].as_py(), summed)])

    found = prepared.mapInArrow(count, COUNTED)
    if records > ADDED_HERE:
        found = found.groupBy("field", "chunk").applyInArrow(total, COUNTED)
    # Bounded: the tables' size does not depend on the number of records, and few records make few tasks.
    result: dict[str, NDArray[np.int64]] = {}
    for row in found.toArrow().to_pylist():
        counts = result.setdefault(row["field"], np.zeros(1 << bits, dtype=np.int64))
        _unpack(row, counts[row["chunk"] * width : (row["chunk"] + 1) * width])
    return result


def _chunks(field: str, counts: NDArray[np.int32], width: int) -> Batches:
    parts = counts.reshape(-1, width)
    for chunk in np.flatnonzero(parts.any(axis=1)):
        yield _packed(field, int(chunk), parts[chunk])


def _packed(field: str, chunk: int, counts: NDArray[Any]) -> pa.RecordBatch:
    """Return one row with the filled places of a chunk and their counts."""
    filled = np.flatnonzero(counts)
    values = [[field], [chunk], [filled.astype(np.int32).tobytes()], [counts[filled].astype(np.uint32).tobytes()]]
    arrays = [pa.array(value, kind) for value, kind in zip(values, COUNTED_TYPES, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=COUNTED_NAMES)


def _unpack(row: dict[str, Any], counts: NDArray[np.int64]) -> None:
    """Add one row that `_packed` made to the counts of its chunk."""
    counts[np.frombuffer(row["places"], dtype=np.int32)] += np.frombuffer(row["counts"], dtype=np.uint32)


def count_values(prepared: DataFrame, config: MatchingConfig, records: int) -> Frequencies:
    """Count how often values and words occur among the prepared records."""

    def fields(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table)
        for name, column in batch.columns.items():
            for counted, hashes in KINDS[config.columns[name].kind].counted(column).items():
                yield f"{name}.{counted}", hashes

    tables = _count_tables(prepared, fields, table_bits(records), records)
    return Frequencies(records, {name: compress(counts) for name, counts in tables.items()})


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
    tables = _count_tables(prepared, fields, bits, records)
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
    plan, rules, cap = schemes(config), slot_rules(config), config.limits.largest_block

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for whole in grouped(batches, 1 << 62):
            table = _without_large(whole, cap)
            batch, keys = Batch(config, table, frequencies), keys_of(table)
            for pairs in pairs_of(table, keys, rules, within):
                digits = to_digits(compare(batch, plan, pairs.left, pairs.right))
                shared = shared_rules(keys, rules, pairs) if by_rule else None
                patterns, counts = count_patterns(digits, shared)
                arrays = [pa.array(patterns.tolist(), pa.binary()), pa.array(counts, pa.int64())]
                yield pa.RecordBatch.from_arrays(arrays, names=["pattern", "n"])

    blocks = blocked(prepared, config, frequencies, blocking, share)
    counted = blocks.mapInArrow(run, "pattern binary, n bigint").groupBy("pattern").agg(F.sum("n").alias("n"))
    # Bounded: no more patterns than `training.candidate_pairs`.
    found = counted.toArrow()
    counts = found.column("n").to_numpy() / share
    known = len(config.blocking_rules) if by_rule else 0
    return read_patterns(found.column("pattern").to_pylist(), counts, len(plan), known)


def _without_large(table: pa.Table, cap: int) -> pa.Table:
    _, places, counts = np.unique(table.column("block").to_numpy(), return_inverse=True, return_counts=True)
    return table if counts.max(initial=0) <= cap else table.filter(pa.array(counts[places] <= cap))


def sample_table(prepared: DataFrame, records: int, seed: int) -> pa.Table:
    """Return a random sample of the prepared records: about SAMPLE of them, or all where there are fewer."""
    share = min(1.0, 1.05 * SAMPLE / max(records, 1))
    sampled = prepared if share >= 1 else prepared.sample(fraction=share, seed=seed)
    # Bounded: about SAMPLE records.
    return sampled.toArrow()


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


def scored_schema(config: MatchingConfig) -> str:
    """Return the schema of scored pairs."""
    gammas = ", ".join(f"gamma_{comparison.name} byte" for comparison in config.comparisons)
    counts = ", ".join(f"{name} bigint" for name in COUNTS)
    return f"id_l bigint, id_r bigint, rule int, {gammas}, match_weight double, match_probability double, {counts}"


def score(prepared: DataFrame, model: Model, blocking: Blocking, within: bool) -> DataFrame:
    """Return the candidate pairs whose probability is at least `thresholds.keep`.

    Columns: id_l < id_r bigint, rule int, gamma_<comparison> byte (-1 missing, 0 different, 1 and up
    better), match_weight double (log2 odds), match_probability double. Rows without id_l carry a
    rule's counts: `pairs` compared, `sure` ones (a probability of SURE or more), and sure ones of one source.
    """
    config, rules = model.config, slot_rules(model.config)
    columns = [part.split(" ")[0] for part in scored_schema(config).split(", ")]
    thresholds, number = config.thresholds, len(config.blocking_rules)

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        made = count_by_rule(number)
        for table in grouped(batches, 1 << 62):
            batch = Batch(config, table, model.frequencies)
            ids, sources = table.column(RECORD_ID).to_numpy(), source_codes(table)
            for pairs in pairs_of(table, keys_of(table), rules, within):
                scores = model.score(digits := to_digits(compare(batch, model.schemes, pairs.left, pairs.right)))
                made.add(pairs.rule, scores.probability, sources[pairs.left] == sources[pairs.right])
                kept = np.flatnonzero(scores.probability >= thresholds.keep)
                ends = ids[pairs.left[kept]], ids[pairs.right[kept]]
                yield scored_batch(columns, *ends, pairs.rule[kept], digits[kept], scores, kept)
        yield made.rows(columns)

    return blocked(prepared, config, model.frequencies, blocking).mapInArrow(run, scored_schema(config))


def scored_batch(
    columns: list[str],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
    rule: NDArray[Any],
    digits: Digits,
    scores: Scores,
    kept: Rows,
) -> pa.RecordBatch:
    """Return rows of scored pairs; `scores` are of more pairs, of which `kept` are these."""
    gammas = levels_of(digits)
    arrays = [
        pa.array(left),
        pa.array(right),
        pa.array(rule.astype(np.int32)),
        *(pa.array(np.ascontiguousarray(gammas[:, number])) for number in range(gammas.shape[1])),
        pa.array(scores.weight[kept]),
        pa.array(scores.probability[kept]),
        *(pa.nulls(len(kept), pa.int64()) for _ in COUNTS),
    ]
    return pa.RecordBatch.from_arrays(arrays, names=columns)


@dataclass
class RuleCounts:
    """What one task counts by blocking rule: the rows COUNTS of `made`."""

    made: NDArray[np.int64]

    def add(self, rule: NDArray[Any], probability: NDArray[np.float64], one_source: NDArray[np.bool_]) -> None:
        """Count scored pairs."""
        sure = probability >= SURE
        for row, chosen in enumerate((np.ones_like(sure), sure, sure & one_source)):
            self.made[row] += np.bincount(rule[chosen], minlength=self.made.shape[1])

    def rows(self, columns: list[str]) -> pa.RecordBatch:
        """Return one row per rule with pairs, null in all columns but the counts."""
        rules = np.flatnonzero(self.made[0])
        arrays = {name: pa.nulls(len(rules), pa.int8()) for name in columns}
        arrays |= {name: pa.nulls(len(rules), pa.int64()) for name in ("id_l", "id_r")}
        arrays |= {name: pa.nulls(len(rules), pa.float64()) for name in ("match_weight", "match_probability")}
        arrays |= {"rule": pa.array(rules, pa.int32())}
        arrays |= {name: pa.array(self.made[row, rules], pa.int64()) for row, name in enumerate(COUNTS)}
        return pa.RecordBatch.from_arrays([arrays[name] for name in columns], names=columns)


def count_by_rule(rules: int) -> RuleCounts:
    """Return counts of nothing for so many rules."""
    return RuleCounts(np.zeros((len(COUNTS), rules), dtype=np.int64))
