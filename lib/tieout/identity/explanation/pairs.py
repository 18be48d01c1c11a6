"""Explanation of a pair: the way from prior to posterior, comparison by comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from tieout.config.models.matching import MatchingConfig, Thresholds
from tieout.matching.blocking.keys import LargeKeys, record_keys, slot_rules
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.model import Model
from tieout.matching.prepare.batch import Batch, prepare_table
from tieout.matching.tracking.pyfunc import score_pairs

Record = Mapping[str, Any]
# Weights closer to nothing than this are said to say nothing.
SILENT = 0.05
TOGETHER, RELATIVES = "all together", "they may be look-alike relatives"


@dataclass(frozen=True)
class Step:
    """One comparison: what both records say, the level, its weight in bits, and the odds after it."""

    comparison: str
    left: str
    right: str
    level: str
    weight: float
    running_weight: float

    @property
    def factor(self) -> float:
        """Return the Bayes factor: how many times likelier this is if both are the same."""
        return float(2.0**self.weight)

    @property
    def running_probability(self) -> float:
        """Return the match probability after this step."""
        return probability(self.running_weight)


@dataclass(frozen=True)
class PairExplanation:
    """The waterfall of one pair of records. Weights are log2 Bayes factors (bits)."""

    prior_weight: float
    steps: list[Step]
    weight: float
    probability: float
    rules: list[str]
    thresholds: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, with factor and running probability of each step."""
        steps = [
            asdict(step) | {"factor": step.factor, "running_probability": step.running_probability}
            for step in self.steps
        ]
        prior = {"weight": self.prior_weight, "probability": probability(self.prior_weight)}
        posterior = {"weight": self.weight, "probability": self.probability}
        return {
            "prior": prior, "steps": steps, "posterior": posterior,
            "rules": self.rules, "thresholds": self.thresholds,
        }  # fmt: skip


def probability(weight: float) -> float:
    """Return the probability of log2 odds."""
    return float(1 / (1 + 2.0 ** -max(-1000.0, min(1000.0, weight))))


def explain_pair(model: Model, left: Record, right: Record, thresholds: Thresholds) -> PairExplanation:
    """Explain how `model` scores two raw records (by column name).

    Steps come strongest evidence first, for or against; then what is missing.
    """
    columns = source_columns(model.config)
    pair = {f"{name}_{side}": [record.get(name)] for side, record in (("l", left), ("r", right)) for name in columns}
    scored = score_pairs(model, pd.DataFrame(pair)).iloc[0]
    prior = float(model.parameters.prior_weight)
    steps = _ordered_steps(model.config, scored, left, right, prior)
    return PairExplanation(
        prior, steps, float(scored["match_weight"]), float(scored["match_probability"]),
        shared_rules(model, left, right), {"accept": thresholds.accept, "review": thresholds.review},
    )  # fmt: skip


def _ordered_steps(config: MatchingConfig, scored: pd.Series, left: Record, right: Record, prior: float) -> list[Step]:
    found = []
    for comparison in config.comparisons:
        one, other = (shown(record, config, comparison.columns[0]) for record in (left, right))
        weight, level = float(scored[f"weight_{comparison.name}"]), str(scored[f"level_{comparison.name}"])
        found.append(Step(comparison.name, one, other, level, weight, 0.0))
    found.sort(key=lambda step: (step.level == "missing", -abs(step.weight)))
    rest = float(scored["match_weight"]) - prior - sum(step.weight for step in found)
    if abs(rest) > SILENT:
        # What the model adds or takes back for all fields together.
        found.append(Step(TOGETHER, "", "", RELATIVES if rest < 0 else "", rest, 0.0))
    running = prior + np.cumsum([step.weight for step in found])
    return [replace(step, running_weight=float(after)) for step, after in zip(found, running, strict=True)]


def shown(record: Record, config: MatchingConfig, column: str) -> str:
    """Return what a record says in a config's column, as text."""
    sources = config.columns[column].source or [column]
    values = [str(record[name]) for name in sources if record.get(name) not in (None, "")]
    return ", ".join(dict.fromkeys(values))


def shared_rules(model: Model, left: Record, right: Record) -> list[str]:
    """Return the blocking rules by which the two records are compared."""
    texts = {name: _texts([left.get(name), right.get(name)]) for name in source_columns(model.config)}
    prepared = pa.table(prepare_table(model.config, pa.table(texts)))
    batch = Batch(model.config, prepared, model.frequencies)
    keys = record_keys(batch, LargeKeys(1, np.zeros(0, dtype=np.int64))).keys
    rules = slot_rules(model.config)
    return [
        rule.name
        for number, rule in enumerate(model.config.blocking_rules)
        if _any_equal(keys[0, rules == number], keys[1, rules == number])
    ]


def _texts(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else str(value) for value in values], pa.string())


def _any_equal(one: Any, other: Any) -> bool:
    return bool(((one[:, None] == other[None, :]) & (one[:, None] != 0)).any())
