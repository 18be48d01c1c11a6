"""Which part of a text do Spark's `substring`, `substring_index`, `lpad` and `rpad` return?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.spans import Places, Texts, column, is_null, numbers_before
from tieout.columnar.tree import Node

MOST = 2**31 - 1


def substring(call: Call) -> pa.Array:
    """Return as many characters as given from a place on: 1 is the first, -1 the last, and so is 0 the first."""
    given = column(call, 0)
    if any(is_null(argument) for argument in call.arguments[1:]):
        return pa.nulls(call.rows, pa.string())
    if all(isinstance(argument, pa.Scalar) for argument in call.arguments[1:]):
        return _slice(given, *(argument.as_py() for argument in call.arguments[1:]))
    place, count = (_numbers(call, number) for number in (1, 2))
    texts = Texts(given)
    sizes = texts.ends - texts.starts if texts.is_ascii else np.asarray(pc.utf8_length(given).fill_null(0))
    start = np.where(place > 0, place - 1, np.where(place < 0, sizes + place, 0))
    end = np.minimum(start + count, MOST)
    return _nulls_of(call, _cut(texts, np.clip(start, 0, sizes), np.clip(end, 0, sizes)))


def _slice(given: pa.Array, place: int, count: int) -> pa.Array:
    start = place if place < 0 else max(place - 1, 0)
    end = start + count
    if count <= 0:
        return pc.if_else(given.is_valid(), "", pa.scalar(None, pa.string()))
    return pc.utf8_slice_codeunits(given, start, None if place < 0 <= end or end > MOST else end)


def _numbers(call: Call, number: int) -> Places:
    """Return an argument as numbers, of which nulls are 0."""
    given = call.arguments[number]
    if isinstance(given, pa.Scalar):
        return np.array([given.as_py()], dtype=np.int64)
    return np.asarray(given.fill_null(0)).astype(np.int64)


def _nulls_of(call: Call, done: pa.Array) -> pa.Array:
    """Return what is done, null where a number is."""
    for given in call.arguments[1:]:
        if isinstance(given, pa.Array) and given.null_count:
            done = pc.if_else(given.is_valid(), done, pa.scalar(None, pa.string()))
    return done


def _cut(texts: Texts, start: Places, end: Places) -> pa.Array:
    """Return the texts from one character to another, both by number."""
    if texts.is_ascii:
        return texts.cut(texts.starts + start, texts.starts + np.maximum(end, start))
    # Where each character starts, and the number of each text's first.
    places = np.append(np.flatnonzero(texts.is_start), len(texts.data))
    first = numbers_before(texts.is_start)[texts.starts]
    known = np.asarray(texts.array.is_valid())
    return texts.cut(*(np.where(known, places[first + at * known], 0) for at in (start, np.maximum(end, start))))


def substring_index(call: Call) -> pa.Array:
    """Return the text before the n-th separator, or after the n-th from the end if n is negative."""
    given = column(call, 0)
    separator, count = (call.node.children[number].value for number in (1, 2))
    if separator is None or count is None:
        return pa.nulls(call.rows, pa.string())
    texts, sought = Texts(given), separator.encode()
    if not sought or not count:
        return texts.cut(texts.starts, texts.starts)
    if not texts.holds(sought):
        return given
    places = texts.places_of(sought)
    if not len(places):
        return given
    bounds = np.searchsorted(places, texts.offsets)
    chosen = bounds[:-1] + count - 1 if count > 0 else bounds[1:] + count
    there = (chosen >= bounds[:-1]) & (chosen < bounds[1:])
    at = places[np.clip(chosen, 0, len(places) - 1)]
    if count > 0:
        return texts.cut(texts.starts, np.where(there, at, texts.ends))
    return texts.cut(np.where(there, at + len(sought), texts.starts), texts.ends)


def pad_left(call: Call) -> pa.Array:
    """Return texts of just as many characters as given, with one character in front of shorter ones."""
    return _padded(call, True)


def pad_right(call: Call) -> pa.Array:
    """Return texts of just as many characters as given, with one character behind shorter ones."""
    return _padded(call, False)


def _padded(call: Call, left: bool) -> pa.Array:
    given = column(call, 0)
    if any(is_null(argument) for argument in call.arguments[1:]):
        return pa.nulls(call.rows, pa.string())
    wanted = _numbers(call, 1)
    texts = Texts(given)
    sizes = np.asarray(pc.utf8_length(given).fill_null(0)).astype(np.int64)
    end = np.clip(wanted, 0, sizes)
    short = _nulls_of(call, _cut(texts, np.zeros(1, dtype=np.int64), end) if (end < sizes).any() else given)
    missing = np.broadcast_to(np.maximum(wanted - sizes, 0), call.rows)
    if not call.node.children[2].value or not missing.any():
        return short
    padding = pc.binary_repeat(pa.repeat(call.node.children[2].value, call.rows), pa.array(missing))
    return pc.binary_join_element_wise(*((padding, short) if left else (short, padding)), "")


def _reason_of_index(node: Node) -> str | None:
    return None if all(one.kind == "Literal" for one in node.children[1:]) else "substring_index by a column"


def _reason_of_padding(node: Node) -> str | None:
    padding = node.children[2]
    known = padding.kind == "Literal" and (padding.value is None or len(padding.value) <= 1)
    return None if known else f"{node.kind} with more than one character"


KERNELS: dict[str, Kernel] = {
    "Substring": substring,
    "SubstringIndex": substring_index,
    "StringLPad": pad_left,
    "StringRPad": pad_right,
}
REFUSALS: dict[str, Refusal] = {
    "SubstringIndex": _reason_of_index,
    "StringLPad": _reason_of_padding,
    "StringRPad": _reason_of_padding,
}
