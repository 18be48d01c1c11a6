"""A 64-bit hash of a text, the same in every process and on every machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.platform.text_bytes import WORD, read_texts
from tieout.platform.text_bytes import Hashes as Hashes

_ODD = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xBF58476D1CE4E5B9)
_MURMUR, _SHIFT = np.uint64(0xC6A4A7935BD1E995), np.uint64(47)
# What is kept of the eight bytes read when so many of them belong to the text.
_KEPT = np.array([(1 << (8 * count)) - 1 for count in range(8)] + [2**64 - 1], dtype=np.uint64)


def hash_texts(values: pa.Array) -> Hashes:
    """Return one hash per text, 0 for null and for the empty text.

    MurmurHash64A (Appleby 2008), eight bytes of all texts at a time; the last bytes, too, are mixed in as a word.
    """
    starts, lengths, words = read_texts(values)
    hashes = lengths.astype(np.uint64) * _MURMUR
    rows, offset = np.flatnonzero(lengths), 0
    while len(rows):
        left = lengths[rows] - offset
        word = words[starts[rows] + offset] & _KEPT[np.minimum(left, WORD)]
        word *= _MURMUR
        word ^= word >> _SHIFT
        word *= _MURMUR
        hashes[rows] = (hashes[rows] ^ word) * _MURMUR
        rows, offset = rows[left > WORD], offset + WORD
    hashes ^= hashes >> _SHIFT
    hashes *= _MURMUR
    hashes ^= hashes >> _SHIFT
    hashes[(hashes == 0) & (lengths > 0)] = 1
    return hashes


def chosen_share(ids: NDArray[np.integer[Any]], share: float, seed: int) -> NDArray[np.bool_]:
    """Tell which ids are in a random share of all: the same in every run."""
    drawn = mix(ids.view(np.uint64), np.uint64(seed + 1)) >> np.uint64(11)
    return np.asarray(drawn < share * 2.0**53)


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
