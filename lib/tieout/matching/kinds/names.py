"""Names of many words: companies, persons written in one field, and long text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.comparing.phonetic import phonetic_key
from tieout.matching.comparing.similarity import similarity
from tieout.matching.hashing import Hashes
from tieout.matching.kinds.base import Kind
from tieout.matching.kinds.tokens import Overlap, overlap, word_for_word
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values, encode
from tieout.matching.prepare.text import blank_to_null, plain, strings, words
from tieout.matching.prepare.vocabulary import COMPANY_WORDS, LEGAL_FORMS, NICKNAMES, STOP_WORDS, TITLES

CODES = 4


def replace_words(values: pa.Array, change: dict[str, str], drop: frozenset[str]) -> pa.Array:
    """Return texts with words replaced and dropped; a text of dropped words only stays whole."""
    lists = pc.split_pattern(values, " ")
    flat = lists.flatten().dictionary_encode()
    before = flat.dictionary.to_pylist()
    after = pa.array([None if word in drop else change.get(word, word) for word in before], pa.string())
    new = after.take(flat.indices)
    lengths = np.asarray(pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False))
    kept = np.asarray(new.is_valid().to_numpy(zero_copy_only=False))
    rows = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(rows[kept], minlength=len(lengths))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), new.filter(pa.array(kept))), " ")
    return pc.if_else(pc.equal(joined, ""), values, joined)


class WordsKind(Kind):
    """Several words whose rarity counts."""

    width = 8
    replacements: dict[str, str] = {}
    dropped: frozenset[str] = frozenset()
    soft = True
    rare = 2  # how many of the rarest words are blocking keys
    levels: tuple[str, ...] = ("exact", "tokens >= 0.95", "tokens >= 0.8", "tokens >= 0.6", "tokens >= 0.35")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the words in small letters, some replaced by their usual form and some dropped."""
        return replace_words(words(values), self.replacements, self.dropped)

    def words(self, column: ColumnFeatures) -> Values:
        """Return the words of each record."""
        return column.tokens("", self.width)

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes of whole names (`exact`) and of their words (`word`)."""
        exact = column.values().record_hashes
        return {"exact": exact, "word": self.words(column).record_hashes}

    def key_width(self, word: str, sources: int) -> int:
        """Return how many of the rarest words are keys for `rare`, else one."""
        return self.rare if word == "rare" else 1

    def keys(self, word: str, column: ColumnFeatures) -> Hashes:
        """Return the rarest word, the `rare` rarest ones, or the phonetic key of the rarest (`sounds`)."""
        if word in {"rarest", "rare"}:
            return self._rarest(column, 1 if word == "rarest" else self.rare)
        if word == "sounds":
            return self._sound_of_rarest(column)
        return super().keys(word, column)

    def _order(self, column: ColumnFeatures, most: int) -> tuple[Values, NDArray[np.int64]]:
        tokens = self.words(column)
        shares = column.shares("word", tokens)[tokens.codes]
        return tokens, np.argsort(shares, axis=1, kind="stable")[:, :most]

    def _rarest(self, column: ColumnFeatures, most: int) -> Hashes:
        tokens, order = self._order(column, most)
        return tokens.hashes[np.take_along_axis(tokens.codes, order, axis=1)]

    def _sound_of_rarest(self, column: ColumnFeatures) -> Hashes:
        tokens, order = self._order(column, 1)
        sounds = tokens.map(phonetic_key)
        return sounds.hashes[np.take_along_axis(sounds.codes, order, axis=1)]

    def overlap(self, pairs: ColumnPairs) -> Overlap:
        """Return the words in common of each pair, computed once."""
        if "overlap" not in pairs.results:
            tokens = self.words(pairs.column)
            shares = pairs.column.shares("word", tokens)
            pairs.results["overlap"] = overlap(pairs, tokens, shares, self.soft)
        return pairs.results["overlap"]  # type: ignore[no-any-return]

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return what words have in common, weighed by rarity (`tokens`, `contained`, `same_words`), or `edit`."""
        if word == "tokens":
            return self.overlap(pairs).similarity
        if word == "contained":
            return self.overlap(pairs).contained
        if word == "same_words":
            return self._same_words(pairs)
        if word == "initials":
            return self._initials(pairs)
        if word == "edit":
            whole = self._spaceless(pairs.column)
            return similarity(whole, *pairs.codes(whole))
        return super().measure(word, pairs)

    def _same_words(self, pairs: ColumnPairs) -> NDArray[np.bool_]:
        found = self.overlap(pairs)
        return ~word_for_word(self.words(pairs.column), found.alone_left, found.alone_right)

    def _spaceless(self, column: ColumnFeatures) -> Values:
        # Without spaces, so that a space in the wrong place is no difference.
        make = lambda: encode(pc.replace_substring(column.texts[""], " ", ""))  # noqa: E731
        return column.get("spaceless", make)  # type: ignore[no-any-return]

    def _initials(self, pairs: ColumnPairs) -> NDArray[np.bool_]:
        column = pairs.column
        values = column.values()
        whole = self._spaceless(column)
        short = column.get("short", lambda: values.map(_initials))
        whole_left, whole_right = (
            whole.hashes[whole.codes[pairs.left]],
            whole.hashes[whole.codes[pairs.right]],
        )
        short_left, short_right = (
            short.hashes[short.codes[pairs.left]],
            short.hashes[short.codes[pairs.right]],
        )
        one = (short_left == whole_right) & (short_left != 0)
        other = (short_right == whole_left) & (short_right != 0)
        return np.asarray(one | other)

    def rarity(self, pairs: ColumnPairs) -> NDArray[np.float64]:
        """Return the share of the whole name where it agrees, else of the rarest word in common."""
        exact = super().rarity(pairs)
        same = pairs.equal(pairs.column.values())
        return np.where(same, exact, self.overlap(pairs).rarest)


def _initials(text: str) -> str:
    parts = text.split()
    return "".join(part[0] for part in parts) if len(parts) > 2 else ""


class CompanyName(WordsKind):
    """A company's name: legal forms and articles are set aside, usual abbreviations written out.

    The names of sister companies have a word of their own in place of the other's, as `Stiffel Group` and
    `Stiffel Möbel`: `same_words` tells them from names that are cut, longer, shortened or misspelt, and they
    agree in part at most, however long what they share is.
    """

    levels = (
        "exact",
        "tokens >= 0.95 and same_words",
        "edit >= 0.92 and same_words",
        "tokens >= 0.8 and same_words",
        "edit >= 0.84 and same_words",
        "contained >= 0.9 and same_words",
        "tokens >= 0.6 and same_words",
        "tokens >= 0.35 and same_words",
        "tokens >= 0.6",
        "tokens >= 0.35",
    )

    identifies = True
    replacements = COMPANY_WORDS
    dropped = LEGAL_FORMS | STOP_WORDS


class PersonName(WordsKind):
    """A person's whole name in one field."""

    identifies = True
    width = 6
    dropped = TITLES | STOP_WORDS


class Text(WordsKind):
    """Long text: titles, descriptions. Words with digits are codes, such as model numbers."""

    identifies = True
    width = 40
    dropped = STOP_WORDS
    soft = False
    rare = 4
    parts = ("", "codes")
    levels = ("exact", "tokens >= 0.9", "tokens >= 0.7", "tokens >= 0.5", "tokens >= 0.3")

    def prepare(self, values: Sequence[pa.Array]) -> dict[str, pa.Array]:
        """Return the words (part "") and the words that look like codes (part `codes`)."""
        whole = pc.coalesce(*[strings(value) for value in values])
        return {"": self.normalise(whole), "codes": code_words(whole)}

    def codes(self, column: ColumnFeatures) -> Values:
        """Return the codes that each text mentions."""
        return column.tokens("codes", CODES)

    def counted(self, column: ColumnFeatures) -> dict[str, Hashes]:
        """Return the hashes of texts, words and codes."""
        return super().counted(column) | {"code": self.codes(column).record_hashes}

    def key_width(self, word: str, sources: int) -> int:
        """Return how many codes are keys for `codes`, else what words have."""
        return CODES if word == "codes" else super().key_width(word, sources)

    def keys(self, word: str, column: ColumnFeatures) -> Hashes:
        """Return a key for each code for `codes`, else those of words."""
        if word == "codes":
            return self.codes(column).record_hashes
        return super().keys(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return whether a code is shared for `codes`, else what words have in common."""
        if word == "codes":
            return _shared(self.codes(pairs.column), pairs)
        return super().measure(word, pairs)


def _shared(values: Values, pairs: ColumnPairs) -> NDArray[np.bool_]:
    left, right = pairs.codes(values)
    found = np.zeros(len(left), dtype=bool)
    for a in range(left.shape[1]):
        for b in range(right.shape[1]):
            found |= (left[:, a] == right[:, b]) & (left[:, a] >= 0)
    return found


def code_words(values: pa.Array) -> pa.Array:
    """Return the words that look like codes: letters with digits, or four digits and more."""
    spaced = pc.replace_substring_regex(plain(values), r"[^\p{L}\p{N}\s]+", "")
    flat_lists = pc.utf8_split_whitespace(spaced)
    flat = flat_lists.flatten()
    mixed = pc.match_substring_regex(flat, r"^(?:[a-z]+[0-9]|[0-9]+[a-z]+[0-9a-z]*[0-9]|[0-9]{4,}$)")
    kept = pc.and_(mixed, pc.greater(pc.utf8_length(flat), 3))
    lengths = np.asarray(pc.fill_null(pc.list_value_length(flat_lists), 0).to_numpy(zero_copy_only=False))
    rows = np.repeat(np.arange(len(lengths)), lengths)
    counts = np.bincount(rows[np.asarray(kept.to_numpy(zero_copy_only=False))], minlength=len(lengths))
    offsets = pa.array(np.concatenate([[0], np.cumsum(counts)]).astype(np.int32))
    return blank_to_null(pc.binary_join(pa.ListArray.from_arrays(offsets, flat.filter(kept)), " "))


def root_of(name: str) -> str:
    """Return the full form of a nickname, or the name itself."""
    return NICKNAMES.get(name, name)
