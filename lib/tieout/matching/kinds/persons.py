"""Parts of persons' names: given and family names, with nicknames, initials and swapped fields."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.matching.comparing.phonetic import phonetic_key
from tieout.matching.comparing.similarity import JaroWinkler, similarity, similarity_between
from tieout.matching.kinds.base import Kind
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values
from tieout.matching.prepare.text import words
from tieout.matching.prepare.vocabulary import NICKNAMES

ALIKE = 0.86  # similarity from which the second half of a swap is taken as a spelling of the same name


class FamilyName(Kind):
    """A family name."""

    levels: tuple[str, ...] = ("exact", "edit >= 0.93", "edit >= 0.86", "swapped", "sounds", "edit >= 0.75", "initial")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the words in small letters, without accents and punctuation."""
        return words(values)

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return phonetic keys for `sounds`, first letters for `initial`."""
        if word == "sounds":
            return column.get("sounds", lambda: column.values().map(_sounds))  # type: ignore[no-any-return]
        if word == "initial":
            return column.get("initial", lambda: column.values().map(lambda text: text[:1]))  # type: ignore[no-any-return]
        return super().key_values(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return `edit` (Jaro-Winkler), or whether names agree by `sounds`, `nickname`, `initial` or `swapped`."""
        values = pairs.column.values()
        if word == "edit":
            return similarity(values, *pairs.codes(values), JaroWinkler.similarity)
        if word == "sounds":
            return pairs.equal(self.key_values("sounds", pairs.column))
        if word == "nickname":
            return pairs.equal(pairs.column.get("root", lambda: values.map(_root)))
        if word == "initial":
            return self._initial(pairs)
        if word == "swapped":
            return self._swapped(pairs)
        return super().measure(word, pairs)

    def _initial(self, pairs: ColumnPairs) -> NDArray[np.bool_]:
        values = pairs.column.values()
        left, right = pairs.codes(values)
        lengths = np.minimum(values.lengths[left], values.lengths[right])
        return np.asarray(pairs.equal(self.key_values("initial", pairs.column)) & (lengths == 1))

    def _swapped(self, pairs: ColumnPairs) -> NDArray[np.bool_]:
        """Tell which pairs have this field and its partner swapped: one way exactly, the other way alike.

        One way is not enough: James Campbell and Isaac James share a word and no more.
        """
        found = np.zeros(len(pairs.left), dtype=bool)
        if not pairs.others:
            return found
        own, other = pairs.column.values(), pairs.others[0].values()
        for left, right in ((pairs.left, pairs.right), (pairs.right, pairs.left)):
            crossing = own.record_hashes[left] == other.record_hashes[right]
            crossing &= own.record_hashes[left] != 0
            rows = np.flatnonzero(crossing & ~found)
            back = own.codes[right[rows]], other.codes[left[rows]]
            unknown = (back[0] < 0) | (back[1] < 0)
            found[rows] = unknown | (similarity_between(own, back[0], other, back[1]) >= ALIKE)
        return found


class GivenName(FamilyName):
    """A given name."""

    identifies = True
    strict = True

    levels = (
        "exact",
        "nickname",
        "edit >= 0.93",
        "edit >= 0.86",
        "swapped",
        "sounds",
        "edit >= 0.75",
        "initial",
    )


def _sounds(text: str) -> str:
    return " ".join(phonetic_key(word) for word in text.split())


def _root(text: str) -> str:
    first = text.split()[0]
    return NICKNAMES.get(first, first)
