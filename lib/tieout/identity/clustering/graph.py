"""Connected components of arrays of edges, in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def number_nodes(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Return the distinct ids, ascending, and both ends of each edge as positions among them."""
    codes, ids = pd.factorize(np.concatenate([left, right]), sort=True)
    return np.asarray(ids, dtype=np.int64), codes[: len(left)], codes[len(left) :]


def label_components(count: int, left: Ints, right: Ints) -> Ints:
    """Label the nodes 0..count-1: each gets the smallest node of its component."""
    ones = np.ones(len(left), dtype=np.int8)
    matrix: Any = coo_matrix((ones, (left, right)), shape=(count, count))
    _, labels = connected_components(matrix, directed=False)
    smallest = np.empty(count, dtype=np.int64)
    # Of repeated positions the last assignment holds, so writing backwards keeps the smallest node.
    smallest[labels[::-1]] = np.arange(count - 1, -1, -1)
    return np.asarray(smallest[labels], dtype=np.int64)


def sum_by_pair(left: Ints, right: Ints, *values: Floats) -> tuple[Ints, Ints, list[Floats]]:
    """Add up `values` over edges with the same ends; returns one edge per pair, ends ascending."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    if not len(low):
        return low, high, list(values)
    first = np.flatnonzero(np.r_[True, (low[1:] != low[:-1]) | (high[1:] != high[:-1])])
    sums = [np.add.reduceat(value[order], first) for value in values]
    return low[first], high[first], sums
