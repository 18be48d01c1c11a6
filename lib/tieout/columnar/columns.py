"""How are columns of Arrow looked at: the bits of truths, texts by their distinct values, some rows of many?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Truths = NDArray[np.bool_]
# A column's distinct values are computed with where they are at most this share of its values, which are not too few;
# as many are looked at first.
SHARE, FEWEST, SAMPLE = 0.5, 1024, 1024


def truths_of(values: pa.Array) -> tuple[Truths, Truths]:
    """Return where values are true, and where they are false; they are null elsewhere."""
    if pa.types.is_null(values.type):
        nowhere = np.zeros(len(values), dtype=np.bool_)
        return nowhere, nowhere
    true = _bits(values.buffers()[1], values)
    if not values.null_count:
        return true, ~true
    known = _bits(values.buffers()[0], values)
    return true & known, ~true & known


def _bits(buffer: pa.Buffer, values: pa.Array) -> Truths:
    """Return one of the buffers of bits of an array."""
    end = values.offset + len(values)
    found = np.unpackbits(np.frombuffer(buffer, dtype=np.uint8), count=end, bitorder="little")
    return found[values.offset :].view(np.bool_)


def coded(values: pa.Array) -> pa.DictionaryArray | None:
    """Return texts as numbers of distinct ones, null being one of them; None where these are not few."""
    if len(values) < FEWEST or not pa.types.is_string(values.type):
        return None
    if values.null_count < len(values) // 2:
        some = values.slice(len(values) // 2, SAMPLE).drop_null()
        if len(some.unique()) > SHARE * len(some):
            return None
    found = values.dictionary_encode(null_encoding="encode")
    return found if len(found.dictionary) <= SHARE * len(values) else None


class Chosen(Mapping[int, pa.Array]):
    """Columns of which only some rows are taken, when they are asked for."""

    def __init__(self, columns: Mapping[int, pa.Array], places: pa.Array) -> None:
        self._columns = columns
        self._places = places

    def __getitem__(self, number: int) -> pa.Array:
        return self._columns[number].take(self._places)

    def __iter__(self) -> Iterator[int]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)
