"""Which texts are like a constant pattern of SQL, in which `_` is any character and `%` any number of them?"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.pattern_forms import as_re2
from tieout.columnar.kernels.pattern_parts import Characters, End, Part, Repeat, Sequence, Start
from tieout.columnar.kernels.spans import column
from tieout.columnar.tree import LITERAL, Node

ANY = Characters(negated=True)
MANY = Repeat(ANY, 0, None, "")
SIGNS: Mapping[str, Part] = {"_": ANY, "%": MANY}
# Longer patterns, and characters that Java keeps in two units, are Spark's.
MOST, LAST = 200, "\uffff"
# A character of the pattern as it stands there, or what a sign means.
Piece = str | Part


def like(call: Call) -> pa.Array:
    """Return whether each text as a whole is like the pattern."""
    given, pattern = column(call, 0), call.node.children[1].value
    if pattern is None:
        return pa.nulls(call.rows, pa.bool_())
    pieces = read(pattern, call.node.value)
    assert pieces is not None
    plain = [piece for piece in pieces if isinstance(piece, str)]
    text = "".join(plain)
    if pieces == [*plain, MANY]:
        return pc.starts_with(given, text)
    if pieces == [MANY, *plain]:
        return pc.ends_with(given, text)
    if pieces == plain:
        return pc.equal(given, text)
    return pc.match_substring_regex(given, _as_re2(tuple(pieces)))


def read(pattern: str, escape: str) -> list[Piece] | None:
    """Return what the pattern is made of; None where Spark says that something may not be escaped."""
    pieces: list[Piece] = []
    signs = iter(pattern)
    for sign in signs:
        if sign != escape:
            pieces.append(SIGNS.get(sign, sign))
            continue
        escaped = next(signs, None)
        if escaped is None or escaped not in (*SIGNS, escape):
            return None
        pieces.append(escaped)
    return pieces


@cache
def _as_re2(pieces: tuple[Piece, ...]) -> str:
    parts = (Characters(((ord(piece), ord(piece)),)) if isinstance(piece, str) else piece for piece in pieces)
    return as_re2(Sequence((Start(), *parts, End())))


def _reason(node: Node) -> str | None:
    """Tell why the pattern is not known here; None if it is."""
    if node.children[1].kind != LITERAL:
        return "Like with a pattern that is not constant"
    pattern = node.children[1].value
    if pattern is None:
        return None
    known = len(pattern) <= MOST and max(pattern, default="") <= LAST and read(pattern, node.value) is not None
    return None if known else f"Like with {pattern!r}"


KERNELS: Mapping[str, Kernel] = {"Like": like}
REFUSALS: Mapping[str, Refusal] = {"Like": _reason}
