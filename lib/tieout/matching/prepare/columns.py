"""One column over a batch of records: dictionary-encoded values and tokens, made on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.hashing import Hashes, hash_texts
from tieout.matching.prepare.frequency_sketch import Frequencies

Codes = NDArray[np.int32]
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Values:
    """Texts by code: `codes` has one row per record, one column or several; -1 is nothing."""

    codes: Codes
    dictionary: pa.Array

    @cached_property
    def texts(self) -> NDArray[np.object_]:
        """Return the text of each code; the last element, for code -1, is the empty text."""
        found = np.asarray(self.dictionary.to_numpy(zero_copy_only=False), dtype=object)
        return np.append(found, "")

    @cached_property
    def hashes(self) -> Hashes:
        """Return the hash of each code's text; 0 for code -1."""
        return np.append(hash_texts(self.dictionary), np.uint64(0))

    @cached_property
    def lengths(self) -> Floats:
        """Return the number of letters of each code's text; 0 for code -1."""
        return np.append(pc.utf8_length(self.dictionary).to_numpy().astype(np.float32), np.float32(0))

    @property
    def record_hashes(self) -> Hashes:
        """Return hashes in the shape of `codes`."""
        return self.hashes[self.codes]

    def map(self, function: Callable[[str], str]) -> Values:
        """Return the values after `function`, called once per distinct text."""
        return self.replaced(pa.array([function(text) or None for text in self.texts[:-1]], pa.string()))

    def replaced(self, texts: pa.Array) -> Values:
        """Return the values with other texts, one for each of the dictionary; null is nothing."""
        encoded = texts.dictionary_encode()
        codes = np.append(_codes(encoded), np.int32(-1))
        return Values(codes[self.codes], encoded.dictionary)

    def numbers(self, function: Callable[[NDArray[np.object_]], NDArray[np.float64]]) -> NDArray[np.float64]:
        """Return a number per record, computed once per distinct text; NaN for nothing."""
        computed = np.append(function(self.texts[:-1]), np.nan)
        return np.asarray(computed[self.codes], dtype=np.float64)


def _codes(encoded: pa.DictionaryArray) -> Codes:
    return np.asarray(pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False), dtype=np.int32)


def encode(values: pa.Array) -> Values:
    """Dictionary-encode one text per record."""
    encoded = values.dictionary_encode()
    return Values(_codes(encoded), encoded.dictionary)


def encode_tokens(values: pa.Array, width: int) -> Values:
    """Dictionary-encode the words of each text, in order, at most `width` per record."""
    lists = pc.split_pattern(values, " ")
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
    flat = lists.flatten().dictionary_encode()
    rows = np.repeat(np.arange(len(lengths)), lengths)
    starts = np.cumsum(lengths) - lengths
    positions = np.arange(len(rows)) - np.repeat(starts, lengths)
    kept = positions < width
    most = int(min(width, lengths.max(initial=1)))
    codes = np.full((len(lengths), max(most, 1)), -1, dtype=np.int32, order="F")
    codes[rows[kept], positions[kept]] = _codes(flat)[kept]
    return Values(codes, flat.dictionary)


@dataclass(frozen=True)
class ColumnFeatures:
    """One column of a batch of records: its prepared texts, and what has been derived from them."""

    name: str
    texts: Mapping[str, pa.Array]
    frequencies: Frequencies
    derived: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str, make: Callable[[], Any]) -> Any:
        """Return a derived feature, making it on first use."""
        if name not in self.derived:
            self.derived[name] = make()
        return self.derived[name]

    def values(self, part: str = "") -> Values:
        """Return one part of the column, one text per record."""
        return self.get(f"values:{part}", lambda: encode(self.texts[part]))  # type: ignore[no-any-return]

    def tokens(self, part: str = "", width: int = 8) -> Values:
        """Return the words of one part of the column, at most `width` per record."""
        return self.get(f"tokens:{part}", lambda: encode_tokens(self.texts[part], width))  # type: ignore[no-any-return]

    def shares(self, counted: str, values: Values) -> NDArray[np.float64]:
        """Return the share of all records that has each code's text; the last, for nothing, is 1."""
        make = lambda: self.frequencies.share(f"{self.name}.{counted}", values.hashes)  # noqa: E731
        return self.get(f"shares:{counted}", make)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class ColumnPairs:
    """One column seen from pairs of records: rows `left` and `right` of the same batch."""

    column: ColumnFeatures
    left: Rows
    right: Rows
    others: tuple[ColumnFeatures, ...] = ()
    results: dict[str, Any] = field(default_factory=dict)

    def codes(self, values: Values) -> tuple[Codes, Codes]:
        """Return both sides' codes of single values."""
        return values.codes[self.left], values.codes[self.right]

    def equal(self, values: Values) -> NDArray[np.bool_]:
        """Tell which pairs have the same value, and have one."""
        left, right = self.codes(values)
        return np.asarray((left == right) & (left >= 0))

    def some(self, chosen: NDArray[Any]) -> ColumnPairs:
        """Return the view of some of the pairs."""
        return ColumnPairs(self.column, self.left[chosen], self.right[chosen], self.others)
