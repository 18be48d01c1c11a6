"""How do the stages go together? Train a model on records, score records with a model."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.matching import MatchingConfig
from tieout.errors import SourceError
from tieout.matching import spark
from tieout.matching.batch import RECORD_ID, SOURCE
from tieout.matching.compare import schemes
from tieout.matching.em import Answers, Parameters, beliefs, estimate, fields_of, log_likelihood
from tieout.matching.model import Model
from tieout.matching.patterns import PatternCounts
from tieout.matching.profile.select import select_rules
from tieout.matching.raw_pairs import pair_digits
from tieout.matching.sketch import Frequencies


@dataclass
class Prepared:
    """Prepared records, persisted, with what has been counted about them."""

    frame: DataFrame
    config: MatchingConfig
    records: int
    population: float
    frequencies: Frequencies
    within: bool
    blocking: spark.Blocking
    figures: dict[str, Any] = field(default_factory=dict)

    def release(self) -> None:
        """Free the memory that the prepared records take."""
        self.frame.unpersist()


@dataclass(frozen=True)
class Scored:
    """Scored pairs (persisted; see `spark.score` for their columns) and candidate pairs by rule.

    `sure` is the number of pairs that are matches beyond doubt, `sure_within` how many of these are of
    one source.
    """

    pairs: DataFrame
    by_rule: dict[str, int]
    kept: DataFrame
    sure: int = 0
    sure_within: int = 0

    def release(self) -> None:
        """Free the memory that the pairs take."""
        self.kept.unpersist()


def prepare(records: DataFrame, config: MatchingConfig, *, within: bool = True, model: Model | None = None) -> Prepared:
    """Prepare records for matching: normalise them, count their values and their blocking keys.

    `records` has record_id bigint (unique), source string and the config's columns. `within` false
    compares records of different sources only. With `model`, its frequencies are used, so that the
    same pair has the same score as when the model was trained. Raises SourceError when there are
    fewer than two records.
    """
    frame = spark.prepare(records, config).persist()
    sizes = {row[SOURCE]: row["count"] for row in frame.groupBy(SOURCE).count().collect()}  # one row a source
    total = sum(sizes.values())
    if total < 2:
        raise SourceError(f"{config.entity}: {total} records to match; at least two are needed")
    same = sum(size * (size - 1) / 2 for size in sizes.values())
    population = total * (total - 1) / 2 - (0.0 if within else same)
    frequencies = model.frequencies if model is not None else spark.count_values(frame, config, total)
    blocking = spark.plan_blocks(frame, config, frequencies)
    return Prepared(frame, config, total, max(population, 1.0), frequencies, within, blocking)


@dataclass(frozen=True)
class Training:
    """A trained model and the counted patterns of the candidate pairs that it was trained on."""

    model: Model
    candidates: PatternCounts

    def pairs_by_rule(self) -> dict[str, int]:
        """Return the candidate pairs that share each blocking rule's key; a pair may share several."""
        pairs = self.candidates.count @ self.candidates.shared
        rules = self.model.config.blocking_rules
        return {rule.name: round(float(number)) for rule, number in zip(rules, pairs, strict=True)}

    def metrics(self) -> dict[str, float]:
        """Return the figures of the training: expected matches, pairs, bits of likelihood per pair."""
        parameters = self.model.parameters
        return {
            "expected_matches": parameters.matches,
            "expected_relatives": sum(parameters.relatives),
            "prior_log2_odds": parameters.prior_weight,
            "iterations": float(parameters.iterations),
            "candidate_pairs": float(self.candidates.count.sum()),
            "patterns": float(len(self.candidates.count)),
            "log_likelihood": log_likelihood(parameters, self.candidates, parameters.population),
        }


def train(prepared: Prepared) -> Model:
    """Estimate a model from prepared records, without labels."""
    return fit(prepared).model


def fit(prepared: Prepared, labelled: pd.DataFrame | None = None) -> Training:
    """Estimate a model as `train` does, and keep what it was estimated from.

    `labelled` are pairs that people have answered (see `labels.labelled_pairs`).
    """
    config = prepared.config
    found = spark.sample_patterns(
        prepared.frame, config, prepared.frequencies, prepared.blocking, prepared.within, by_rule=True
    )
    answers = None if labelled is None else _answers(prepared, labelled[~labelled["tested"]])
    return Training(Model(config, _parameters(prepared, found, answers), prepared.frequencies), found)


def train_and_select(prepared: Prepared) -> tuple[Model, Prepared]:
    """Estimate a model and keep, of the config's proposed blocking rules, those that earn their pairs.

    Returns the model and the prepared records, both with the chosen rules.
    """
    config = prepared.config
    found = spark.sample_patterns(
        prepared.frame, config, prepared.frequencies, prepared.blocking, prepared.within, by_rule=True
    )
    parameters = _parameters(prepared, found)
    match, _ = beliefs(parameters, found)
    chosen = select_rules(found, match, config.limits.pairs_per_record * prepared.records)
    rules = [config.blocking_rules[number] for number in chosen]
    narrowed = config.model_copy(update={"blocking_rules": rules})
    blocking = spark.plan_blocks(prepared.frame, narrowed, prepared.frequencies)
    return (
        Model(narrowed, parameters, prepared.frequencies),
        replace(prepared, config=narrowed, blocking=blocking),
    )


def _answers(prepared: Prepared, labelled: pd.DataFrame) -> Answers | None:
    if labelled.empty:
        return None
    digits = pair_digits(prepared.config, prepared.frequencies, labelled)
    return Answers.of(digits, labelled["match"].to_numpy(dtype=bool))


def _parameters(prepared: Prepared, found: PatternCounts, answers: Answers | None = None) -> Parameters:
    config = prepared.config
    random = spark.random_patterns(prepared.frame, config, prepared.frequencies, prepared.within, prepared.records)
    return estimate(found, random, prepared.population, fields_of(schemes(config)), config.training, answers)


def score(prepared: Prepared, model: Model) -> Scored:
    """Score the candidate pairs of prepared records."""
    kept = spark.score(prepared.frame, model, prepared.blocking, prepared.within).persist()
    sums = [F.sum(name).alias(name) for name in spark.COUNTS]
    counts = kept.where("id_l IS NULL").groupBy("rule").agg(*sums).collect()  # one row a rule
    names = [rule.name for rule in model.config.blocking_rules]
    by_rule = dict.fromkeys(names, 0) | {names[row["rule"]]: row["pairs"] for row in counts}
    sure, within = (sum(row[name] for row in counts) for name in ("sure", "sure_within"))
    pairs = kept.where("id_l IS NOT NULL").drop(*spark.COUNTS)
    return Scored(pairs, by_rule, kept, int(sure), int(within))


__all__ = [
    "RECORD_ID", "SOURCE", "Prepared", "Scored", "Training", "fit", "prepare", "score", "train", "train_and_select",
]  # fmt: skip
