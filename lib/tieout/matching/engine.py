"""The matching engine: prepare records, compare candidate pairs, fit a model to them, score them with a model."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame

from tieout.config.models.matching import BlockingRule, MatchingConfig
from tieout.errors import SourceError
from tieout.matching.blocking import blocks as blocking
from tieout.matching.blocking.blocks import source_codes
from tieout.matching.blocking.keys import LargeKeys, combine
from tieout.matching.blocking.large_keys import name_large_keys
from tieout.matching.comparing.compared import compared_pairs, compared_patterns
from tieout.matching.comparing.levels import schemes
from tieout.matching.comparing.patterns import PatternCounts
from tieout.matching.comparing.raw_pairs import pair_digits
from tieout.matching.model import Model
from tieout.matching.prepare import frequencies as counting
from tieout.matching.prepare import records as preparing
from tieout.matching.prepare.batch import RECORD_ID, SOURCE, Batch
from tieout.matching.prepare.frequency_sketch import Frequencies
from tieout.matching.propose.rules import pairs_per_record
from tieout.matching.propose.selection import select_rules
from tieout.matching.scoring import scores as scoring
from tieout.matching.training import sampling
from tieout.matching.training.em import Answers, Parameters, beliefs, estimate, fields_of, log_likelihood

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


def prepare(
    records: DataFrame,
    config: MatchingConfig,
    *,
    within: bool = True,
    model: Model | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Prepared:
    """Prepare records for matching: normalise them and count their values.

    `records` has record_id bigint (unique), source string and the config's columns. `within` false
    compares records of different sources only. With `model`, its frequencies are used, so that the
    same pair has the same score as when the model was trained. `sizes` is the number of records by source, which are
    counted where it is not known. Raises SourceError when there are fewer than two records.
    """
    frame = preparing.prepare(records, config).persist()
    sizes = preparing.sizes(frame) if sizes is None else sizes
    total = sum(sizes.values())
    if total < 2:
        raise SourceError(f"{config.entity}: {total} records to match; at least two are needed")
    same = sum(size * (size - 1) / 2 for size in sizes.values())
    population = total * (total - 1) / 2 - (0.0 if within else same)
    frequencies = model.frequencies if model is not None else counting.count_values(frame, config, total)
    return Prepared(frame, config, total, max(population, 1.0), frequencies, within)


def select(prepared: Prepared) -> Prepared:
    """Keep, of the config's proposed blocking rules, those that earn their pairs.

    A sample of the candidate pairs is enough to tell: a first model says which of them match.
    """
    config = prepared.config
    guessed = _guessed(prepared)
    most = float(np.clip(PAIRS_TIMES_RECORDS / prepared.records, *SELECTION_PAIRS))
    with ThreadPoolExecutor(1) as beside:
        # Random pairs are compared here while Spark's workers compare candidates.
        beside.submit(lambda: prepared.random)
        found = _counted(_compared(prepared, guessed, most))
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
    """Candidate pairs with the outcomes of their comparisons, packed (see `compared.compared_pairs`).

    They are a random `share` of all candidate pairs; about `expected` of them.
    """

    prepared: Prepared
    frame: DataFrame
    share: float
    expected: float

    def persist(self) -> Compared:
        """Keep the pairs, so that they are compared once, to fit a model and to score them."""
        return replace(self, frame=self.frame.persist())

    def release(self) -> None:
        """Free the memory that the pairs take."""
        self.frame.unpersist()


def compare(prepared: Prepared, most: float | None = None) -> Compared:
    """Compare the candidate pairs: all, or about `most` of them at random.

    No pair is compared before a model is fitted or pairs are scored.
    """
    return _compared(prepared, prepared.blocking, most)


def _compared(prepared: Prepared, known: blocking.Blocking, most: float | None) -> Compared:
    share = 1.0 if most is None else min(1.0, most / max(known.pairs, 1.0))
    # So many of the records have that share of the pairs, and the blocks are smaller by as much.
    sample = blocking.Sample(sqrt(share), prepared.config.training.seed)
    frame = compared_pairs(prepared.frame, prepared.config, prepared.frequencies, known, prepared.within, sample)
    return Compared(prepared, frame, share, known.pairs * share)


def _counted(compared: Compared) -> PatternCounts:
    return compared_patterns(compared.frame, compared.prepared.config, compared.share, compared.expected)


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


def fit(compared: Compared, labelled: pd.DataFrame | None = None) -> Training:
    """Estimate a model from compared pairs, without labels, and keep what it was estimated from.

    `labelled` are pairs that people have answered (see `labels.labelled_pairs`). Raises SourceError when there is no
    candidate pair.
    """
    prepared, found = compared.prepared, _counted(compared)
    answers = None if labelled is None else _answers(prepared, labelled)
    return Training(Model(prepared.config, _parameters(prepared, found, answers), prepared.frequencies), found)


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


@dataclass(frozen=True)
class Scored:
    """Scored pairs (see `scoring.score` for their columns) and candidate pairs by rule.

    `sure` is the number of pairs that are matches beyond doubt, `sure_within` how many of these are of
    one source, `number` how many `pairs` there are (at most, where some have been left out since). `kept` is what is
    persisted.
    """

    pairs: DataFrame
    by_rule: dict[str, int]
    kept: DataFrame
    sure: int = 0
    sure_within: int = 0
    number: int = 0

    def release(self) -> None:
        """Free the memory that the pairs take."""
        self.kept.unpersist()


def score(compared: Compared, model: Model) -> Scored:
    """Score compared pairs with a model; those that are too improbable to keep are counted only."""
    kept = scoring.score(compared.frame, model).persist()
    # A row a rule and task.
    counts = kept.where("id_l IS NULL").select("rule", *scoring.COUNTS).toArrow().to_pandas().groupby("rule").sum()
    names = [rule.name for rule in model.config.blocking_rules]
    by_rule = dict.fromkeys(names, 0) | {names[rule]: int(pairs) for rule, pairs in counts["pairs"].items()}
    sure, within, number = (int(counts[name].sum()) for name in ("sure", "sure_within", "kept"))
    return Scored(kept.where("id_l IS NOT NULL").drop(*scoring.COUNTS), by_rule, kept, sure, within, number)


__all__ = [
    "RECORD_ID", "SOURCE", "Compared", "Prepared", "Scored", "Training", "compare", "fit", "prepare", "score", "select",
]  # fmt: skip
