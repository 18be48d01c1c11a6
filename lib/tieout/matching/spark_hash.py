"""Which number does Spark's `xxhash64` give a text? The same one here, so that both name a record alike."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.matching.hashing import WORD, Hashes, read_texts

# XXH64 (Collet 2012, https://xxhash.com): its five primes, and the seed with which Spark starts a row.
P1, P2, P3, P4, P5 = map(np.uint64, (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
))  # fmt: skip
SPARK_SEED = np.uint64(42)
STRIPE = 32


def xxhash64(*columns: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Return what `xxhash64` of these columns of texts is in Spark; a null leaves the number as it was."""
    hashes = np.full(len(columns[0]), SPARK_SEED, dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in columns:
            values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            known = np.asarray(values.is_valid())
            hashes = np.where(known, _hashed(values, hashes), hashes)
    return hashes.view(np.int64)


def _hashed(values: pa.Array, seeds: Hashes) -> Hashes:
    starts, lengths, words = read_texts(values)
    hashes = seeds + P5
    long = np.flatnonzero(lengths >= STRIPE)
    hashes[long] = _striped(words, starts[long], lengths[long], seeds[long])
    hashes += lengths.astype(np.uint64)
    offset = lengths // STRIPE * STRIPE
    rows = np.flatnonzero(lengths - offset >= WORD)
    while len(rows):
        lane = _round(np.zeros(len(rows), dtype=np.uint64), words[starts[rows] + offset[rows]])
        hashes[rows] = _rotated(hashes[rows] ^ lane, 27) * P1 + P4
        offset[rows] += WORD
        rows = rows[lengths[rows] - offset[rows] >= WORD]
    rows = np.flatnonzero(lengths - offset >= WORD // 2)
    half = words[starts[rows] + offset[rows]] & np.uint64(0xFFFFFFFF)
    hashes[rows] = _rotated(hashes[rows] ^ half * P1, 23) * P2 + P3
    offset[rows] += WORD // 2
    rows = np.flatnonzero(lengths > offset)
    while len(rows):
        byte = words[starts[rows] + offset[rows]] & np.uint64(0xFF)
        hashes[rows] = _rotated(hashes[rows] ^ byte * P5, 11) * P1
        offset[rows] += 1
        rows = rows[lengths[rows] > offset[rows]]
    hashes = (hashes ^ hashes >> np.uint64(33)) * P2
    hashes = (hashes ^ hashes >> np.uint64(29)) * P3
    return hashes ^ hashes >> np.uint64(32)


def _striped(words: Hashes, starts: NDArray[np.int64], lengths: NDArray[np.int64], seeds: Hashes) -> Hashes:
    """Return the hashes of long texts after all their whole stripes of four words."""
    lanes = [seeds + P1 + P2, seeds + P2, seeds.copy(), seeds - P1]
    rows, offset = np.arange(len(starts)), 0
    while len(rows):
        for place, lane in enumerate(lanes):
            lane[rows] = _round(lane[rows], words[starts[rows] + offset + place * WORD])
        offset += STRIPE
        rows = rows[lengths[rows] - offset >= STRIPE]
    hashes = sum((_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18), strict=True)), np.uint64(0))
    for lane in lanes:
        hashes = (hashes ^ _round(np.zeros_like(lane), lane)) * P1 + P4
    return np.asarray(hashes)


def _round(lane: Hashes, word: Hashes) -> Hashes:
    return _rotated(lane + word * P2, 31) * P1


def _rotated(values: Hashes, bits: int) -> Hashes:
    return values << np.uint64(bits) | values >> np.uint64(64 - bits)
