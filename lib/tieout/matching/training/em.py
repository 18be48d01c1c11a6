"""Fellegi-Sunter parameters by EM, without labels, from patterns of agreement.

The population is every pair of records that could match, and a pair is one of three things:

- strangers: agreement by chance (`u`), learned from random pairs;
- matches: agreement `m`, learned by expectation-maximisation over the candidate pairs' patterns
  (Fellegi and Sunter 1969; Winkler 1988; on pattern counts, Enamorado, Fifield and Imai 2019);
- relatives: different things that share a lot. They agree on shared fields as they please (`q`) but
  not on the fields that identify. There are two sorts: neighbours, which share a place, and sisters,
  which share nearly everything that can be shared, as sister companies do a seat, a switchboard and
  a domain, or a family its name and address. Sisters are rare and neighbours are not, so one sort
  for both would describe neighbours only. Without relatives, fields that agree together (street,
  postcode, city, phone) would count as independent evidence for a match (a mixture with further
  classes, as in Larsen and Rubin 2001).

Because all pairs outside the candidates are taken as strangers, what blocking selects does not
bias `u`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.config.models.matching import Training
from tieout.matching.comparing.levels import BANDS, Scheme
from tieout.matching.comparing.patterns import (
    DIFFERENT_DIGIT,
    FIRST_LEVEL,
    MISSING_DIGIT,
    PatternCounts,
    digit_count,
    levels_of,
)
from tieout.matching.kinds.names import Text

Table = NDArray[np.float64]

PRIOR_PAIRS = 20.0  # weight of prior beliefs, in pairs
DIFFERENT_SHARED, DIFFERENT_IDENTIFYING = 0.1, 0.03  # prior share of matches that differ
RELATIVES_ALIKE = 0.02  # share of relatives whose identifying names look the same
NEIGHBOURS, SISTERS = 0.03, 0.01  # first guess of their share of the candidate pairs
SISTERS_SHARE = (0.5, 0.8)  # how often sisters share what can be shared: the least, and before data
# In so few pairs of records (a hundred records) chance and matches are not told apart by numbers alone: EM starts from
# the pairs that agree exactly on what identifies and on something else.
# While it learns, such a pair is a match to at least this probability.
FEW_PAIRS, ANCHORED = 5_000, 0.9
INNER_STEPS = 5
TINY = 1e-12
MISSING_LEVEL = -1
OWN_VOICE = 1.0  # answers that the model's own belief in a pattern counts for, beside those of people


@dataclass(frozen=True)
class Field:
    """What EM must know of a comparison: its number of levels, and whether agreement identifies.

    `strict`: relatives agree on it by chance only (dates, identifiers); otherwise they may agree
    in part (company names that share a brand).
    """

    levels: int
    identifies: bool = False
    strict: bool = False

    @property
    def size(self) -> int:
        """Return the number of outcomes."""
        return digit_count(self.levels)

    @property
    def top(self) -> slice:
        """Return the outcomes of the better half of the levels."""
        return slice(FIRST_LEVEL + self.levels // 2 * BANDS, self.size)


def fields_of(plan: list[Scheme]) -> list[Field]:
    """Return the comparisons as EM sees them; of several long texts only the first identifies by default."""
    found: list[Field] = []
    title = next((scheme.column for scheme in plan if isinstance(scheme.kind, Text)), None)
    for scheme in plan:
        by_kind = scheme.kind.identifies and (scheme.column == title or not isinstance(scheme.kind, Text))
        identifies = by_kind if scheme.comparison.identifies is None else scheme.comparison.identifies
        found.append(Field(len(scheme.levels), identifies, scheme.kind.strict))
    return found


@dataclass(frozen=True)
class Parameters:
    """What EM found: by comparison the probability of each outcome among each kind of pair.

    `q` and `relatives` have an entry for each sort of relatives. `matches` and `relatives` are expected
    numbers of candidate pairs, `population` the number of all pairs of records.
    """

    m: list[Table]
    u: list[Table]
    q: list[list[Table]]
    matches: float
    relatives: list[float]
    population: float
    iterations: int

    @property
    def prior_weight(self) -> float:
        """Return the log2 odds that a random pair matches."""
        return float(np.log2(max(self.matches, 1e-3) / self.population))

    def weights(self) -> list[Table]:
        """Return log2(m/u) by comparison and outcome; 0 for missing."""
        return [_log_ratio(m, u) for m, u in zip(self.m, self.u, strict=True)]

    def relative_weights(self) -> list[list[Table]]:
        """Return, by sort of relatives, log2(q/u) by comparison and outcome; 0 for missing."""
        return [[_log_ratio(q, u) for q, u in zip(sort, self.u, strict=True)] for sort in self.q]

    def relative_odds(self, digits: NDArray[np.uint8], weights: list[list[Table]] | None = None) -> list[Table]:
        """Return, by sort, the log2 odds that each row of outcomes is of such relatives, not of strangers.

        `weights` are `relative_weights()`, where the caller has kept them.
        """
        priors = [float(np.log2(max(pairs, 1e-6) / self.population)) for pairs in self.relatives]
        known = self.relative_weights() if weights is None else weights
        return [log_odds(digits, tables, prior) for tables, prior in zip(known, priors, strict=True)]


def _log_ratio(one: Table, other: Table) -> Table:
    found: Table = np.log2((one + TINY) / (other + TINY))
    found[MISSING_DIGIT] = 0.0
    return found


@dataclass(frozen=True)
class Answers:
    """What people said about pairs, by their levels: yes and no per pattern of levels.

    Answers speak for all pairs with the same levels, whatever the rarity of what agrees.
    """

    known: dict[bytes, tuple[int, int]]

    @classmethod
    def of(cls, digits: NDArray[np.uint8], match: NDArray[np.bool_]) -> Answers:
        """Count the answers: one row of outcomes per pair, and whether it was called a match."""
        known: dict[bytes, tuple[int, int]] = {}
        for levels, yes in zip(levels_of(digits), match, strict=True):
            before = known.get(levels.tobytes(), (0, 0))
            known[levels.tobytes()] = (before[0] + int(yes), before[1] + int(not yes))
        return cls(known)

    def shares(self, digits: NDArray[np.uint8]) -> tuple[Table, Table]:
        """Return how many answers each pattern has, and how many of them are yes."""
        found = np.array([self.known.get(row.tobytes(), (0, 0)) for row in levels_of(digits)], dtype=np.float64)
        found = found.reshape(-1, 2)
        return found.sum(axis=1), found[:, 0]


@dataclass(frozen=True)
class _Told:
    """Answers laid on the candidates' patterns: their number, and how many say match."""

    answers: Table
    yes: Table

    def correct(self, match: Table, relatives: list[Table]) -> tuple[Table, list[Table]]:
        """Return the beliefs after the answers, to which the model's own belief adds `OWN_VOICE` answers."""
        told = (self.yes + OWN_VOICE * match) / (self.answers + OWN_VOICE)
        scale = (1.0 - told) / np.maximum(1.0 - match, TINY)
        return told, [relative * scale for relative in relatives]


def estimate(
    candidates: PatternCounts,
    random: PatternCounts,
    population: float,
    fields: list[Field],
    training: Training,
    answers: Answers | None = None,
) -> Parameters:
    """Estimate the parameters from pattern counts.

    `candidates` are all candidate pairs (a sample's counts scaled up), `random` pairs drawn at random
    from the population, `fields` describe the comparisons. `answers` of people outweigh what the
    model believes of pairs with the same levels (semi-supervised EM; Nigam et al. 2000).
    """
    told = None if answers is None else _Told(*answers.shares(candidates.digits))
    now = _start(candidates, random, population, fields, training.dependence)
    prior = now
    least = ANCHORED * _anchors(candidates, fields) if population <= FEW_PAIRS else np.zeros(len(candidates.count))
    before: Table | None = None
    for iteration in range(1, training.iterations + 1):
        match, relatives = _responsibilities(now, candidates)
        match = np.maximum(match, least)
        if told is not None:
            match, relatives = told.correct(match, relatives)
        if before is not None and np.abs(match - before).max() < training.convergence:
            break
        before = match
        now = _maximise(candidates, random, match, relatives, fields, prior, now, iteration)
    return now


def _start(
    candidates: PatternCounts,
    random: PatternCounts,
    population: float,
    fields: list[Field],
    dependence: bool,
) -> Parameters:
    total = float(candidates.count.sum())
    seen = [_count(candidates, number, field.size) for number, field in enumerate(fields)]
    few = population <= FEW_PAIRS
    anchors = _anchors(random, fields) if few else None
    u = [_chance(random, anchors, number, field) for number, field in enumerate(fields)]
    m = [_prior_m(field, counts) for field, counts in zip(fields, seen, strict=True)]
    neighbours = [_prior_q(field, counts, chance) for field, counts, chance in zip(fields, seen, u, strict=True)]
    sisters = [_prior_sister(field, counts, chance) for field, counts, chance in zip(fields, seen, u, strict=True)]
    known = dependence and any(field.identifies for field in fields)
    relatives = [share * total if known else 0.0 for share in (NEIGHBOURS, SISTERS)]
    anchored = float((candidates.count * _anchors(candidates, fields)).sum()) if few else 0.0
    return Parameters(m, u, [neighbours, sisters], max(0.1 * total, anchored), relatives, population, 0)


def _anchors(patterns: PatternCounts, fields: list[Field]) -> Table:
    """Return 1 for patterns that agree best on all that identifies, where known, and on one field more or on all."""
    levels = levels_of(patterns.digits)
    best = levels == np.array([field.levels for field in fields])
    named = np.array([field.identifies for field in fields])
    known, agreed = levels[:, named] > MISSING_LEVEL, best[:, named]
    sure = (known.any(axis=1)) & (agreed | ~known).all(axis=1)
    return np.asarray(sure & (best.sum(axis=1) >= min(2, len(fields))), dtype=np.float64)


def _maximise(
    candidates: PatternCounts,
    random: PatternCounts,
    match: Table,
    relatives: list[Table],
    fields: list[Field],
    prior: Parameters,
    now: Parameters,
    iteration: int,
) -> Parameters:
    doubt, _ = beliefs(now, random)
    u = [_chance(random, doubt, number, field) for number, field in enumerate(fields)]
    m = [_share(_count(candidates, n, field.size, match), prior.m[n]) for n, field in enumerate(fields)]
    neighbours, sisters = (
        [_count(candidates, n, field.size, share) for n, field in enumerate(fields)] for share in relatives
    )
    q = [
        [_related(neighbours[n], field, prior.q[0][n], u[n]) for n, field in enumerate(fields)],
        [_sister(sisters[n], field, prior.q[1][n], m[n], u[n]) for n, field in enumerate(fields)],
    ]
    pairs = [
        float((candidates.count * share).sum()) if before else 0.0
        for share, before in zip(relatives, prior.relatives, strict=True)
    ]
    matches = float((candidates.count * match).sum())
    return Parameters(m, u, q, matches, pairs, now.population, iteration)


def beliefs(parameters: Parameters, patterns: PatternCounts) -> tuple[Table, Table]:
    """Return, for each pattern, the probabilities that such a pair is a match and that it is a relative."""
    match, relatives = _responsibilities(parameters, patterns)
    return match, np.sum(relatives, axis=0)


def _responsibilities(parameters: Parameters, patterns: PatternCounts) -> tuple[Table, list[Table]]:
    match = log_odds(patterns.digits, parameters.weights(), parameters.prior_weight)
    relatives = parameters.relative_odds(patterns.digits)
    total = np.logaddexp2.reduce([np.zeros_like(match), match, *relatives])
    return np.exp2(match - total), [np.exp2(relative - total) for relative in relatives]


def log_likelihood(parameters: Parameters, patterns: PatternCounts, population: float) -> float:
    """Return how well parameters explain candidate pairs: bits per pair, higher is better.

    The extended log likelihood (Barlow 1990) of the pairs' patterns under the mixture, up to a constant:
    the mean log2 of a pattern's rate in the population, less the matches and relatives expected per pair
    when that many pairs of records, `population`, are made of them as those were that taught the parameters.
    """
    chance = log_odds(patterns.digits, [_log_chance(u) for u in parameters.u], 0.0)
    match = log_odds(patterns.digits, parameters.weights(), parameters.prior_weight)
    relatives = parameters.relative_odds(patterns.digits)
    rate = chance + np.logaddexp2.reduce([np.zeros_like(match), match, *relatives])
    pairs = max(float(patterns.count.sum()), 1.0)
    expected = (parameters.matches + sum(parameters.relatives)) / parameters.population * population / pairs
    return float((patterns.count * rate).sum() / pairs - expected / np.log(2))


def _log_chance(u: Table) -> Table:
    found: Table = np.log2(u + TINY)
    found[MISSING_DIGIT] = 0.0
    return found


def log_odds(digits: NDArray[np.uint8], tables: list[Table], prior: float) -> Table:
    """Return the prior plus each comparison's log2 weight, per row of outcomes."""
    weight = np.full(len(digits), prior)
    for number, table in enumerate(tables):
        weight += table[digits[:, number]]
    return weight


def probability(weight: Table) -> Table:
    """Return the probability behind log2 odds."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -200, 200))))


def _count(patterns: PatternCounts, number: int, size: int, weight: Table | None = None) -> Table:
    counts = patterns.count if weight is None else patterns.count * weight
    found = np.bincount(patterns.digits[:, number], weights=counts, minlength=size)
    found[MISSING_DIGIT] = 0.0
    return np.asarray(found, dtype=np.float64)


def _share(found: Table, prior: Table) -> Table:
    mixed = found + PRIOR_PAIRS * prior
    return np.asarray(mixed / mixed.sum())


def _chance(random: PatternCounts, belief: Table | None, number: int, field: Field) -> Table:
    found = _count(random, number, field.size, None if belief is None else 1.0 - belief)
    found[DIFFERENT_DIGIT:] += 0.1
    return np.asarray(found / found.sum())


def _prior_m(field: Field, seen: Table) -> Table:
    """Return what is believed before data: matches agree, better levels are likelier, bands as seen."""
    prior = np.zeros(field.size)
    prior[DIFFERENT_DIGIT] = DIFFERENT_IDENTIFYING if field.identifies else DIFFERENT_SHARED
    shares = np.linspace(0.2, 1.0, field.levels) ** 2
    for level, share in enumerate(shares / shares.sum() * (1 - prior[DIFFERENT_DIGIT])):
        bands = slice(FIRST_LEVEL + level * BANDS, FIRST_LEVEL + (level + 1) * BANDS)
        expected = seen[bands] + max(seen.sum(), 1.0) * 1e-3 / len(seen)
        prior[bands] = share * expected / expected.sum()
    return prior


def _prior_q(field: Field, seen: Table, chance: Table) -> Table:
    """Return how relatives agree before data: as candidates do, but hardly ever on what identifies."""
    if field.identifies and field.strict:
        return chance
    expected = seen + 1e-6
    expected[MISSING_DIGIT] = 0.0
    return _bar(expected / expected.sum(), field) if field.identifies else expected / expected.sum()


def _prior_sister(field: Field, seen: Table, chance: Table) -> Table:
    """Return how sisters agree before data: on what is shared mostly as matches do, on what identifies as barred."""
    if field.identifies:
        return _prior_q(field, seen, chance)
    return _mixed(_prior_m(field, seen), chance, SISTERS_SHARE[1])


def _mixed(match: Table, chance: Table, share: float) -> Table:
    return share * match + (1.0 - share) * chance


def _bar(shares: Table, field: Field, like: Table | None = None) -> Table:
    """Return shares in which the better levels have no more than relatives may have, spread as in `like`."""
    top = shares if like is None else like
    result = shares.copy()
    result[field.top] = 0.0
    result *= (1 - RELATIVES_ALIKE) / max(result.sum(), TINY)
    result[field.top] = top[field.top] * RELATIVES_ALIKE / max(top[field.top].sum(), TINY)
    return result


def _related(found: Table, field: Field, prior: Table, chance: Table) -> Table:
    if field.identifies and field.strict:
        return chance
    shares = _share(found, prior)
    return _bar(shares, field, prior) if field.identifies else shares


def _sister(found: Table, field: Field, prior: Table, match: Table, chance: Table) -> Table:
    """Return how sisters agree: where they share a value as matches do, slips included, else by chance.

    How often they share it is learned, within bounds: those that share less are neighbours.
    """
    if field.identifies:
        return _related(found, field, prior, chance)
    least, share = SISTERS_SHARE
    for _ in range(INNER_STEPS):
        both = _mixed(match, chance, share)
        shared = found @ (share * match / np.maximum(both, TINY))
        share = float(np.clip((shared + PRIOR_PAIRS * SISTERS_SHARE[1]) / (found.sum() + PRIOR_PAIRS), least, 0.99))
    return _mixed(match, chance, share)
