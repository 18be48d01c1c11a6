"""The generator's tables in memory, as named numpy arrays of equal length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Rows:
    """A small table: named numpy arrays of one length; strings are object arrays."""

    def __init__(self, **columns: Array):
        lengths = {len(column) for column in columns.values()}
        if len(lengths) > 1:
            raise ValueError(f"columns of unequal length: { {k: len(v) for k, v in columns.items()} }")
        self.columns = columns

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> Array:
        return self.columns[name]

    def take(self, index: Array) -> Rows:
        """Return the rows at `index` (positions, or a mask of booleans)."""
        return Rows(**{name: column[index] for name, column in self.columns.items()})

    def having(self, **columns: Array) -> Rows:
        """Return the table with these columns added or replaced."""
        return Rows(**{**self.columns, **columns})


def stack(tables: Sequence[Rows]) -> Rows:
    """Put tables with the same columns one under another."""
    return Rows(**{name: np.concatenate([table[name] for table in tables]) for name in tables[0].columns})


def text(values: Iterable[str]) -> Array:
    """Return an object array of strings."""
    items = list(values)
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def choose(rng: np.random.Generator, options: Sequence[Any], size: int, p: Sequence[float] | None = None) -> Array:
    """Draw `size` of the options, with weights `p` that need not sum to one."""
    weights = None if p is None else np.asarray(p, dtype=float) / np.sum(p)
    drawn = rng.choice(len(options), size=size, p=weights)
    if isinstance(options[0], str):
        return text(options[i] for i in drawn)
    return np.asarray(options)[drawn]


def chance(rng: np.random.Generator, size: int, share: float) -> Array:
    """Return a mask in which about `share` of the places are true."""
    return np.asarray(rng.random(size) < share)


def blank(values: Array, mask: Array) -> Array:
    """Return the strings with those under the mask emptied."""
    return np.where(mask, "", values).astype(object)


def ranks(keys: Array) -> Array:
    """Number equal keys 0, 1, 2, ... in the order in which they come; keys must be grouped."""
    if len(keys) == 0:
        return np.zeros(0, dtype=np.int64)
    starts = np.r_[True, keys[1:] != keys[:-1]]
    first = np.maximum.accumulate(np.where(starts, np.arange(len(keys)), 0))
    return np.asarray(np.arange(len(keys)) - first)


def totals(values: Array, owner: Array, size: int) -> Array:
    """Sum `values` by owner (0 ... size-1), rounded to cents."""
    return np.round(np.bincount(owner, weights=values, minlength=size), 2)
