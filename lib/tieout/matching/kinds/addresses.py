"""Parts of addresses: street with house number, city, postcode, country, region."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.comparing.phonetic import phonetic_key
from tieout.matching.comparing.similarity import JaroWinkler, similarity
from tieout.matching.hashing import Hashes, mix
from tieout.matching.kinds.base import Kind
from tieout.matching.kinds.names import WordsKind, replace_words
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values
from tieout.matching.prepare.text import blank_to_null, letters_and_digits, squash, strings, words
from tieout.matching.prepare.vocabulary import CITY_WORDS, COUNTRIES, STREET_WORDS


class Street(WordsKind):
    """A street with its house number; the number is a part of its own."""

    width = 6
    parts = ("", "number")
    replacements = STREET_WORDS
    levels = (
        "exact", "edit >= 0.92 and number", "tokens >= 0.8 and number", "street", "edit >= 0.92", "tokens >= 0.6",
    )  # fmt: skip

    def prepare(self, values: Sequence[pa.Array]) -> dict[str, pa.Array]:
        """Return the street's words (part ""), abbreviations written out, and its house number (part `number`)."""
        whole = words(pc.coalesce(*[strings(value) for value in values]))
        numbers = pc.struct_field(pc.extract_regex(whole, r"\b(?P<n>[0-9]+ ?[a-z]?)\b"), "n")
        rest = pc.replace_substring_regex(whole, r"\b[0-9]+( ?[a-z])?\b", " ", max_replacements=1)
        rest = pc.replace_substring_regex(rest, r"([a-z]{3,})str\b", r"\1strasse")
        street = replace_words(squash(rest), self.replacements, self.dropped)
        return {"": street, "number": blank_to_null(pc.replace_substring(numbers, " ", ""))}

    def present(self, column: ColumnFeatures) -> NDArray[np.bool_]:
        """Tell which records have a street; a house number alone is none."""
        return column.values().codes >= 0

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes of street names (`exact`) and of streets with their numbers (`whole`)."""
        return super().counted(column) | {"whole": self._whole(column)}

    def _whole(self, column: ColumnFeatures) -> Hashes:
        return mix(column.values().record_hashes, column.values("number").record_hashes)

    def keys(self, word: str, column: ColumnFeatures) -> Hashes:
        """Return keys by the street with its number (`exact`), by either alone, or by the rarest words."""
        if word == "exact":
            return self._whole(column)
        if word == "street":
            return column.values().record_hashes
        if word == "number":
            return column.values("number").record_hashes
        return super().keys(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return equality of street and number, of either alone (`street`, `number`), or what words have in common."""
        if word == "exact":
            return pairs.equal(pairs.column.values()) & self._same_number(pairs)
        if word == "street":
            return pairs.equal(pairs.column.values())
        if word == "number":
            return self._same_number(pairs)
        return super().measure(word, pairs)

    def _same_number(self, pairs: ColumnPairs) -> NDArray[np.bool_]:
        left, right = pairs.codes(pairs.column.values("number"))
        return np.asarray(left == right)

    def rarity(self, pairs: ColumnPairs) -> NDArray[np.float64]:
        """Return the share of the whole address where it agrees, else of the rarest word in common."""
        whole = pairs.column.get("whole_hash", lambda: self._whole(pairs.column))
        left, right = whole[pairs.left], whole[pairs.right]
        same = (left == right) & (left != 0)
        share = pairs.column.frequencies.share(f"{pairs.column.name}.whole", left)
        return np.where(same, share, super().rarity(pairs))


class City(Kind):
    """A town or suburb."""

    levels = ("exact", "edit >= 0.9", "sounds")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the town's words in small letters, abbreviations such as `St` written out."""
        return replace_words(words(values), CITY_WORDS, frozenset())

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return phonetic keys of the words for `sounds`, else what every kind has."""
        if word == "sounds":
            return column.get("sounds", lambda: _sounds(column.values()))  # type: ignore[no-any-return]
        return super().key_values(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return Jaro-Winkler similarity for `edit`, equality of phonetic keys for `sounds`."""
        values = pairs.column.values()
        if word == "edit":
            return similarity(values, *pairs.codes(values), JaroWinkler.similarity)
        if word == "sounds":
            return pairs.equal(self.key_values("sounds", pairs.column))
        return super().measure(word, pairs)


def _sounds(values: Values) -> Values:
    """Return the sounds of each word, joined; a word's sound is asked for once."""
    lists = pc.split_pattern(values.dictionary, " ")
    flat = lists.flatten().dictionary_encode()
    sounds = pa.array([phonetic_key(word) for word in flat.dictionary.to_pylist()], pa.string()).take(flat.indices)
    joined = pc.binary_join(pa.ListArray.from_arrays(lists.offsets, sounds), " ")
    return values.replaced(blank_to_null(joined))


class Postcode(Kind):
    """A postcode; its area is what it starts with: all but the last two or three characters."""

    levels = ("exact", "edit >= 0.75", "area")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return letters and digits only; of a nine-digit ZIP code the first five."""
        # A nine-digit ZIP code's last four digits are often left out.
        short = pc.replace_substring_regex(values, r"^(\d{5})-\d{4}$", r"\1")
        return letters_and_digits(short)

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return the district for `area`, else what every kind has."""
        if word == "area":
            return column.get("area", lambda: _areas(column.values()))  # type: ignore[no-any-return]
        return super().key_values(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return equality of the districts for `area`, else what every kind has."""
        if word == "area":
            return pairs.equal(self.key_values("area", pairs.column))
        return super().measure(word, pairs)


def _areas(values: Values) -> Values:
    """Return the part of each postcode that stands for its district."""
    texts = values.dictionary
    length = pc.utf8_length(texts)
    ends_in_letter = pc.and_(pc.greater(length, 4), pc.utf8_is_alpha(pc.utf8_slice_codeunits(texts, -1)))
    cut = [pc.utf8_slice_codeunits(texts, 0, -count) for count in (1, 2, 3)]
    area = pc.if_else(ends_in_letter, cut[2], pc.if_else(pc.greater(length, 3), cut[1], cut[0]))
    return values.replaced(blank_to_null(area))


class Label(Kind):
    """A word from a short list: category, state, status."""

    levels = ("exact",)

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the words in small letters, without accents and punctuation."""
        return words(values)


class Country(Label):
    """A country by name or code; names become ISO 3166 two-letter codes where known."""

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return ISO 3166 two-letter codes, and the words themselves of a country that is not known."""
        encoded = words(values).dictionary_encode()
        codes = [COUNTRIES.get(name, name) for name in encoded.dictionary.to_pylist()]
        return pa.array(codes, pa.string()).take(encoded.indices)
