"""What does Spark's `translate` make of a whole column?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.spans import Flags, Texts, column, replaced


def translate(call: Call) -> pa.Array:
    """Return texts with each character of one given text replaced by the one at its place in another."""
    given = column(call, 0)
    before, after = call.node.children[1].value, call.node.children[2].value
    if before is None or after is None:
        return pa.nulls(call.rows, pa.string())
    table = _translation(before, after)
    texts = Texts(given)
    odd = _rows_with(texts, table)
    done = _translated_bytes(texts, {ord(old): new for old, new in table.items() if old.isascii()})
    if not odd.any():
        return done
    codes = str.maketrans(table)
    return replaced(done, odd, [text.translate(codes) for text in given.filter(pa.array(odd)).to_pylist()])


def _translation(before: str, after: str) -> dict[str, str]:
    """Return what each character becomes: the first of several rules holds, and a NUL means nothing."""
    table: dict[str, str] = {}
    for place, character in enumerate(before):
        new = after[place : place + 1]
        table.setdefault(character, "" if new == "\0" else new)
    return table


def _rows_with(texts: Texts, table: dict[str, str]) -> Flags:
    """Return the rows with characters beyond ASCII that change, or characters that become such."""
    places = [texts.places_of(old.encode()) for old, new in table.items() if old.isascii() and not new.isascii()]
    sources = np.array(sorted(ord(old) for old in table if not old.isascii()), dtype=np.int32)
    if len(sources) and not texts.is_ascii:
        at, codes = texts.beyond_ascii
        places.append(at[np.isin(codes, sources)])
    found = np.concatenate(places) if places else np.zeros(0, dtype=np.int64)
    rows: Flags = texts.flagged(found) & np.asarray(texts.array.is_valid())
    return rows


def _translated_bytes(texts: Texts, table: dict[int, str]) -> pa.Array:
    """Return the texts with other ASCII characters, or none, for these."""
    present = [old for old in table if texts.holds(bytes([old]))]
    if not present:
        return texts.array
    bytes_after = np.arange(256, dtype=np.uint8)
    keep = np.ones(256, dtype=np.bool_)
    for old in present:
        keep[old] = table[old] != ""
        bytes_after[old] = ord(table[old]) if table[old].isascii() and table[old] else old
    data = bytes_after.take(texts.data)
    if keep.all():
        return texts.built(texts.offsets, data)
    return Texts(texts.built(texts.offsets, data)).kept(keep.take(texts.data))
