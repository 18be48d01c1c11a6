"""Pairs inside a doubtful component that blocking or the keeping threshold left out.

Blocking finds the pairs that connect records. Whether a component is one thing or two is told by all
its pairs, so those of doubtful components, a small share of all records, are compared in full.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout import limits
from tieout.matching.blocking.pairs import block_pairs
from tieout.matching.comparing.levels import compare
from tieout.matching.comparing.patterns import to_digits
from tieout.matching.model import Model
from tieout.matching.prepare.batch import RECORD_ID, SOURCE, Batch, grouped, prepared_columns
from tieout.matching.prepare.packed import tables
from tieout.matching.scoring.scores import COUNTS, scored_batch, scored_columns, scored_schema

PAIRS_AT_ONCE = 200_000
RECORDS_A_PARTITION = 100_000
SCHEMA = "id_l bigint, id_r bigint, match_probability double"

# Given record_id and component of the records of doubtful components, and their number, returns
# id_l < id_r and match_probability of every pair of records of one component.
Reconsider = Callable[[DataFrame, int], DataFrame]


def reconsideration(prepared: DataFrame, model: Model) -> Reconsider:
    """Return a function that scores every pair inside given components.

    `prepared` are the prepared records, packed, that `model` scores. The function takes record_id, component
    and the number of these rows, and returns id_l < id_r and match_probability.
    """

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        # A partition holds whole components, so it is read as one table.
        for table in grouped(batches, 1 << 62):
            yield from _score(table, model)

    def reconsider(members: DataFrame, rows: int) -> DataFrame:
        partitions = max(1, math.ceil(rows / RECORDS_A_PARTITION))
        known = _known(prepared, members, rows, prepared_columns(model.config))
        return known.repartition(partitions, "component").mapInArrow(run, SCHEMA)

    return reconsider


def pair_scoring(prepared: DataFrame, model: Model) -> Callable[[DataFrame], DataFrame]:
    """Return a function that scores given pairs, whether or not a blocking rule proposes them.

    The function takes id_l < id_r of few pairs, and returns the columns of scored pairs (see `scores.score`);
    `rule` is the number after the last blocking rule's.
    """
    texts = prepared_columns(model.config)
    schema, names = scored_schema(model.config), scored_columns(model.config)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in grouped(batches, PAIRS_AT_ONCE):
            yield _score_pairs(table, texts, model, names)

    def score(pairs: DataFrame) -> DataFrame:
        ends = pairs.select(F.explode(F.array("id_l", "id_r")).alias(RECORD_ID)).distinct()
        members = ends.withColumn("component", F.lit(0).cast("bigint"))
        known = _known(prepared, members, 0, texts)
        both = pairs.select("id_l", "id_r")
        for side in "lr":
            renamed = [F.col(f"`{name}`").alias(f"{name}__{side}") for name in texts]
            both = both.join(known.select(F.col(RECORD_ID).alias(f"id_{side}"), *renamed), f"id_{side}")
        return both.mapInArrow(run, schema).drop(*COUNTS)

    return score


def _score_pairs(table: pa.Table, texts: list[str], model: Model, names: list[str]) -> pa.RecordBatch:
    sides = [table.select([f"{name}__{side}" for name in texts]).rename_columns(texts) for side in "lr"]
    batch, rows = Batch(model.config, pa.concat_tables(sides), model.frequencies), np.arange(table.num_rows)
    digits = to_digits(compare(batch, model.schemes, rows, rows + table.num_rows))
    left, right = (table.column(name).to_numpy() for name in ("id_l", "id_r"))
    rule = np.full(table.num_rows, len(model.config.blocking_rules))
    return scored_batch(names, left, right, rule, digits, model.score(digits), rows)


def _known(prepared: DataFrame, members: DataFrame, rows: int, columns: list[str]) -> DataFrame:
    """Return the prepared records of `members`, a record a row, with their component."""
    schema = f"{RECORD_ID} bigint, {SOURCE} string, " + ", ".join(f"`{name}` string" for name in columns)
    if rows > limits.ROWS_BROADCAST:
        return prepared.mapInArrow(_records, schema).join(members, RECORD_ID)
    chosen = members.select(RECORD_ID, "component").toArrow().sort_by(RECORD_ID)  # bounded by ROWS_BROADCAST
    ids, components = (chosen.column(name).to_numpy() for name in (RECORD_ID, "component"))

    def pick(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in tables(batches):
            own = table.column(RECORD_ID).to_numpy()
            there = np.flatnonzero(np.isin(own, ids))
            component = components[np.searchsorted(ids, own[there])]
            yield from table.take(pa.array(there)).append_column("component", pa.array(component)).to_batches()

    return prepared.mapInArrow(pick, f"{schema}, component bigint")


def _records(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    for table in tables(batches):
        yield from table.to_batches()


def _score(table: pa.Table, model: Model) -> Iterator[pa.RecordBatch]:
    batch = Batch(model.config, table, model.frequencies)
    ids, component = (table.column(name).to_numpy() for name in (RECORD_ID, "component"))
    order = np.argsort(component, kind="stable")
    for first, second in block_pairs(component[order].view(np.uint64), PAIRS_AT_ONCE):
        left, right = order[first], order[second]
        swap = ids[left] > ids[right]
        left, right = np.where(swap, right, left), np.where(swap, left, right)
        scores = model.score(to_digits(compare(batch, model.schemes, left, right)))
        arrays = [pa.array(ids[left]), pa.array(ids[right]), pa.array(scores.probability)]
        yield pa.RecordBatch.from_arrays(arrays, names=["id_l", "id_r", "match_probability"])
