"""Similarity of two sets of words, where rare words count more and words may be misspelt.

Similarity is Dice's coefficient over words weighted by information, -log2 of the share of records
that have the word, with soft matches as in soft TF-IDF (Cohen, Ravikumar and Fienberg 2003).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.comparing.similarity import OSA, similarity
from tieout.matching.prepare.columns import Codes, ColumnPairs, Floats, Values
from tieout.platform.text_bytes import read_texts

Bits = NDArray[np.uint64]

VOWELS = frozenset("aeiouy")
LIKELY = 0.3  # share of letter pairs in common from which two words are worth an edit distance


class Overlap(NamedTuple):
    """What two sets of words share, per pair, and the codes of the words without a partner (-1 elsewhere)."""

    similarity: Floats
    contained: Floats
    rarest: NDArray[np.float64]
    alone_left: Codes
    alone_right: Codes


def letter_pairs(words: pa.Array) -> Bits:
    """Return 64 bits per word that say which letter pairs occur in it, its ends too; 0 for words with digits."""
    starts, lengths, eights = read_texts(words)
    letters, filled = eights & np.uint64(0xFF), lengths > 0
    ends = (starts + lengths - 1)[filled]
    first, last = letters[starts[filled]], letters[ends]
    result = np.zeros(len(lengths), dtype=np.uint64)
    result[filled] = _bit(np.uint64(ord("^")), first) | _bit(last, np.uint64(ord("$")))
    longer = np.flatnonzero(lengths > 1)
    if len(longer):
        inside = _bit(letters[:-1], letters[1:])
        inside[ends] = 0  # the last letter of one word and the first of the next are no pair
        result[longer] |= np.bitwise_or.reduceat(inside, starts[longer])
    result[np.asarray(pc.match_substring_regex(words, r"\p{N}"))] = 0
    return np.append(result, np.uint64(0))


def _bit(left: NDArray[np.uint64] | np.uint64, right: NDArray[np.uint64] | np.uint64) -> Bits:
    return np.asarray(np.uint64(1) << (left * np.uint64(31) + right * np.uint64(7)) % np.uint64(64))


def overlap(pairs: ColumnPairs, words: Values, shares: NDArray[np.float64], soft: bool = True) -> Overlap:
    """Compare the words of each pair; `shares` is by code, the share of records that have the word."""
    weights = np.minimum(-np.log2(shares), 24.0).astype(np.float32) + np.float32(0.25)
    weights[-1] = 0.0
    state = _Matching(words.codes[pairs.left], words.codes[pairs.right], weights)
    state.match_equal()
    if soft:
        state.match_alike(words, pairs.column.get("letter_pairs", lambda: letter_pairs(words.dictionary)))
    return state.overlap()


class _Matching:
    """Words of both sides of each pair, and which are matched so far."""

    def __init__(self, left: Codes, right: Codes, weights: Floats) -> None:
        self.left = np.asfortranarray(left)
        self.right = np.asfortranarray(right)
        self.weights = weights
        self.free_left = self.left >= 0
        self.free_right = self.right >= 0
        self.total_left: Floats = weights[self.left].sum(axis=1)
        self.total_right: Floats = weights[self.right].sum(axis=1)
        self.matched = np.zeros(len(left), dtype=np.float32)
        self.heaviest = np.zeros(len(left), dtype=np.float32)

    def match_equal(self) -> None:
        """Take the words that both texts have, each once."""
        for a in range(self.left.shape[1]):
            for b in range(self.right.shape[1]):
                equal = self.left[:, a] == self.right[:, b]
                equal &= self.free_left[:, a] & self.free_right[:, b]
                if equal.any():
                    rows = np.flatnonzero(equal)
                    self._take(rows, a, b, self.weights[self.left[rows, a]])

    def match_alike(self, words: Values, bits: Bits) -> None:
        """Take the words that are spelt alike, the most alike first, each once."""
        rows, firsts, seconds = self._likely(bits)
        if not len(rows):
            return
        left, right = self.left[rows, firsts], self.right[rows, seconds]
        alike = soft_similarity(words, left, right)
        order = np.argsort(-alike, kind="stable")
        order = order[alike[order] > 0]
        for position in _first_of(rows[order], firsts[order], seconds[order]):
            chosen = order[position]
            row, a, b = rows[chosen], firsts[chosen], seconds[chosen]
            weight = np.minimum(self.weights[left[chosen]], self.weights[right[chosen]])
            # Several words of one pair may be alike, so its row may come more than once.
            np.add.at(self.matched, row, weight * alike[chosen])
            # A misspelt word looks rare; its rarity says nothing, so the commoner spelling's weight counts.
            np.subtract.at(self.total_left, row, self.weights[left[chosen]] - weight)
            np.subtract.at(self.total_right, row, self.weights[right[chosen]] - weight)
            np.maximum.at(self.heaviest, row, weight * alike[chosen])
            self.free_left[row, a] = False
            self.free_right[row, b] = False

    def _likely(self, bits: Bits) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        rows, firsts, seconds = [], [], []
        for a in range(self.left.shape[1]):
            open_left = np.flatnonzero(self.free_left[:, a])
            for b in range(self.right.shape[1]):
                open_rows = open_left[self.free_right[open_left, b]]
                one, other = bits[self.left[open_rows, a]], bits[self.right[open_rows, b]]
                common = np.bitwise_count(one & other).astype(np.float32)
                likely = open_rows[common >= LIKELY * np.maximum(np.bitwise_count(one | other), 1)]
                rows.append(likely)
                firsts.append(np.full(len(likely), a))
                seconds.append(np.full(len(likely), b))
        return np.concatenate(rows), np.concatenate(firsts), np.concatenate(seconds)

    def _take(self, rows: NDArray[np.int64], a: int, b: int, weight: Floats) -> None:
        self.matched[rows] += weight
        self.heaviest[rows] = np.maximum(self.heaviest[rows], weight)
        self.free_left[rows, a] = False
        self.free_right[rows, b] = False

    def overlap(self) -> Overlap:
        """Return what was taken, as shares of the words' weight."""
        total = np.maximum(self.total_left + self.total_right, 1e-6)
        smaller = np.maximum(np.minimum(self.total_left, self.total_right), 1e-6)
        rarest = np.exp2(-(np.maximum(self.heaviest, 0.25) - 0.25).astype(np.float64))
        return Overlap(
            np.minimum(2 * self.matched / total, 1.0),
            np.minimum(self.matched / smaller, 1.0),
            rarest,
            np.where(self.free_left, self.left, -1),
            np.where(self.free_right, self.right, -1),
        )


def _first_of(
    rows: NDArray[np.int64], firsts: NDArray[np.int64], seconds: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    # The best candidate of each left word, among these the best of each right word.
    _, kept = np.unique(rows * 64 + firsts, return_index=True)
    kept = np.sort(kept)
    _, final = np.unique(rows[kept] * 64 + seconds[kept], return_index=True)
    return [kept[final]]


def soft_similarity(words: Values, left: Codes, right: Codes) -> Floats:
    """Return how alike two different words are: 0 where they are not a spelling of one word.

    One edit is allowed in words of four letters or more, two from eight; a word cut short after
    four letters or more is alike, too.
    """
    alike = similarity(words, left, right, OSA.normalized_similarity)
    longer = np.maximum(words.lengths[left], words.lengths[right])
    shorter = np.minimum(words.lengths[left], words.lengths[right])
    edits = np.rint((1 - alike) * longer)
    close = (edits <= 1) & (longer >= 4) | (edits <= 2) & (longer >= 8)
    cut = (edits == longer - shorter) & (shorter >= 4)
    if cut.any():
        cut[cut] = _is_prefix(words, left[cut], right[cut])
    return np.where(close, alike, np.where(cut, np.float32(0.85), np.float32(0.0))).astype(np.float32)


def _is_prefix(words: Values, left: Codes, right: Codes) -> NDArray[np.bool_]:
    texts = words.texts
    both = zip(texts[left], texts[right], strict=True)
    return np.array([one.startswith(other) or other.startswith(one) for one, other in both], dtype=bool)


def word_for_word(words: Values, left: Codes, right: Codes) -> NDArray[np.bool_]:
    """Tell which pairs have another word on both sides, each in place of the other.

    `left` and `right` are the codes of the words that have no partner, pairs in rows, -1 for nothing. Words of
    which one may be a short or misspelt form of the other (`may_be_one`) are not counted.
    """
    rows, firsts, seconds = _each_with_each(left, right)
    ones, others = left[rows, firsts], right[rows, seconds]
    alike = _may_be_one(words, ones, others)
    partner_left, partner_right = left < 0, right < 0
    partner_left[rows[alike], firsts[alike]] = True
    partner_right[rows[alike], seconds[alike]] = True
    return np.asarray(~partner_left.all(axis=1) & ~partner_right.all(axis=1))


def _each_with_each(left: Codes, right: Codes) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return row, place on the left and place on the right of every two words of one row."""
    here, there = left >= 0, right >= 0
    return np.nonzero(here[:, :, None] & there[:, None, :])  # type: ignore[return-value]


def _may_be_one(words: Values, left: Codes, right: Codes) -> NDArray[np.bool_]:
    """Tell of pairs of words whether they may be one; two words are looked at once, however often they meet."""
    both, places = np.unique(left.astype(np.int64) << 32 | right, return_inverse=True)
    ones, others = words.texts[both >> 32], words.texts[both & 0xFFFFFFFF]
    found = [may_be_one(one, other) for one, other in zip(ones, others, strict=True)]
    return np.array(found, dtype=bool)[places]


def may_be_one(one: str, other: str) -> bool:
    """Tell whether one word may be a short or misspelt form of the other, such as `pkg` of `packaging`.

    More is forgiven than by `soft_similarity`: a cut after any letter, a skeleton of consonants, two edits from
    six letters, so `moeble` is `mobel`. Not forgiven is another first letter (`eastern`, `western`), a digit, or
    two letters more (`media`, `medical`).
    """
    shorter, longer = sorted((one, other), key=len)
    if shorter[:1] != longer[:1] or any(letter.isdigit() for letter in shorter + longer):
        return one == other
    if longer.startswith(shorter) or _is_skeleton(shorter, longer):
        return True
    edits = int(OSA.distance(one, other))
    return edits <= 1 and len(longer) >= 4 or edits <= 2 and len(shorter) + 1 >= len(longer) >= 6


def _is_skeleton(short: str, word: str) -> bool:
    """Tell whether `short` is, after the first letter, consonants of `word` in order."""
    if any(letter in VOWELS for letter in short[1:]):
        return False
    rest = iter(word[1:])
    return all(letter in rest for letter in short[1:])
