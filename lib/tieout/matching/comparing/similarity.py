"""Edit distances between two texts over arrays of pairs, computed once per pair of distinct texts."""

from __future__ import annotations

from typing import Any

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from tieout.matching.prepare.columns import Codes, Floats, Values

__all__ = ["OSA", "JaroWinkler", "similarity", "similarity_between"]


def similarity(values: Values, left: Codes, right: Codes, scorer: Any = OSA.normalized_similarity) -> Floats:
    """Return the scorer's similarity (0 to 1) of each pair of codes; 0 where either side has nothing."""
    result = np.zeros(len(left), dtype=np.float32)
    same = (left == right) & (left >= 0)
    result[same] = 1.0
    asked = np.flatnonzero(~same & (left >= 0) & (right >= 0))
    if len(asked):
        texts = values.texts
        queries, choices = texts[left[asked]].tolist(), texts[right[asked]].tolist()
        result[asked] = cpdist(queries, choices, scorer=scorer, dtype=np.float32, workers=1)
    return result


def similarity_between(one: Values, left: Codes, other: Values, right: Codes) -> Floats:
    """Return the Jaro-Winkler similarity (0 to 1) of codes of two columns, pair by pair."""
    if not len(left):
        return np.zeros(0, dtype=np.float32)
    queries, choices = one.texts[left].tolist(), other.texts[right].tolist()
    found = cpdist(queries, choices, scorer=JaroWinkler.similarity, dtype=np.float32, workers=1)
    return np.asarray(found, dtype=np.float32)
