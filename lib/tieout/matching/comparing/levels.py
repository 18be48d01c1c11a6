"""The level of each comparison that a pair reaches, and how rare the value is that it agrees on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tieout.config.models.matching import LEVEL, Comparison, MatchingConfig
from tieout.matching.kinds import KINDS, Kind
from tieout.matching.prepare.batch import Batch
from tieout.matching.prepare.columns import ColumnPairs, Rows

MISSING, DIFFERENT = -1, 0
BANDS = 8
BITS_PER_BAND = 3.0


@dataclass(frozen=True)
class Condition:
    """One measure and its bound; a measure without a bound is a yes or no."""

    measure: str
    operator: str | None
    bound: float

    def holds(self, values: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell where the condition holds."""
        if self.operator == "<=":
            return values <= self.bound
        return values >= (self.bound if self.operator else 0.5)


@dataclass(frozen=True)
class Scheme:
    """The levels of one comparison, best first, as conditions that must all hold."""

    comparison: Comparison
    kind: Kind
    texts: tuple[str, ...]
    levels: tuple[tuple[Condition, ...], ...]

    @property
    def name(self) -> str:
        """Return the comparison's name."""
        return self.comparison.name

    @property
    def column(self) -> str:
        """Return the column that is compared."""
        return self.comparison.columns[0]

    def label(self, level: int) -> str:
        """Return the level in words: the condition, `different` or `missing`."""
        if level == MISSING:
            return "missing"
        return "different" if level == DIFFERENT else self.texts[len(self.texts) - level]


def parse_level(text: str) -> tuple[Condition, ...]:
    """Return the conditions of a level such as `tokens >= 0.8 and number`."""
    conditions = []
    for part in text.split(" and "):
        found = LEVEL.match(part)
        if found is None:
            raise ValueError(f"not a level: {text!r}")
        conditions.append(Condition(found["measure"], found["operator"], float(found["bound"] or 0)))
    return tuple(conditions)


def schemes(config: MatchingConfig) -> list[Scheme]:
    """Return each comparison's levels, the kind's own where the config has none."""
    result = []
    for comparison in config.comparisons:
        kind = KINDS[config.columns[comparison.columns[0]].kind]
        texts = tuple(comparison.levels or kind.levels)
        result.append(Scheme(comparison, kind, texts, tuple(parse_level(text) for text in texts)))
    return result


@dataclass(frozen=True)
class Levels:
    """Level and rarity band of each pair by comparison: pairs in rows, comparisons in columns.

    Level -1 is missing, 0 different, 1 the weakest agreement and so on. Band 0 is the commonest
    value, each band eight times rarer than the one before; 0 where nothing agrees.
    """

    level: NDArray[np.int8]
    band: NDArray[np.int8]


def compare(batch: Batch, plan: list[Scheme], left: Rows, right: Rows) -> Levels:
    """Compare pairs of rows of one batch by every comparison."""
    level = np.empty((len(left), len(plan)), dtype=np.int8)
    band = np.zeros((len(left), len(plan)), dtype=np.int8)
    for number, scheme in enumerate(plan):
        level[:, number], band[:, number] = _compare_one(batch, scheme, left, right)
    return Levels(level, band)


def _compare_one(batch: Batch, scheme: Scheme, left: Rows, right: Rows) -> tuple[NDArray[np.int8], NDArray[np.int8]]:
    first, *rest = (batch.columns[name] for name in scheme.comparison.columns)
    present = first.get("present", lambda: scheme.kind.present(first))
    level = np.full(len(left), MISSING, dtype=np.int8)
    band = np.zeros(len(left), dtype=np.int8)
    known = np.flatnonzero(present[left] & present[right])
    pairs = ColumnPairs(first, left[known], right[known], tuple(rest))
    reached = _levels(scheme, pairs)
    level[known] = reached
    if scheme.comparison.rarity:
        agreed = np.flatnonzero(reached > 0)
        share = scheme.kind.rarity(pairs.some(agreed))
        band[known[agreed]] = np.clip(-np.log2(share) / BITS_PER_BAND, 0, BANDS - 1).astype(np.int8)
    return level, band


def _levels(scheme: Scheme, pairs: ColumnPairs) -> NDArray[np.int8]:
    reached = np.zeros(len(pairs.left), dtype=np.int8)
    undecided = np.arange(len(pairs.left))
    measured: dict[str, NDArray[np.float32]] = {}
    for number, conditions in enumerate(scheme.levels):
        holding = undecided
        for condition in conditions:
            values = _measured(scheme.kind, condition.measure, pairs, holding, measured)
            holding = holding[condition.holds(values[holding])]
        reached[holding] = len(scheme.levels) - number
        undecided = undecided[reached[undecided] == 0]
        if not len(undecided):
            break
    return reached


def _measured(
    kind: Kind, measure: str, pairs: ColumnPairs, wanted: Rows, measured: dict[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    """Return a measure by pair, NaN where no level has asked for it; a pair is measured once."""
    values = measured.setdefault(measure, np.full(len(pairs.left), np.nan, dtype=np.float32))
    fresh = wanted[np.isnan(values[wanted])]
    if len(fresh):
        values[fresh] = kind.measure(measure, pairs.some(fresh))
    return values
