"""Constraints: records that may never share a cluster, whatever their names say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from tieout.identity.clustering.graph import Flags, Ints
from tieout.identity.clustering.settings import ClusterSettings, Constraint

NOBODY = -1


class OneRecord:
    """A source known to be free of duplicates gives a cluster at most one record."""

    def __init__(self, source: str, sources: pd.Series, labels: Ints) -> None:
        self.name = f"one record per {source}"
        self._present = np.zeros(len(labels), dtype=bool)
        self._present[labels[(sources == source).to_numpy()]] = True

    def conflict(self, left: Ints, right: Ints) -> Flags:
        """Tell for each pair of clusters whether both hold a record of the source."""
        return self._present[left] & self._present[right]

    def merge(self, kept: Ints, gone: Ints) -> None:
        """Take over what the clusters `gone` held into the clusters `kept`."""
        self._present[kept] |= self._present[gone]


class Differs:
    """Two clusters whose values differ by more than typing errors, within one other value."""

    def __init__(self, constraint: Constraint, attributes: pd.DataFrame, labels: Ints) -> None:
        self.name = constraint.name
        self._typing_errors = constraint.typing_errors
        self._codes, self._values = _codes(attributes[constraint.different])
        known = self._codes >= 0
        self._within = np.zeros(len(labels), dtype=np.int64)
        if constraint.within is not None:
            self._within, _ = _codes(attributes[constraint.within])
            known &= self._within >= 0
        # A cluster is represented by its first record that has the values.
        self._speaker = np.full(len(labels), NOBODY, dtype=np.int64)
        speakers = np.flatnonzero(known)[::-1]
        self._speaker[labels[speakers]] = speakers

    def conflict(self, left: Ints, right: Ints) -> Flags:
        """Tell for each pair of clusters whether their values differ too much to be one thing."""
        one, other = self._speaker[left], self._speaker[right]
        both = (one != NOBODY) & (other != NOBODY)
        comparable = both & (self._within[one] == self._within[other])
        differing = comparable & (self._codes[one] != self._codes[other])
        if self._typing_errors > 0 and differing.any():
            differing[differing] = self._far(self._codes[one[differing]], self._codes[other[differing]])
        return np.asarray(differing, dtype=np.bool_)

    def merge(self, kept: Ints, gone: Ints) -> None:
        """Take over what the clusters `gone` held into the clusters `kept`."""
        heirs = self._speaker[kept] == NOBODY
        self._speaker[kept[heirs]] = self._speaker[gone[heirs]]

    def _far(self, one: Ints, other: Ints) -> Flags:
        limit = self._typing_errors
        distance = cpdist(self._values[one], self._values[other], scorer=OSA.distance, score_cutoff=limit)
        return np.asarray(distance > limit, dtype=np.bool_)


class Guard:
    """All constraints together, over clusters named by the position of their first record."""

    def __init__(self, attributes: pd.DataFrame, settings: ClusterSettings, labels: Ints) -> None:
        self._rules: list[OneRecord | Differs] = []
        if settings.one_to_one:
            sources = attributes["source"]
            self._rules += [OneRecord(source, sources, labels) for source in settings.one_to_one]
        self._rules += [Differs(constraint, attributes, labels) for constraint in settings.constraints]

    def forbidden(self, left: Ints, right: Ints) -> Flags:
        """Tell for each pair of clusters whether any constraint keeps them apart."""
        found = np.zeros(len(left), dtype=np.bool_)
        for rule in self._rules:
            found |= rule.conflict(left, right)
        return found

    def reasons(self, left: Ints, right: Ints) -> npt.NDArray[np.object_]:
        """Return for each pair of clusters the name of the first constraint it breaks, or None."""
        found = np.full(len(left), None, dtype=object)
        for rule in reversed(self._rules):
            found[rule.conflict(left, right)] = rule.name
        return found

    def merge(self, kept: Ints, gone: Ints) -> None:
        """Record that the clusters `gone` are now part of the clusters `kept`."""
        for rule in self._rules:
            rule.merge(kept, gone)


def _codes(values: pd.Series) -> tuple[Ints, npt.NDArray[np.object_]]:
    codes, names = pd.factorize(values.astype("object"))
    return np.asarray(codes, dtype=np.int64), np.asarray(names, dtype=object)
