"""Which texts have characters of a class, and what are they without them? Answers from the bytes of a whole column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.pattern_forms import members
from tieout.columnar.kernels.pattern_parts import Characters
from tieout.columnar.kernels.spans import Flags, Places, Texts, doubt
from tieout.columnar.kernels.unicode_tables import is_unsure

ASCII = 0x80


def doubt_unsure(call: Call, texts: Texts) -> None:
    """Doubt the rows with characters of which it is not sure of what kind they are."""
    if not texts.is_ascii:
        places, codes = texts.beyond_ascii
        unsure = places[is_unsure()[codes]]
        if len(unsure):
            doubt(call, texts.flagged(unsure), texts.array)


def having(texts: Texts, wanted: Characters) -> Flags:
    """Return for each row whether it has a character of the class."""
    inside = members(wanted)
    places: list[Places] = []
    if inside[:ASCII].any():
        places.append(np.flatnonzero(_of_bytes(inside, False).take(texts.data)))
    if not texts.is_ascii:
        at, codes = texts.beyond_ascii
        places.append(at[inside[codes]])
    return texts.flagged(np.concatenate(places)) if places else np.zeros(len(texts.array), dtype=np.bool_)


def without(texts: Texts, unwanted: Characters) -> pa.Array:
    """Return the texts without the characters of the class."""
    inside = members(unwanted)
    keep = _of_bytes(~inside, True).take(texts.data)
    if not texts.is_ascii:
        places, codes = texts.beyond_ascii
        gone, long = places[inside[codes]], codes[inside[codes]]
        keep[gone] = keep[gone + 1] = False
        keep[gone[long >= 0x800] + 2] = False
        keep[gone[long >= 0x10000] + 3] = False
    return texts.array if keep.all() else texts.kept(keep)


def runs_as(texts: Texts, wanted: Characters, byte: int) -> tuple[pa.Array, Flags]:
    """Return the texts with this byte for each run of ASCII characters of the class, and which rows have others."""
    inside = members(wanted)
    odd = np.zeros(len(texts.array), dtype=np.bool_)
    if not texts.is_ascii:
        places, codes = texts.beyond_ascii
        odd = texts.flagged(places[inside[codes]])
    found = _of_bytes(inside, False).take(texts.data)
    again = np.zeros(len(found), dtype=np.bool_)
    np.logical_and(found[1:], found[:-1], out=again[1:])
    starts = texts.starts
    again[starts[starts < len(again)]] = False
    changed = found & (texts.data != byte)
    if not again.any() and not changed.any():
        return texts.array, odd
    data = np.where(changed, np.uint8(byte), texts.data)
    return Texts(texts.built(texts.offsets, data)).kept(~again), odd


def _of_bytes(inside: Flags, beyond: bool) -> Flags:
    """Return by byte whether it is a character of the class; `beyond` for the bytes of characters beyond ASCII."""
    table = np.full(256, beyond, dtype=np.bool_)
    table[:ASCII] = inside[:ASCII]
    return table
