"""Which 64-bit number stands for a text, the same in every process and on every machine?"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)


def hash_texts(values: pa.Array) -> Hashes:
    """Return one hash per text, 0 for null and for the empty text."""
    objects = np.asarray(values.to_numpy(zero_copy_only=False), dtype=object)
    present = np.array([bool(value) for value in objects], dtype=bool)
    result = np.zeros(len(objects), dtype=np.uint64)
    if present.any():
        hashed = pd.util.hash_array(objects[present], categorize=False)
        result[present] = np.where(hashed == 0, np.uint64(1), hashed)
    return result


def mix(first: Hashes, second: Hashes | np.uint64) -> Hashes:
    """Return the hash of an ordered pair of hashes; 0 (nothing) when either is 0.

    The finalising step is that of splitmix64 (Steele, Lea and Flood 2014).
    """
    other = np.asarray(second, dtype=np.uint64)
    with np.errstate(over="ignore"):
        joined = (first + _ODD) * _MIX ^ other
        joined = (joined ^ (joined >> np.uint64(31))) * _MIX
        joined = joined ^ (joined >> np.uint64(29))
    return np.where((first == 0) | (other == 0), np.uint64(0), joined)
