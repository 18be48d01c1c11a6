"""Spark's `xxhash64` in numpy, so that Spark and Python give a record one number."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from tieout.platform.text_bytes import WORD, Hashes, read_texts

# XXH64 (Collet 2012, https://xxhash.com): its five primes, and the seed with which Spark starts a row.
P1, P2, P3, P4, P5 = map(np.uint64, (
    0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5,
))  # fmt: skip
SPARK_SEED = np.uint64(42)
STRIPE = 32
# Rows whose numbers are made together stay in the processor's cache.
SHARE = 8192
MOST_DIGITS = 18
# Values that count as a number of four bytes; others do as one of eight.
NARROW = (pa.int32(), pa.bool_(), pa.date32())


def xxhash64(*columns: pa.Array | pa.ChunkedArray) -> NDArray[np.int64]:
    """Return what `xxhash64` of these columns is in Spark; a null leaves the number as it was.

    Columns have texts, whole or broken numbers, truth values, dates, moments or decimals of up to 18 digits.
    Raises TypeError for others.
    """
    hashes = np.full(len(columns[0]), SPARK_SEED, dtype=np.uint64)
    for number, column in enumerate(columns):
        values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        if number == 0 and pa.types.is_dictionary(values.type):
            hashes = _of_dictionary(values)
        elif not pa.types.is_null(values.type):
            hashes = _then_column(values, hashes)
    return hashes.view(np.int64)


def _of_dictionary(values: pa.DictionaryArray) -> Hashes:
    """Return the numbers of a first column whose values are few: each is hashed once."""
    known = np.append(xxhash64(values.dictionary).view(np.uint64), SPARK_SEED)
    # The last number is that of nulls.
    places: NDArray[np.int64] = np.asarray(values.indices.cast(pa.int64()).fill_null(len(known) - 1))
    return known[places]


def _then_column(values: pa.Array, hashes: Hashes) -> Hashes:
    """Return the numbers of columns of which they are `hashes`, and this one. Raises TypeError as `xxhash64` does."""
    with np.errstate(over="ignore"):
        found = _then_texts(values, hashes) if _has_texts(values.type) else _then_numbers(values, hashes)
    return np.where(np.asarray(values.is_valid()), found, hashes) if values.null_count else found


def _has_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_dictionary(kind))


def _then_texts(values: pa.Array, hashes: Hashes) -> Hashes:
    starts, lengths, words = read_texts(values)
    found = np.empty(len(values), dtype=np.uint64)
    for start in range(0, len(values), SHARE):
        rows = slice(start, start + SHARE)
        found[rows] = _hashed(starts[rows], lengths[rows], words, hashes[rows])
    return found


def _then_numbers(values: pa.Array, hashes: Hashes) -> Hashes:
    if values.type in NARROW:
        four = np.asarray(pc.fill_null(values.cast(pa.int32()), 0)).view(np.uint32).astype(np.uint64)
        return _finished(_rotated(hashes + P5 + np.uint64(WORD // 2) ^ four * P1, 23) * P2 + P3)
    lane = _round(_eight_bytes(values))
    return _finished(_rotated(hashes + P5 + np.uint64(WORD) ^ lane, 27) * P1 + P4)


def _eight_bytes(values: pa.Array) -> Hashes:
    """Return numbers as their eight bytes; those of nulls mean nothing."""
    if pa.types.is_int64(values.type) or pa.types.is_timestamp(values.type):
        return np.asarray(pc.fill_null(values.cast(pa.int64()), 0)).view(np.uint64)
    if pa.types.is_decimal128(values.type) and values.type.precision <= MOST_DIGITS and len(values):
        halves = np.frombuffer(values.buffers()[1], dtype=np.uint64)
        return halves[2 * values.offset : 2 * (values.offset + len(values)) : 2].copy()
    if pa.types.is_float64(values.type):
        # Zero has one number, whatever its sign; all that is no number is the same.
        floats = np.asarray(pc.fill_null(values, 0.0)) + 0.0
        return np.where(np.isnan(floats), np.nan, floats).view(np.uint64)
    if not len(values):
        return np.zeros(0, dtype=np.uint64)
    raise TypeError(f"xxhash64 of {values.type}")


def _hashed(starts: NDArray[np.int64], lengths: NDArray[np.int64], words: Hashes, seeds: Hashes) -> Hashes:
    hashes = seeds + P5
    long = np.flatnonzero(lengths >= STRIPE)
    hashes[long] = _striped(words, starts[long], lengths[long], seeds[long])
    hashes += lengths.astype(np.uint64)
    offset = lengths // STRIPE * STRIPE
    rows = np.flatnonzero(lengths - offset >= WORD)
    while len(rows):
        lane = _round(words[starts[rows] + offset[rows]])
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
    return _finished(hashes)


def _finished(hashes: Hashes) -> Hashes:
    hashes = (hashes ^ hashes >> np.uint64(33)) * P2
    hashes = (hashes ^ hashes >> np.uint64(29)) * P3
    return hashes ^ hashes >> np.uint64(32)


def _striped(words: Hashes, starts: NDArray[np.int64], lengths: NDArray[np.int64], seeds: Hashes) -> Hashes:
    """Return the hashes of long texts after all their whole stripes of four words."""
    # From the longest on: those that have a stripe are the first ones.
    order = np.argsort(-lengths, kind="stable")
    starts, stripes, seeds = starts[order], lengths[order] // STRIPE, seeds[order]
    lanes = np.stack([seeds + P1 + P2, seeds + P2, seeds, seeds - P1], axis=1)
    whole = as_strided(words, (max(len(words) - STRIPE + WORD, 0), 4), (1, WORD), writeable=False)
    # Values of 32 bytes are picked twice as fast as rows of four words.
    whole = whole.view(f"V{STRIPE}")[:, 0]
    counts = len(stripes) - np.searchsorted(stripes[::-1], np.arange(stripes[0] if len(stripes) else 0), side="right")
    for count in counts.tolist():
        mine, own = whole[starts[:count]].view(np.uint64).reshape(count, 4), lanes[:count]
        mine *= P2
        mine += own
        # This is `_rotated`, in place.
        np.left_shift(mine, np.uint64(31), out=own)
        mine >>= np.uint64(64 - 31)
        own |= mine
        own *= P1
        starts += STRIPE
    hashes = sum((_rotated(lanes[:, lane], bits) for lane, bits in enumerate((1, 7, 12, 18))), np.uint64(0))
    for lane in range(4):
        hashes = (hashes ^ _round(lanes[:, lane])) * P1 + P4
    found = np.empty(len(starts), dtype=np.uint64)
    found[order] = hashes
    return found


def _round(words: Hashes) -> Hashes:
    """Return what a round makes of a lane that is 0."""
    return _rotated(words * P2, 31) * P1


def _rotated(values: Hashes, bits: int) -> Hashes:
    return values << np.uint64(bits) | values >> np.uint64(64 - bits)
