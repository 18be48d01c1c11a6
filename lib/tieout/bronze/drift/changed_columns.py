"""Columns that were renamed, or hold another kind of values than before, judged on two samples."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rapidfuzz.fuzz import ratio, token_sort_ratio

from tieout.bronze.drift.profile import FLAG, NUMBER, ColumnProfile, kind_of

# Fewer values than this say nothing about a column.
LEAST_VALUES = 3
# How sure a suggestion must be; a wrong one costs more than a missing one.
LEAST_SCORE = 0.6
# Values in common speak most; a handful of different ones, such as yes and no, are common by accident.
OVERLAP, SHAPE, NAME = 0.6, 0.2, 0.2
FEW_DISTINCT, FEW_WEIGHT = 5, 0.4
# Without values in common, as in an export of changes only, names must be alike.
ALIKE_NAME, BY_NAME, BY_SHAPE = 0.6, 0.6, 0.4


@dataclass(frozen=True)
class Renamed:
    """A suggestion: the column `after` is what was `before`; `score` is from 0 to 1."""

    before: str
    after: str
    score: float


@dataclass(frozen=True)
class Retyped:
    """A column whose values are of another kind than before, both in words."""

    column: str
    before: str
    after: str


def find_renamed(
    lost: Iterable[str], new: Iterable[str], before: Mapping[str, ColumnProfile], after: Mapping[str, ColumnProfile]
) -> list[Renamed]:
    """Pair lost with new columns, the surest pairs first, each column once; profiles are by name."""
    arrived = list(new)
    scored = [
        Renamed(old, young, round(similarity(old, young, before[old], after[young]), 2))
        for old in lost
        for young in arrived
        if old in before and young in after
    ]
    found: list[Renamed] = []
    for pair in sorted(scored, key=lambda pair: (-pair.score, pair.before, pair.after)):
        taken = any(pair.before == other.before or pair.after == other.after for other in found)
        if pair.score >= LEAST_SCORE and not taken:
            found.append(pair)
    return found


def similarity(old: str, new: str, before: ColumnProfile, after: ColumnProfile) -> float:
    """Return how likely two columns are one under two names, by shared values, shapes and names."""
    if min(len(before.values), len(after.values)) < LEAST_VALUES:
        return 0.0
    shapes, names = _cosine(before, after), name_likeness(old, new)
    fewest = min(len(before.distinct), len(after.distinct))
    shared = len(before.distinct & after.distinct) / fewest
    weight = 1.0 if fewest >= FEW_DISTINCT else FEW_WEIGHT
    by_content = OVERLAP * shared * weight + SHAPE * shapes + NAME * names
    by_name = BY_NAME * names + BY_SHAPE * shapes if names >= ALIKE_NAME else 0.0
    return max(by_content, by_name)


def name_likeness(old: str, new: str) -> float:
    """Return how alike two names are, 0 to 1, whatever their case, signs and order of words."""
    first, second = (" ".join(re.findall(r"[A-Z]?[a-z]+|[A-Z]+|\d+", name)).lower() for name in (old, new))
    return max(ratio(first, second), token_sort_ratio(first, second)) / 100


def _cosine(before: ColumnProfile, after: ColumnProfile) -> float:
    first, second = before.shapes(), after.shapes()
    product = sum(count * second[shape] for shape, count in first.items())
    lengths = math.sqrt(sum(n * n for n in first.values()) * sum(n * n for n in second.values()))
    return product / lengths if lengths else 0.0


def find_retyped(before: Mapping[str, ColumnProfile], after: Mapping[str, ColumnProfile]) -> list[Retyped]:
    """Return the columns of both samples whose kind of values changed, in the order of `after`."""
    found = []
    for name, profile in after.items():
        old = before.get(name)
        if old is None or min(len(old.values), len(profile.values)) < LEAST_VALUES:
            continue
        was, now = kind_of(old), kind_of(profile)
        if was is not None and now is not None and was != now and not _only_marks(was, now, old, profile):
            found.append(Retyped(name, was, now))
    return found


def _only_marks(was: str, now: str, before: ColumnProfile, after: ColumnProfile) -> bool:
    """Tell whether numbers only seem written otherwise, because one sample has no decimals at all."""
    if not (was.startswith(NUMBER) and now.startswith(NUMBER)):
        return {was, now} == {FLAG, NUMBER}
    return not all(any("," in value or "." in value for value in one.values) for one in (before, after))
