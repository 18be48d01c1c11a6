"""The record that comes nearest to one that stands alone, and the questions that money asks about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.identity.explanation.lookup import Found
from tieout.identity.pair_table import ENDS
from tieout.identity.review.queue import with_money
from tieout.matching.blocking.keys import LargeKeys, record_keys
from tieout.matching.comparing.levels import compare
from tieout.matching.comparing.patterns import to_digits
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.model import Model
from tieout.matching.prepare import records as preparing
from tieout.matching.prepare.batch import RECORD_ID, Batch, prepare_table, prepared_columns
from tieout.matching.prepare.packed import tables

MOST_QUESTIONS = 20
SCHEMA = f"{RECORD_ID} bigint, match_weight double, match_probability double"


def nearest(records: DataFrame, model: Model, record: Mapping[str, Any], own_id: int) -> tuple[int, float] | None:
    """Return record_id and match probability of the record nearest to `record`, of those that a blocking rule finds.

    `records` has record_id, source and the model's columns; `record` is one of them, by column name, and `own_id`
    its record_id. None when no other shares a blocking key. Reads all records once.
    """
    config, texts = model.config, prepared_columns(model.config)
    raw = {name: pa.array([_text(record.get(name))], pa.string()) for name in source_columns(config)}
    own = pa.table(prepare_table(config, pa.table(raw))).select(texts)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for table in tables(batches):
            others = table.filter(pc.not_equal(table.column(RECORD_ID), own_id))
            yield _best(Batch(config, pa.concat_tables([own, others.select(texts)]), model.frequencies), others, model)

    scored = preparing.prepare(records, config).mapInArrow(run, SCHEMA)
    best = scored.orderBy(F.desc("match_weight"), RECORD_ID).first()
    return (int(best[RECORD_ID]), float(best["match_probability"])) if best else None


def _best(batch: Batch, others: pa.Table, model: Model) -> pa.RecordBatch:
    """Score the first record of the batch against those that share a blocking key with it; return the best."""
    keys = record_keys(batch, LargeKeys(1, np.zeros(0, dtype=np.int64))).keys
    shared = np.isin(keys[1:], keys[0][keys[0] != 0]).any(axis=1)
    rows = np.flatnonzero(shared)
    scores = model.score(to_digits(compare(batch, model.schemes, np.zeros_like(rows), rows + 1)))
    kept = np.argsort(-scores.weight, kind="stable")[:1]
    ids = others.column(RECORD_ID).to_numpy()[rows[kept]]
    arrays = [pa.array(ids, pa.int64()), pa.array(scores.weight[kept]), pa.array(scores.probability[kept])]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(
        [(RECORD_ID, pa.int64()), ("match_weight", pa.float64()), ("match_probability", pa.float64())]
    ))  # fmt: skip


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


@dataclass(frozen=True)
class MoneyLink:
    """A question that money asks: the two records, `system:id`, and what agrees between their documents."""

    left: str
    right: str
    probability: float
    amount: float
    evidence: str

    def other(self, name: str) -> str:
        """Return the end that is not `name`."""
        return self.right if self.left == name else self.left


def money_links(queue: DataFrame, records: Sequence[Found]) -> list[MoneyLink]:
    """Return the open questions that money asks about any of `records` (of one entity), most money first.

    `queue` are rows of match.review_queue; at most MOST_QUESTIONS are read.
    """
    names = [record.name for record in records]
    left, right = F.concat_ws(":", *ENDS[:2]), F.concat_ws(":", *ENDS[2:])
    mine = with_money(queue).where((F.col("entity") == records[0].entity) & F.col("amount").isNotNull())
    asked = mine.where(left.isin(names) | right.isin(names)).orderBy(F.desc("amount"), *ENDS).limit(MOST_QUESTIONS)
    rows = asked.select(left, right, "match_probability", "amount", "evidence").collect()
    return [MoneyLink(*row) for row in rows]
