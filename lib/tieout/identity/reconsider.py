"""What do the pairs inside a doubtful component say that blocking or the keeping threshold left out?

Blocking finds the pairs that connect records. Whether a component is one thing or two is told by all
its pairs, so those of doubtful components, a small share of all records, are compared in full.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame

from tieout.matching.batch import RECORD_ID, SOURCE, Batch, grouped, prepared_columns
from tieout.matching.compare import compare
from tieout.matching.model import Model
from tieout.matching.packed import tables
from tieout.matching.pairs import block_pairs
from tieout.matching.patterns import to_digits

PAIRS_AT_ONCE = 200_000
RECORDS_A_PARTITION = 100_000
# A table of two numbers a row that every task may hold at once.
MOST_BROADCAST = 3_000_000
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


def _known(prepared: DataFrame, members: DataFrame, rows: int, columns: list[str]) -> DataFrame:
    """Return the prepared records of `members`, a record a row, with their component."""
    schema = f"{RECORD_ID} bigint, {SOURCE} string, " + ", ".join(f"`{name}` string" for name in columns)
    if rows > MOST_BROADCAST:
        return prepared.mapInArrow(_records, schema).join(members, RECORD_ID)
    chosen = members.select(RECORD_ID, "component").toArrow().sort_by(RECORD_ID)  # bounded by MOST_BROADCAST
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
