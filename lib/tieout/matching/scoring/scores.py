"""Scores of compared pairs, and counts taken on the way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import DataFrame

from tieout.config.models.matching import MatchingConfig
from tieout.matching.comparing.compared import pattern_rows
from tieout.matching.comparing.patterns import Digits, levels_of
from tieout.matching.model import Model, Scores
from tieout.matching.prepare.columns import Rows
from tieout.matching.prepare.packed import tables

# What the rows without a pair count, by rule.
COUNTS = ("pairs", "sure", "sure_within", "kept")
SURE = 0.99


def scored_schema(config: MatchingConfig) -> str:
    """Return the schema of scored pairs."""
    gammas = ", ".join(f"gamma_{comparison.name} byte" for comparison in config.comparisons)
    counts = ", ".join(f"{name} bigint" for name in COUNTS)
    return f"id_l bigint, id_r bigint, rule int, {gammas}, match_weight double, match_probability double, {counts}"


def scored_columns(config: MatchingConfig) -> list[str]:
    """Return the names of the columns of scored pairs."""
    return [part.split(" ")[0] for part in scored_schema(config).split(", ")]


def score(compared: DataFrame, model: Model) -> DataFrame:
    """Score compared pairs (see `compared.compared_pairs`); return those of a probability of `thresholds.keep` or more.

    Columns: id_l < id_r bigint, rule int, gamma_<comparison> byte (-1 missing, 0 different, 1 and up better),
    match_weight double (log2 odds), match_probability double. Rows without id_l carry a rule's counts: `pairs`
    compared, `sure` ones (a probability of SURE or more), sure ones of one source, and those `kept`.
    """
    config = model.config
    columns, width = scored_columns(config), len(config.comparisons)

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        made = count_by_rule(len(config.blocking_rules))
        for table in tables(batches):
            digits = pattern_rows(table, config)[:, :width]
            scores, rule = model.score(digits), table.column("rule").to_numpy()
            kept = np.flatnonzero(scores.probability >= config.thresholds.keep)
            made.add(rule, scores.probability, np.asarray(table.column("one_source")), kept)
            left, right = (table.column(name).to_numpy()[kept] for name in ("id_l", "id_r"))
            yield scored_batch(columns, left, right, rule[kept], digits[kept], scores, kept)
        yield made.rows(columns)

    return compared.mapInArrow(run, scored_schema(config))


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

    def add(
        self, rule: NDArray[Any], probability: NDArray[np.float64], one_source: NDArray[np.bool_], kept: Rows
    ) -> None:
        """Count scored pairs."""
        sure = probability >= SURE
        for row, chosen in enumerate((np.ones_like(sure), sure, sure & one_source, kept)):
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
