"""Where are the bytes of a column's texts, and how is a column made of some of them?

Texts are UTF-8 without errors. All here works on the bytes of a whole column at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.kernels.call import Call, full

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
# Short texts are sought in so many bytes at once: these stay in the processor's cache.
SHORT, BLOCK = 4, 2**17


class Texts:
    """A column of texts as bytes: text i is `data[offsets[i]:offsets[i + 1]]`; of a null the bytes mean nothing."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array
        _, offsets, data = array.buffers()
        size = len(array)
        ends = (
            np.frombuffer(offsets, dtype=np.int32)[array.offset : array.offset + size + 1] if size else np.zeros(1, int)
        )
        start = int(ends[0])
        held = np.zeros(0, dtype=np.uint8) if data is None else np.frombuffer(data, dtype=np.uint8)
        self.offsets: NDArray[np.int32] = (ends - start if start else ends).astype(np.int32, copy=False)
        self.data: Bytes = held[start : start + int(self.offsets[-1])]

    @property
    def starts(self) -> NDArray[np.int32]:
        """Return where each text starts."""
        return self.offsets[:-1]

    @property
    def ends(self) -> NDArray[np.int32]:
        """Return where each text ends, exclusive."""
        return self.offsets[1:]

    @cached_property
    def is_ascii(self) -> bool:
        """Whether all bytes are ASCII."""
        return not len(self.data) or int(self.data.max()) < 0x80

    @cached_property
    def is_start(self) -> Flags:
        """Return for each byte whether a character starts there."""
        starts: Flags = (self.data & 0xC0) != 0x80
        return starts

    def holds(self, part: bytes) -> bool:
        """Tell whether these bytes are anywhere in the column, also across the texts' borders."""
        if len(part) > SHORT:
            return part in self.data.tobytes()
        return any(
            _starts_of(part, self.data[start : start + BLOCK + len(part) - 1]).any()
            for start in range(0, len(self.data), BLOCK)
        )

    @cached_property
    def beyond_ascii(self) -> tuple[Places, NDArray[np.int32]]:
        """Return where characters beyond ASCII start, in order, and their codes."""
        data = self.data
        places = np.flatnonzero(data >= 0xC2)
        first = data[places].astype(np.int32)
        codes = (first & 0x1F) << 6 | data[places + 1] & 0x3F
        longer = np.flatnonzero(first >= 0xE0)
        tail = [data[places[longer] + number].astype(np.int32) & 0x3F for number in (1, 2)]
        codes[longer] = (first[longer] & 0xF) << 12 | tail[0] << 6 | tail[1]
        longest = np.flatnonzero(first >= 0xF0)
        last = data[places[longest] + 3].astype(np.int32) & 0x3F
        codes[longest] = (first[longest] & 0x7) << 18 | (codes[longest] & 0xFFF) << 6 | last
        return places, codes

    def rows_of(self, places: NDArray[np.integer]) -> Places:
        """Return the rows in which these places of bytes, in their order, are."""
        rows: Places = np.searchsorted(self.offsets, places, side="right") - 1
        return rows

    def places_of(self, part: bytes) -> Places:
        """Return where these bytes start within a text, in order; occurrences may overlap."""
        found = _starts_of(part, self.data)
        places = np.flatnonzero(found)
        if len(part) > 1:
            places = places[places + len(part) <= self.ends[self.rows_of(places)]]
        return places

    def flagged(self, places: NDArray[np.integer]) -> Flags:
        """Return for each row whether one of these places, which are in order, is in it."""
        if len(places) > len(self.array):
            found = np.zeros(len(self.data) + 1, dtype=np.bool_)
            found[places] = True
            some: Flags = np.logical_or.reduceat(found, self.starts) & (self.ends > self.starts)
            return some
        rows = np.zeros(len(self.array), dtype=np.bool_)
        rows[self.rows_of(places)] = True
        return rows

    def kept(self, keep: Flags) -> pa.Array:
        """Return the texts without the bytes that are not kept."""
        return self.built(numbers_before(keep)[self.offsets], self.data[keep])

    def cut(self, starts: NDArray[np.integer], ends: NDArray[np.integer]) -> pa.Array:
        """Return the texts from these places to those; both are within the text, empty where they meet."""
        rows = len(self.array)
        # The bytes as twice as many texts: one that stays and one that goes, in turns.
        some = ends > starts
        offsets = np.empty(2 * rows + 1, dtype=np.int32)
        offsets[:-1:2] = np.where(some, starts, self.starts)
        offsets[1::2] = np.where(some, ends, self.starts)
        offsets[-1] = offsets[-2] if rows else 0
        buffers = [None, pa.py_buffer(offsets), pa.py_buffer(self.data)]
        pieces = pa.Array.from_buffers(pa.string(), 2 * rows, buffers)
        _, places, data = pieces.take(pa.array(np.arange(0, 2 * rows, 2))).buffers()
        return pa.Array.from_buffers(pa.string(), rows, [self._known, places, data])

    def built(self, offsets: NDArray[np.int32], data: Bytes) -> pa.Array:
        """Return a column of these bytes, null where this one is."""
        buffers = [self._known, pa.py_buffer(offsets), pa.py_buffer(data)]
        return pa.Array.from_buffers(pa.string(), len(self.array), buffers)

    @property
    def _known(self) -> pa.Buffer | None:
        """Return the bits that tell which texts are not null; None where none is."""
        return pc.is_valid(self.array).buffers()[1] if self.array.null_count else None


def numbers_before(found: Flags) -> NDArray[np.int32]:
    """Return how many of the bytes before each place were found, and of all."""
    before = np.zeros(len(found) + 1, dtype=np.int32)
    np.cumsum(found, out=before[1:])
    return before


def _starts_of(part: bytes, data: Bytes) -> Flags:
    """Return for each byte, but for the last ones, whether these bytes are there and behind it."""
    count = max(len(data) - len(part) + 1, 0)
    found: Flags = data[:count] == part[0]
    for number, byte in enumerate(part[1:], 1):
        found &= data[number : number + count] == byte
    return found


def column(call: Call, number: int) -> pa.Array:
    """Return an argument as an array of texts."""
    given = call.arguments[number]
    if pa.types.is_null(given.type):
        return pa.nulls(call.rows, pa.string())
    return full(given, call.rows)


def is_null(value: pa.Array | pa.Scalar) -> bool:
    """Tell whether an argument is surely null in all rows."""
    return bool(pa.types.is_null(value.type)) or (isinstance(value, pa.Scalar) and not value.is_valid)


def flags(values: Flags, array: pa.Array) -> pa.Array:
    """Return truth values as Arrow has them, null where the array is."""
    if not array.null_count:
        return pa.array(values)
    return pa.array(values, mask=np.asarray(array.is_null()))


def doubt(call: Call, rows: Flags, array: pa.Array) -> None:
    """Doubt these rows, unless the array is null there."""
    if rows.any():
        call.doubt(pc.and_kleene(pa.array(rows), array.is_valid()))


def replaced(array: pa.Array, rows: Flags, values: Sequence[str | None] | pa.Array) -> pa.Array:
    """Return the array with other values in these rows, in their order."""
    return pc.replace_with_mask(array, pa.array(rows), pa.array(values, type=array.type))
