"""What do patterns of agreement say about matches? Fellegi-Sunter parameters by EM, without labels.

The population is every pair of records that could match. Chance agreement (u) is learned from
random pairs, where matches hardly occur; agreement of matches (m) and their number by
expectation-maximisation over the candidate pairs' pattern counts (Fellegi and Sunter 1969;
Winkler 1988; on counts of patterns, Enamorado, Fifield and Imai 2019). Because all pairs outside
the candidates are taken as non-matches, what blocking selects does not bias u.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.config.matching import Training
from tieout.matching.compare import BANDS
from tieout.matching.patterns import DIFFERENT_DIGIT, FIRST_LEVEL, MISSING_DIGIT, PatternCounts, digit_count

Table = NDArray[np.float64]

PRIOR_PAIRS = 20.0
PRIOR_DIFFERENT = 0.1
TINY = 1e-12


@dataclass(frozen=True)
class Parameters:
    """What EM found: by comparison the probability of each outcome among matches and non-matches.

    `matches` is the expected number of matching pairs among the candidates, `population` the number
    of all pairs of records.
    """

    m: list[Table]
    u: list[Table]
    matches: float
    population: float
    iterations: int

    @property
    def prior_weight(self) -> float:
        """Return the log2 odds that a random pair matches."""
        return float(np.log2(max(self.matches, 1e-3) / self.population))

    def weights(self) -> list[Table]:
        """Return log2(m/u) by comparison and outcome; 0 for missing."""
        found = [np.log2((m + TINY) / (u + TINY)) for m, u in zip(self.m, self.u, strict=True)]
        for table in found:
            table[MISSING_DIGIT] = 0.0
        return found


def estimate(
    candidates: PatternCounts, random: PatternCounts, population: float, levels: list[int], training: Training
) -> Parameters:
    """Estimate the parameters from pattern counts.

    `candidates` are all candidate pairs (a sample's counts scaled up), `random` pairs drawn at random
    from the population, `levels` the number of levels of each comparison.
    """
    sizes = [digit_count(number) for number in levels]
    seen = [_count(candidates, number, size) for number, size in enumerate(sizes)]
    prior = [_prior_m(number, counts) for number, counts in zip(levels, seen, strict=True)]
    m, matches = prior, 0.1 * candidates.count.sum()
    u = [_chance(random, None, number, size) for number, size in enumerate(sizes)]
    before: Table | None = None
    for iteration in range(1, training.iterations + 1):
        now = Parameters(m, u, matches, population, iteration)
        belief = posterior(now, candidates)
        if before is not None and np.abs(belief - before).max() < training.convergence:
            break
        before = belief
        matches = float((candidates.count * belief).sum())
        m = [_agreement(candidates, belief, number, prior[number]) for number in range(len(sizes))]
        doubt = posterior(now, random)
        u = [_chance(random, doubt, number, size) for number, size in enumerate(sizes)]
    return now


def posterior(parameters: Parameters, patterns: PatternCounts) -> Table:
    """Return the probability that a pair with each pattern matches."""
    weight = np.full(len(patterns.count), parameters.prior_weight)
    for number, table in enumerate(parameters.weights()):
        weight += table[patterns.digits[:, number]]
    return probability(weight)


def probability(weight: Table) -> Table:
    """Return the probability behind log2 odds."""
    return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(weight, -200, 200))))


def _count(patterns: PatternCounts, number: int, size: int, weight: Table | None = None) -> Table:
    counts = patterns.count if weight is None else patterns.count * weight
    found = np.bincount(patterns.digits[:, number], weights=counts, minlength=size)
    found[MISSING_DIGIT] = 0.0
    return found


def _prior_m(levels: int, seen: Table) -> Table:
    """Return what is believed before data: matches agree, better levels are likelier, bands as seen."""
    prior = np.zeros(digit_count(levels))
    prior[DIFFERENT_DIGIT] = PRIOR_DIFFERENT
    shares = np.linspace(0.2, 1.0, levels) ** 2
    for level, share in enumerate(shares / shares.sum() * (1 - PRIOR_DIFFERENT)):
        bands = slice(FIRST_LEVEL + level * BANDS, FIRST_LEVEL + (level + 1) * BANDS)
        expected = seen[bands] + max(seen.sum(), 1.0) * 1e-3 / len(seen)
        prior[bands] = share * expected / expected.sum()
    return prior


def _agreement(candidates: PatternCounts, belief: Table, number: int, prior: Table) -> Table:
    found = _count(candidates, number, len(prior), belief) + PRIOR_PAIRS * prior
    return np.asarray(found / found.sum())


def _chance(random: PatternCounts, belief: Table | None, number: int, size: int) -> Table:
    found = _count(random, number, size, None if belief is None else 1.0 - belief)
    found[DIFFERENT_DIGIT:] += 0.1
    return np.asarray(found / found.sum())
