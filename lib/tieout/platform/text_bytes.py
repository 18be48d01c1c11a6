"""The bytes of many texts in one buffer, eight of each read at once."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
WORD = 8


def read_texts(values: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Hashes]:
    """Return where each text starts, its length in bytes (0 for null), and the eight bytes from each byte on."""
    if values.type != pa.string():
        values = values.cast(pa.string())
    _, offsets, data = values.buffers()
    if not len(values) or data is None:
        return (zeros := np.zeros(len(values), dtype=np.int64)), zeros, np.zeros(1, dtype=np.uint64)
    ends = np.frombuffer(offsets, dtype=np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    lengths = np.diff(ends)
    if values.null_count:
        lengths[np.asarray(values.is_null())] = 0
    return ends[:-1] - ends[0], lengths, words_at(np.frombuffer(data, dtype=np.uint8)[ends[0] : ends[-1]])


def words_at(data: NDArray[np.uint8]) -> Hashes:
    """Return the eight bytes from each byte on, and from just after the last; behind that there are zeros."""
    padded = np.zeros(len(data) + WORD, dtype=np.uint8)
    padded[:-WORD] = data
    return np.ndarray(len(padded) - WORD + 1, dtype="<u8", buffer=padded, strides=(1,))
