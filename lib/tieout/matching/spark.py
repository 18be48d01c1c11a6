"""How does the engine run on Spark? Prepare, count, block, compare and score as Arrow batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

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
from tieout.matching.keys import LargeKeys, all_keys, record_keys, slot_rules
from tieout.matching.kinds import KINDS
from tieout.matching.model import Model, Scores
from tieout.matching.pairs import Pairs, candidate_pairs, shared_rules
from tieout.matching.patterns import (
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
ROWS_PER_PARTITION = 120_000
CHUNK = 1 << 16
KEY_BITS = 22
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
    prepared: DataFrame, fields: Callable[[pa.Table], Iterator[tuple[str, Hashes]]], bits: int
) -> dict[str, NDArray[np.int64]]:
    """Count hashes by field over all records, in tables of 2**bits; chunks of the tables are summed by Spark."""
    width = min(CHUNK, 1 << bits)
    schema = "field string, chunk int, counts binary"

    def count(batches: Iterable[pa.RecordBatch]) -> Batches:
        tables: dict[str, NDArray[np.int64]] = {}
        for table in grouped(batches, ROWS_AT_ONCE):
            for field, hashes in fields(table):
                add(tables.setdefault(field, np.zeros(1 << bits, dtype=np.int64)), hashes)
        for field, counts in tables.items():
            yield _chunks(field, counts, width)

    def total(key: tuple[pa.Scalar, ...], table: pa.Table) -> pa.Table:
        parts = [np.frombuffer(part, dtype=np.uint32) for part in table.column("counts").to_pylist()]
        summed = np.sum(parts, axis=0, dtype=np.uint64).clip(max=2**32 - 1).astype(np.uint32).tobytes()
        return pa.table(
            {"field": [key[0].as_py()], "chunk": pa.array([key[1].as_py()], pa.int32()), "counts": [summed]}
        )

    partial = prepared.mapInArrow(count, schema)
    summed = partial.groupBy("field", "chunk").applyInArrow(total, schema)
    # Bounded: the tables' size does not depend on the number of records.
    rows = summed.toArrow().to_pylist()
    result: dict[str, NDArray[np.int64]] = {}
    for row in rows:
        counts = result.setdefault(row["field"], np.zeros(1 << bits, dtype=np.int64))
        start = row["chunk"] * width
        counts[start : start + width] = np.frombuffer(row["counts"], dtype=np.uint32)
    return result


def _chunks(field: str, counts: NDArray[np.int64], width: int) -> pa.RecordBatch:
    parts = counts.astype(np.uint32).reshape(-1, width)
    used = np.flatnonzero(parts.any(axis=1))
    return pa.RecordBatch.from_arrays(
        [
            pa.array([field] * len(used), pa.string()),
            pa.array(used, pa.int32()),
            pa.array([parts[n].tobytes() for n in used], pa.binary()),
        ],
        names=["field", "chunk", "counts"],
    )


def count_values(prepared: DataFrame, config: MatchingConfig, records: int) -> Frequencies:
    """Count how often values and words occur among the prepared records."""

    def fields(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table)
        for name, column in batch.columns.items():
            for counted, hashes in KINDS[config.columns[name].kind].counted(column).items():
                yield f"{name}.{counted}", hashes

    tables = _count_tables(prepared, fields, table_bits(records))
    return Frequencies(records, {name: compress(counts) for name, counts in tables.items()})


@dataclass(frozen=True)
class Blocking:
    """What is known of the blocks before any pair is made."""

    large: LargeKeys
    rows: int
    pairs: float


def plan_blocks(prepared: DataFrame, config: MatchingConfig, frequencies: Frequencies) -> Blocking:
    """Count the records of each blocking key, and find the keys that have too many."""

    def fields(table: pa.Table) -> Iterator[tuple[str, Hashes]]:
        batch = Batch(config, table, frequencies)
        for _, steps in all_keys(batch):
            for step, keys in enumerate(steps):
                yield ("coarse" if step == 0 else "finer"), keys

    bits = table_bits(frequencies.records * len(config.blocking_rules), KEY_BITS)
    tables = _count_tables(prepared, fields, bits)
    coarse = tables.get("coarse", np.zeros(1 << bits, dtype=np.int64))
    finer = tables.get("finer", np.zeros(1 << bits, dtype=np.int64))
    cap = config.limits.largest_block
    large = np.flatnonzero((coarse > cap) | (finer > cap))
    blocks = np.minimum(coarse, cap).astype(np.float64)
    return Blocking(LargeKeys(bits, large), int(coarse.sum()), float((blocks * (blocks - 1) / 2).sum()))


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
    limit = np.uint64(min(max(int(share * 65536), 1), 65536))

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in grouped(batches, ROWS_AT_ONCE):
            found = record_keys(Batch(config, table, frequencies), blocking.large).keys
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


def _keys_of(table: pa.Table) -> Hashes:
    flat = table.column("keys").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.reshape(table.num_rows, -1).view(np.uint64)  # type: ignore[no-any-return]


def _sources(table: pa.Table) -> NDArray[np.int64]:
    codes = table.column(SOURCE).combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), dtype=np.int64)


def _pairs_of(table: pa.Table, rules: NDArray[np.int64], within: bool) -> Iterator[Pairs]:
    ids = table.column(RECORD_ID).to_numpy()
    block = table.column("block").to_numpy().view(np.uint64)
    return candidate_pairs(ids, _sources(table), block, _keys_of(table), rules, within, PAIRS_AT_ONCE)


def sample_patterns(
    prepared: DataFrame,
    config: MatchingConfig,
    frequencies: Frequencies,
    blocking: Blocking,
    within: bool,
    by_rule: bool = False,
) -> PatternCounts:
    """Compare a random share of the candidate pairs and count their patterns, scaled to all of them.

    `by_rule` tells patterns apart by the blocking rules that the pairs share, too.
    """
    share = min(1.0, config.training.candidate_pairs / max(blocking.pairs, 1.0))
    plan, rules = schemes(config), slot_rules(config)

    def run(batches: Iterable[pa.RecordBatch]) -> Batches:
        for table in grouped(batches, 1 << 62):
            batch = Batch(config, table, frequencies)
            for pairs in _pairs_of(table, rules, within):
                digits = to_digits(compare(batch, plan, pairs.left, pairs.right))
                shared = shared_rules(_keys_of(table), rules, pairs) if by_rule else None
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


def random_patterns(
    prepared: DataFrame, config: MatchingConfig, frequencies: Frequencies, within: bool, records: int
) -> PatternCounts:
    """Compare pairs drawn at random from a random sample of the records and count their patterns."""
    wanted = min(records, SAMPLE)
    share = min(1.0, 1.05 * wanted / max(records, 1))
    sampled = prepared if share >= 1 else prepared.sample(fraction=share, seed=config.training.seed)
    # Bounded: about SAMPLE records.
    table = sampled.toArrow()
    sources = np.asarray(table.column(SOURCE).combine_chunks().dictionary_encode().indices.to_numpy())
    draw = np.random.default_rng(config.training.seed)
    left = draw.integers(0, table.num_rows, config.training.random_pairs)
    right = draw.integers(0, table.num_rows, config.training.random_pairs)
    allowed = (left != right) & (within | (sources[left] != sources[right]))
    left, right = left[allowed], right[allowed]
    batch = Batch(config, table, frequencies)
    return patterns_of(batch, schemes(config), left, right)


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
        made = np.zeros((len(COUNTS), number), dtype=np.int64)
        for table in grouped(batches, 1 << 62):
            batch = Batch(config, table, model.frequencies)
            ids, sources = table.column(RECORD_ID).to_numpy(), _sources(table)
            for pairs in _pairs_of(table, rules, within):
                scores = model.score(digits := to_digits(compare(batch, model.schemes, pairs.left, pairs.right)))
                sure = scores.probability >= SURE
                inside = sure & (sources[pairs.left] == sources[pairs.right])
                for row, chosen in enumerate((slice(None), sure, inside)):
                    made[row] += np.bincount(pairs.rule[chosen], minlength=number)
                kept = np.flatnonzero(scores.probability >= thresholds.keep)
                yield _scored(columns, ids, pairs, kept, levels_of(digits[kept]), scores)
        yield _made(made, columns)

    return blocked(prepared, config, model.frequencies, blocking).mapInArrow(run, scored_schema(config))


def _scored(
    columns: list[str],
    ids: NDArray[np.int64],
    pairs: Pairs,
    kept: Rows,
    gammas: NDArray[np.int8],
    scores: Scores,
) -> pa.RecordBatch:
    arrays = [
        pa.array(ids[pairs.left[kept]]),
        pa.array(ids[pairs.right[kept]]),
        pa.array(pairs.rule[kept].astype(np.int32)),
        *(pa.array(np.ascontiguousarray(gammas[:, number])) for number in range(gammas.shape[1])),
        pa.array(scores.weight[kept]),
        pa.array(scores.probability[kept]),
        *(pa.nulls(len(kept), pa.int64()) for _ in COUNTS),
    ]
    return pa.RecordBatch.from_arrays(arrays, names=columns)


def _made(made: NDArray[np.int64], columns: list[str]) -> pa.RecordBatch:
    rules = np.flatnonzero(made[0])
    arrays = {name: pa.nulls(len(rules), pa.int8()) for name in columns}
    arrays |= {name: pa.nulls(len(rules), pa.int64()) for name in ("id_l", "id_r")}
    arrays |= {name: pa.nulls(len(rules), pa.float64()) for name in ("match_weight", "match_probability")}
    arrays |= {"rule": pa.array(rules, pa.int32())}
    arrays |= {name: pa.array(made[row, rules], pa.int64()) for row, name in enumerate(COUNTS)}
    return pa.RecordBatch.from_arrays([arrays[name] for name in columns], names=columns)
