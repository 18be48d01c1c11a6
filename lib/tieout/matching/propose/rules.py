"""Blocking rules worth proposing, by the pairs that each would make, estimated from a sample."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tieout.config.models.matching import BlockingRule
from tieout.matching.blocking.keys import combine
from tieout.matching.hashing import Hashes
from tieout.matching.prepare.batch import Batch

MOST_RULES = 48

# Keys of each kind that are worth trying, from coarse to fine.
KEYS: dict[str, tuple[str, ...]] = {
    "company_name": ("rare", "sounds", "rarest", "exact"),
    "person_name": ("rare", "sounds", "rarest", "exact"),
    "text": ("rare", "codes", "rarest", "exact"),
    "given_name": ("initial", "sounds", "exact"),
    "family_name": ("initial", "sounds", "exact"),
    "street": ("number", "rarest", "street", "exact"),
    "city": ("sounds", "exact"),
    "region": ("exact",),
    "category": ("exact",),
    "country": (),
    "postcode": ("area", "exact"),
    "phone": ("exact",),
    "email": ("domain", "local", "exact"),
    "domain": ("label", "exact"),
    "identifier": ("ending", "digits", "exact"),
    "date": ("month", "year", "month_day", "year_month", "exact"),
    "number": ("exact",),
}


def propose_rules(
    batch: Batch, sources: NDArray[np.int64], within: bool, records: int, most: float
) -> list[BlockingRule]:
    """Return rules of one, two or three columns, each as coarse as `most` pairs per record allow.

    `batch` is a sample of the `records`. Rules that a coarser proposed rule includes are left out.
    """
    chosen: list[tuple[float, tuple[str, ...]]] = []
    columns = [name for name, column in batch.config.columns.items() if KEYS[column.kind]]
    for size in (1, 2, 3):
        if size == 3 and len(chosen) >= MOST_RULES // 2:
            break
        for names in combinations(columns, size):
            chosen.extend(_coarsest(batch, sources, within, records, most, names, [words for _, words in chosen]))
    chosen.sort(key=lambda rule: (len(rule[1]), -rule[0]))
    return [BlockingRule(keys=list(words)) for _, words in chosen[:MOST_RULES]]


def _coarsest(
    batch: Batch,
    sources: NDArray[np.int64],
    within: bool,
    records: int,
    most: float,
    names: tuple[str, ...],
    chosen: list[tuple[str, ...]],
) -> Iterator[tuple[float, tuple[str, ...]]]:
    """Yield the coarsest combinations of keys of these columns that stay within the limit."""
    possible: list[tuple[float, tuple[str, ...]]] = []
    for words in _combinations(batch, names):
        keys = combine(batch, list(words))
        filled = (keys != 0).any(axis=1).mean()
        pairs = pairs_per_record(keys, sources, within, records)
        if filled > 0.01 and pairs <= most:
            possible.append((pairs, words))
    known = list(chosen)
    for pairs, words in sorted(possible, reverse=True):
        if not any(_includes(coarse, words) for coarse in known):
            known.append(words)
            yield pairs, words


def _combinations(batch: Batch, names: tuple[str, ...]) -> list[tuple[str, ...]]:
    result: list[tuple[str, ...]] = [()]
    for name in names:
        kind = batch.config.columns[name].kind
        result = [(*words, f"{name}.{word}") for words in result for word in KEYS[kind]]
    return result


# Keys of one kind that a coarser key of it includes: whoever shares the finer shares the coarser.
_FINER: dict[str, tuple[str, ...]] = {
    "initial": ("sounds", "exact"), "sounds": ("exact",), "rare": ("rarest", "exact"), "rarest": ("street", "exact"),
    "street": ("exact",), "number": ("exact",), "area": ("exact",), "domain": ("exact",), "local": ("exact",),
    "label": ("exact",), "digits": ("exact",), "ending": ("exact",), "year": ("year_month", "exact"),
    "month": ("year_month", "month_day", "exact"), "month_day": ("exact",), "year_month": ("exact",),
}  # fmt: skip


def _includes(coarse: tuple[str, ...], fine: tuple[str, ...]) -> bool:
    """Tell whether every pair that shares `fine` shares `coarse` too."""
    return all(any(_coarser(key, other) for other in fine) for key in coarse)


def _coarser(key: str, other: str) -> bool:
    column, _, word = key.partition(".")
    name, _, finer = other.partition(".")
    return column == name and (word == finer or finer in _FINER.get(word, ()))


def pairs_per_record(keys: Hashes, sources: NDArray[np.int64], within: bool, records: int) -> float:
    """Estimate, from a sample, how many pairs per record these keys make among all `records`."""
    row, slot = np.nonzero(keys)
    found = keys[row, slot]
    total = _pairs(found)
    if not within:
        total -= sum(_pairs(found[sources[row] == source]) for source in np.unique(sources))
    sampled = len(keys)
    return total * (records / max(sampled, 1)) ** 2 / records


def _pairs(keys: Hashes) -> float:
    counts = np.unique(keys, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())
