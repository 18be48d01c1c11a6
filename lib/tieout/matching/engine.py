"""The matching engine: train a model on records, score records with a model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.config.models.matching import BlockingRule, MatchingConfig
from tieout.errors import SourceError
from tieout.matching.blocking import blocks as blocking
from tieout.matching.blocking.blocks import source_codes
from tieout.matching.blocking.keys import LargeKeys, combine
from tieout.matching.blocking.large_keys import name_large_keys
from tieout.matching.comparing.compared import compared_pairs, compared_patterns, fetch_scored, score_patterns
from tieout.matching.comparing.levels import schemes
from tieout.matching.comparing.patterns import PatternCounts
from tieout.matching.comparing.raw_pairs import pair_digits
from tieout.matching.model import Model
from tieout.matching.prepare import frequencies as counting
from tieout.matching.prepare import records as preparing
from tieout.matching.prepare.batch import RECORD_ID, SOURCE, Batch
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.prepare.local_parquet import LocalRecords
from tieout.matching.propose.rules import pairs_per_record
from tieout.matching.propose.selection import select_rules
from tieout.matching.scoring import scores as scoring
from tieout.matching.training import sampling
from tieout.matching.training.em import Answers, Parameters, beliefs, estimate, fields_of, log_likelihood
from tieout.platform.rows import arrow_frame

# Candidate pairs that are compared to choose among proposed blocking rules: bounds, and pairs times records
# between them. In a small file few matches tell one rule from another, so nearly all pairs are looked at.
SELECTION_PAIRS = (400_000, 2_500_000)
PAIRS_TIMES_RECORDS = 2.5e10


@dataclass
class Prepared:
    """Prepared records, packed and persisted, with what has been counted about them."""

    frame: DataFrame
    config: MatchingConfig
    records: int
    population: float
    frequencies: Frequencies
    within: bool

    @cached_property
    def blocking(self) -> blocking.Blocking:
        """Return what is known of the blocks, counted on first use."""
        return blocking.plan_blocks(self.frame, self.config, self.frequencies)

    @cached_property
    def random(self) -> PatternCounts:
        """Return the patterns of random pairs, compared once."""
        return sampling.random_patterns(self.sample, self.config, self.frequencies, self.within)

    def with_rules(self, rules: list[BlockingRule]) -> Prepared:
        """Return the same records with other blocking rules; what does not depend on rules is kept."""
        narrowed = replace(self, config=self.config.model_copy(update={"blocking_rules": rules}))
        known = {name: value for name, value in vars(self).items() if name in {"sample", "random"}}
        vars(narrowed).update(known)
        return narrowed

    @cached_property
    def sample(self) -> pa.Table:
        """Return a random sample of the prepared records, fetched once."""
        return sampling.sample_table(self.frame, self.records, self.config.training.seed)

    def large_keys(self) -> list[dict[str, Any]]:
        """Return the largest blocking keys above `limits.largest_block`; see `large.name_large_keys`."""
        batch = Batch(self.config, self.sample, self.frequencies)
        return name_large_keys(batch, self.sample, self.blocking)

    def release(self) -> None:
        """Free the memory that the prepared records take."""
        self.frame.unpersist()


@dataclass(frozen=True)
class Scored:
    """Scored pairs (persisted or in memory; see `scoring.score` for their columns) and candidate pairs by rule.

    `sure` is the number of pairs that are matches beyond doubt, `sure_within` how many of these are of
    one source, `number` how many `pairs` there are (at most, where some have been left out since).
    """

    pairs: DataFrame | pa.Table
    by_rule: dict[str, int]
    kept: DataFrame | None = None
    sure: int = 0
    sure_within: int = 0
    number: int = 0

    def frame(self, spark: SparkSession) -> DataFrame:
        """Return the pairs as Spark reads them."""
        return self.pairs if isinstance(self.pairs, DataFrame) else arrow_frame(spark, self.pairs)

    def release(self) -> None:
        """Free the memory that the pairs take."""
        if self.kept is not None:
            self.kept.unpersist()


def prepare(
    records: DataFrame | LocalRecords, config: MatchingConfig, *, within: bool = True, model: Model | None = None
) -> Prepared:
    """Prepare records for matching: normalise them and count their values.

    `records` has record_id bigint (unique), source string and the config's columns. `within` false
    compares records of different sources only. With `model`, its frequencies are used, so that the
    same pair has the same score as when the model was trained. Raises SourceError when there are
    fewer than two records.
    """
    frame = preparing.prepare(records, config).persist()
    sizes = records.sizes if isinstance(records, LocalRecords) else preparing.sizes(frame)
    total = sum(sizes.values())
    if total < 2:
        raise SourceError(f"{config.entity}: {total} records to match; at least two are needed")
    same = sum(size * (size - 1) / 2 for size in sizes.values())
    population = total * (total - 1) / 2 - (0.0 if within else same)
    frequencies = model.frequencies if model is not None else counting.count_values(frame, config, total)
    return Prepared(frame, config, total, max(population, 1.0), frequencies, within)


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
    found = sampling.sample_patterns(
        prepared.frame, config, prepared.frequencies, prepared.blocking, prepared.within, by_rule=True
    )
    answers = None if labelled is None else _answers(prepared, labelled[~labelled["tested"]])
    return Training(Model(config, _parameters(prepared, found, answers), prepared.frequencies), found)


def select(prepared: Prepared) -> Prepared:
    """Keep, of the config's proposed blocking rules, those that earn their pairs.

    A sample of the candidate pairs is enough to tell: a first model says which of them match.
    """
    config = prepared.config
    guessed = _guessed(prepared)
    most = int(np.clip(PAIRS_TIMES_RECORDS / prepared.records, *SELECTION_PAIRS))
    with ThreadPoolExecutor(1) as beside:
        # Random pairs are compared here while Spark's workers compare candidates.
        beside.submit(lambda: prepared.random)
        found = sampling.sample_patterns(
            prepared.frame, config, prepared.frequencies, guessed, prepared.within, by_rule=True, most=most
        )
    match, _ = beliefs(_parameters(prepared, found), found)
    chosen = select_rules(found, match, config.limits.pairs_per_record * prepared.records, prepared.records)
    return prepared.with_rules([config.blocking_rules[number] for number in chosen])


def _guessed(prepared: Prepared) -> blocking.Blocking:
    """Return what a sample of the records says of blocks; none is known to be too large."""
    batch = Batch(prepared.config, prepared.sample, prepared.frequencies)
    sources = source_codes(prepared.sample)
    pairs = sum(
        pairs_per_record(combine(batch, rule.keys), sources, prepared.within, prepared.records)
        for rule in prepared.config.blocking_rules
    )
    rows = prepared.records * len(prepared.config.blocking_rules)
    return blocking.Blocking(LargeKeys(1, np.zeros(0, dtype=np.int64)), rows, pairs * prepared.records, None)


@dataclass(frozen=True)
class Compared:
    """Candidate pairs with the outcomes of their comparisons, packed and persisted, to train on and to score."""

    prepared: Prepared
    frame: DataFrame

    def release(self) -> None:
        """Free the memory that the pairs take."""
        self.frame.unpersist()


def compare_all(prepared: Prepared) -> Compared:
    """Compare every candidate pair, once for training and scoring."""
    frame = compared_pairs(prepared.frame, prepared.config, prepared.frequencies, prepared.blocking, prepared.within)
    return Compared(prepared, frame.persist())


def count_compared(compared: Compared) -> PatternCounts:
    """Count the patterns of compared pairs; this is when they are compared."""
    return compared_patterns(compared.frame, compared.prepared.config)


def train_on(prepared: Prepared, candidates: PatternCounts, labelled: pd.DataFrame | None = None) -> Model:
    """Estimate a model from the patterns of the candidate pairs of prepared records.

    `labelled` are pairs that people have answered (see `labels.labelled_pairs`).
    """
    answers = None if labelled is None else _answers(prepared, labelled)
    return Model(prepared.config, _parameters(prepared, candidates, answers), prepared.frequencies)


def score_compared(compared: Compared, model: Model, *, here: bool = False) -> Scored:
    """Score compared pairs; `here` brings them into memory, where the caller knows that they fit."""
    if not here:
        return _scored(score_patterns(compared.frame, model), model)
    pairs, counts = fetch_scored(compared.frame, model)
    sums = counts.group_by("rule").aggregate([(name, "sum") for name in scoring.COUNTS]).to_pylist()  # one row a rule
    told = [{"rule": row["rule"]} | {name: row[f"{name}_sum"] for name in scoring.COUNTS} for row in sums]
    return _told(pairs, told, model)


def _answers(prepared: Prepared, labelled: pd.DataFrame) -> Answers | None:
    if labelled.empty:
        return None
    digits = pair_digits(prepared.config, prepared.frequencies, labelled)
    return Answers.of(digits, labelled["match"].to_numpy(dtype=bool))


def _parameters(prepared: Prepared, found: PatternCounts, answers: Answers | None = None) -> Parameters:
    config = prepared.config
    if not len(found.count):
        rules = ", ".join(rule.name for rule in config.blocking_rules)
        raise SourceError(
            f"{config.entity}: no two of {prepared.records:,} records share a key of {rules}, so there is nothing to "
            "learn from; are these records of the same things? If so, give other blocking rules"
        )
    return estimate(found, prepared.random, prepared.population, fields_of(schemes(config)), config.training, answers)


def score(prepared: Prepared, model: Model) -> Scored:
    """Score the candidate pairs of prepared records."""
    return _scored(scoring.score(prepared.frame, model, prepared.blocking, prepared.within), model)


def _scored(rows: DataFrame, model: Model) -> Scored:
    kept = rows.persist()
    sums = [F.sum(name).alias(name) for name in scoring.COUNTS]
    counts = kept.where("id_l IS NULL").groupBy("rule").agg(*sums).toArrow().to_pylist()  # one row a rule
    return _told(kept.where("id_l IS NOT NULL").drop(*scoring.COUNTS), counts, model, kept)


def _told(
    pairs: DataFrame | pa.Table, counts: list[dict[str, Any]], model: Model, kept: DataFrame | None = None
) -> Scored:
    names = [rule.name for rule in model.config.blocking_rules]
    by_rule = dict.fromkeys(names, 0) | {names[row["rule"]]: row["pairs"] for row in counts}
    sure, within, number = (int(sum(row[name] for row in counts)) for name in ("sure", "sure_within", "kept"))
    return Scored(pairs, by_rule, kept, sure, within, number)


__all__ = [
    "RECORD_ID", "SOURCE", "Compared", "Prepared", "Scored", "Training",
    "compare_all", "count_compared", "fit", "prepare", "score", "score_compared", "select", "train", "train_on",
]  # fmt: skip
