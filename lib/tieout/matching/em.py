"""What do patterns of agreement say about matches? Fellegi-Sunter parameters by EM, without labels.

The population is every pair of records that could match, and a pair is one of three things:

- strangers: agreement by chance (`u`), learned from random pairs;
- matches: agreement `m`, learned by expectation-maximisation over the candidate pairs' patterns
  (Fellegi and Sunter 1969; Winkler 1988; on pattern counts, Enamorado, Fifield and Imai 2019);
- relatives: different things that share a lot, as sister companies share a seat, a switchboard and
  a domain, or a family its name and address. They agree on shared fields as they please (`q`) but
  not on the fields that identify. Without them, fields that agree together (street, postcode,
  city, phone) would count as independent evidence for a match (a mixture with a third class, as in
  Larsen and Rubin 2001).

Because all pairs outside the candidates are taken as strangers, what blocking selects does not
bias `u`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.config.matching import Training
from tieout.matching.compare import BANDS, Scheme
from tieout.matching.kinds.names import Text
from tieout.matching.patterns import DIFFERENT_DIGIT, FIRST_LEVEL, MISSING_DIGIT, PatternCounts, digit_count

Table = NDArray[np.float64]

PRIOR_PAIRS = 20.0  # weight of prior beliefs, in pairs
DIFFERENT_SHARED, DIFFERENT_IDENTIFYING = 0.1, 0.03  # prior share of matches that differ
RELATIVES_ALIKE = 0.02  # share of relatives whose identifying names look the same
TINY = 1e-12


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

    `matches` and `relatives` are expected numbers of candidate pairs, `population` the number of
    all pairs of records.
    """

    m: list[Table]
    u: list[Table]
    q: list[Table]
    matches: float
    relatives: float
    population: float
    iterations: int

    @property
    def prior_weight(self) -> float:
        """Return the log2 odds that a random pair matches."""
        return float(np.log2(max(self.matches, 1e-3) / self.population))

    @property
    def relatives_weight(self) -> float:
        """Return the log2 odds of a relative against a stranger."""
        return float(np.log2(max(self.relatives, 1e-6) / self.population))

    def weights(self) -> list[Table]:
        """Return log2(m/u) by comparison and outcome; 0 for missing."""
        return [_log_ratio(m, u) for m, u in zip(self.m, self.u, strict=True)]

    def relative_weights(self) -> list[Table]:
        """Return log2(q/u) by comparison and outcome; 0 for missing."""
        return [_log_ratio(q, u) for q, u in zip(self.q, self.u, strict=True)]


def _log_ratio(one: Table, other: Table) -> Table:
    found: Table = np.log2((one + TINY) / (other + TINY))
    found[MISSING_DIGIT] = 0.0
    return found


def estimate(
    candidates: PatternCounts,
    random: PatternCounts,
    population: float,
    fields: list[Field],
    training: Training,
) -> Parameters:
    """Estimate the parameters from pattern counts.

    `candidates` are all candidate pairs (a sample's counts scaled up), `random` pairs drawn at random
    from the population, `fields` describe the comparisons.
    """
    now = _start(candidates, random, population, fields, training.dependence)
    prior = now
    before: Table | None = None
    for iteration in range(1, training.iterations + 1):
        match, relative = beliefs(now, candidates)
        if before is not None and np.abs(match - before).max() < training.convergence:
            break
        before = match
        now = _maximise(candidates, random, match, relative, fields, prior, now, iteration)
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
    u = [_chance(random, None, number, field) for number, field in enumerate(fields)]
    m = [_prior_m(field, counts) for field, counts in zip(fields, seen, strict=True)]
    q = [_prior_q(field, counts, chance) for field, counts, chance in zip(fields, seen, u, strict=True)]
    relatives = 0.03 * total if dependence and any(field.identifies for field in fields) else 0.0
    return Parameters(m, u, q, 0.1 * total, relatives, population, 0)


def _maximise(
    candidates: PatternCounts,
    random: PatternCounts,
    match: Table,
    relative: Table,
    fields: list[Field],
    prior: Parameters,
    now: Parameters,
    iteration: int,
) -> Parameters:
    doubt, _ = beliefs(now, random)
    u = [_chance(random, doubt, number, field) for number, field in enumerate(fields)]
    m = [_share(_count(candidates, n, field.size, match), prior.m[n]) for n, field in enumerate(fields)]
    q = [
        _related(_count(candidates, n, field.size, relative), field, prior.q[n], u[n]) for n, field in enumerate(fields)
    ]
    relatives = float((candidates.count * relative).sum()) if prior.relatives else 0.0
    matches = float((candidates.count * match).sum())
    return Parameters(m, u, q, matches, relatives, now.population, iteration)


def beliefs(parameters: Parameters, patterns: PatternCounts) -> tuple[Table, Table]:
    """Return, for each pattern, the probabilities that such a pair is a match and that it is a relative."""
    match = log_odds(patterns.digits, parameters.weights(), parameters.prior_weight)
    relative = log_odds(patterns.digits, parameters.relative_weights(), parameters.relatives_weight)
    total = np.logaddexp2(np.logaddexp2(match, relative), 0.0)
    return np.exp2(match - total), np.exp2(relative - total)


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
