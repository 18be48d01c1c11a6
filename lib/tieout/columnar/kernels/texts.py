"""What do Spark's plain functions of texts do to a whole column?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels import letters, translation
from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.kernels.spans import Flags, Texts, column, flags, is_null
from tieout.columnar.tree import Node

SPACE = " "
# Texts of as many bytes are sought byte by byte in the whole column.
FEW_BYTES = 3


def trim(call: Call) -> pa.Array:
    """Return texts without spaces, or other given characters, at both ends."""
    return _trimmed(call, pc.ascii_trim, pc.utf8_trim, True, True)


def trim_left(call: Call) -> pa.Array:
    """Return texts without them at the beginning."""
    return _trimmed(call, pc.ascii_ltrim, pc.utf8_ltrim, True, False)


def trim_right(call: Call) -> pa.Array:
    """Return texts without them at the end."""
    return _trimmed(call, pc.ascii_rtrim, pc.utf8_rtrim, False, True)


def _trimmed(call: Call, of_ascii: pc.Function, of_any: pc.Function, left: bool, right: bool) -> pa.Array:
    given = column(call, 0)
    signs = SPACE if len(call.arguments) == 1 else call.node.children[1].value
    if signs is None:
        return pa.nulls(call.rows, pa.string())
    if not signs:
        return given
    if not signs.isascii():
        return of_any(given, characters=signs)
    if len(signs) == 1 and not _has_at_ends(Texts(given), ord(signs), left, right):
        return given
    return of_ascii(given, characters=signs)


def _has_at_ends(texts: Texts, byte: int, left: bool, right: bool) -> bool:
    if not len(texts.data):
        return False
    # Of empty texts neighbours are looked at, which costs no more than a needless trim.
    last = len(texts.data) - 1
    at_front = left and (texts.data[np.minimum(texts.starts, last)] == byte).any()
    return bool(at_front or (right and (texts.data[np.maximum(texts.ends - 1, 0)] == byte).any()))


def length(call: Call) -> pa.Array:
    """Return how many characters texts have."""
    given = column(call, 0)
    return pc.binary_length(given) if Texts(given).is_ascii else pc.utf8_length(given)


def octet_length(call: Call) -> pa.Array:
    """Return how many bytes texts have."""
    return pc.binary_length(column(call, 0))


def contains(call: Call) -> pa.Array:
    """Return whether texts have a given text in them."""
    given = column(call, 0)
    part = call.node.children[1].value
    if part is None:
        return pa.nulls(call.rows, pa.bool_())
    texts, sought = Texts(given), part.encode()
    if sought and not texts.holds(sought):
        return flags(np.zeros(call.rows, dtype=np.bool_), given)
    if 0 < len(sought) <= FEW_BYTES:
        return flags(texts.flagged(texts.places_of(sought)), given)
    return pc.match_substring(given, part)


def starts_with(call: Call) -> pa.Array:
    """Return whether texts begin with another."""
    return _meets(call, pc.starts_with, False)


def ends_with(call: Call) -> pa.Array:
    """Return whether texts end with another."""
    return _meets(call, pc.ends_with, True)


def _meets(call: Call, with_constant: Callable[[pa.Array, str], pa.Array], at_end: bool) -> pa.Array:
    given, other = column(call, 0), call.arguments[1]
    if is_null(other):
        return pa.nulls(call.rows, pa.bool_())
    if isinstance(other, pa.Scalar):
        return with_constant(given, other.as_py())
    missing = np.asarray(given.is_null()) | np.asarray(other.is_null())
    return pa.array(_same_bytes(Texts(given), Texts(other), at_end), mask=missing)


def _same_bytes(texts: Texts, parts: Texts, at_end: bool) -> Flags:
    """Return whether each text has the bytes of its part at its beginning or end; byte by byte, for short parts."""
    sizes = parts.ends - parts.starts
    same = texts.ends - texts.starts >= sizes
    starts = texts.ends - sizes if at_end else texts.starts
    number = 0
    while len(rows := np.flatnonzero(same & (sizes > number))):
        same[rows] = texts.data[starts[rows] + number] == parts.data[parts.starts[rows] + number]
        number += 1
    return same


def concat(call: Call) -> pa.Array:
    """Return texts one after the other; null if any is."""
    if any(is_null(argument) for argument in call.arguments):
        return pa.nulls(call.rows, pa.string())
    if not call.arguments:
        return pa.repeat(pa.scalar(""), call.rows)
    # Where all are scalars the answer would be one, too.
    return pc.binary_join_element_wise(column(call, 0), *call.arguments[1:], "")


def concat_ws(call: Call) -> pa.Array:
    """Return the texts that are not null with a separator between them; null if the separator is."""
    separator = call.node.children[0].value
    if separator is None:
        return pa.nulls(call.rows, pa.string())
    given = [argument for argument in call.arguments[1:] if not is_null(argument)]
    if not given:
        return pa.repeat(pa.scalar(""), call.rows)
    if any(not pa.types.is_string(argument.type) for argument in given):
        call.doubt(pa.repeat(pa.scalar(True), call.rows))
        return pa.nulls(call.rows, pa.string())
    first = full(given[0], call.rows)
    return pc.binary_join_element_wise(_never_missing(first, given[1:]), *given[1:], separator, null_handling="skip")


def _never_missing(first: pa.Array, others: Sequence[pa.Array | pa.Scalar]) -> pa.Array:
    """Return the first texts, empty where all others are null too: Arrow leaves out rows of nulls only."""
    missing = first.is_null()
    for other in others:
        missing = pc.and_(missing, other.is_null() if isinstance(other, pa.Array) else pa.scalar(False))
    return pc.if_else(missing, "", first) if pc.any(missing).as_py() else first


def replace(call: Call) -> pa.Array:
    """Return texts with one given text for each occurrence of another."""
    given = column(call, 0)
    part, other = call.node.children[1].value, call.node.children[2].value
    if part is None or other is None:
        return pa.nulls(call.rows, pa.string())
    texts, sought = Texts(given), part.encode()
    if not sought or not texts.holds(sought):
        return given
    if len(sought) == 1 and not other:
        return texts.kept(texts.data != sought[0])
    return pc.replace_substring(given, part, other)


def _needs_constants(*numbers: int) -> Refusal:
    def reason(node: Node) -> str | None:
        places = [number for number in numbers if number < len(node.children)]
        if all(node.children[place].kind == "Literal" for place in places):
            return None
        return f"{node.kind} with an argument that is not constant"

    return reason


KERNELS: dict[str, Kernel] = letters.KERNELS | {
    "StringTrim": trim,
    "StringTrimLeft": trim_left,
    "StringTrimRight": trim_right,
    "Length": length,
    "OctetLength": octet_length,
    "Contains": contains,
    "StartsWith": starts_with,
    "EndsWith": ends_with,
    "Concat": concat,
    "ConcatWs": concat_ws,
    "StringReplace": replace,
    "StringTranslate": translation.translate,
}
REFUSALS: dict[str, Refusal] = letters.REFUSALS | {
    "StringTrim": _needs_constants(1),
    "StringTrimLeft": _needs_constants(1),
    "StringTrimRight": _needs_constants(1),
    "Contains": _needs_constants(1),
    "ConcatWs": _needs_constants(0),
    "StringReplace": _needs_constants(1, 2),
    "StringTranslate": _needs_constants(1, 2),
}
