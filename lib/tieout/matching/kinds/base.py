"""The protocol of a kind of column: prepare texts, give blocking keys, measure pairs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.comparing.similarity import similarity
from tieout.matching.hashing import Hashes
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values
from tieout.matching.prepare.text import strings


class Kind(ABC):
    """A kind of column whose value is one plain text; other kinds override what differs.

    `prepare` turns raw values into parts (texts by suffix; the main part is ""), which is all that
    travels through Spark. `counted` gives the hashes whose frequency matters, `keys` blocking keys
    by word, `measure` a similarity or a distance per pair by word, `rarity` how common the agreed
    value is.
    """

    parts: tuple[str, ...] = ("",)
    # Whether relatives (sister companies, a family) differ in it, and then agree by chance only.
    identifies = False
    strict = False
    levels: tuple[str, ...] = ("exact", "edit >= 0.8")

    def prepare(self, values: Sequence[pa.Array]) -> dict[str, pa.Array]:
        """Return the prepared parts of raw values; the first non-null source counts."""
        return {"": self.normalise(pc.coalesce(*[strings(value) for value in values]))}

    @abstractmethod
    def normalise(self, values: pa.Array) -> pa.Array:
        """Return comparable texts; null stays null."""

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes to count, by name."""
        return {"exact": column.values().record_hashes}

    def present(self, column: ColumnFeatures) -> NDArray[np.bool_]:
        """Tell which records have a value."""
        return column.values().codes >= 0

    def keys(self, word: str, column: ColumnFeatures) -> Hashes:
        """Return blocking keys: one column, or several where a record has several keys; 0 is none."""
        values = self.key_values(word, column)
        return values.record_hashes

    def key_width(self, word: str, sources: int) -> int:
        """Return the largest number of keys a record has for `word`; `sources` columns feed it."""
        return 1

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return the texts that are the blocking keys for `word`."""
        if word == "exact":
            return column.values()
        if word == "prefix":
            return column.get("prefix", lambda: column.values().map(lambda text: text.replace(" ", "")[:5]))  # type: ignore[no-any-return]
        raise KeyError(word)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return the measure `word` of each pair."""
        if word == "exact":
            return pairs.equal(pairs.column.values())
        if word == "edit":
            values = pairs.column.values()
            return similarity(values, *pairs.codes(values))
        raise KeyError(word)

    def rarity(self, pairs: ColumnPairs) -> NDArray[np.float64]:
        """Return the share of records that has the agreed value; the commoner of the two values."""
        values = pairs.column.values()
        shares = pairs.column.shares("exact", values)
        left, right = pairs.codes(values)
        return np.asarray(np.maximum(shares[left], shares[right]))
