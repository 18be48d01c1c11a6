"""How is a Java pattern written for RE2 and for Python, and what can be told of it without either?

In both, `$` is the very end of the text: texts that end in a line end are for the caller to leave out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import numpy as np

from tieout.columnar.kernels.java_pattern import LAST, UnknownPatternError
from tieout.columnar.kernels.pattern_parts import Characters, Either, End, Group, Look, Part, Repeat, Sequence, Start
from tieout.columnar.kernels.spans import Flags
from tieout.columnar.kernels.unicode_tables import CODES, of_kind

RE2_COUNT = 1000


def within(part: Part) -> list[Part]:
    """Return the part and all that it is made of."""
    inner = (
        part.parts
        if isinstance(part, Sequence | Either)
        else ()
        if isinstance(part, Characters | Start | End)
        else (part.part,)
    )
    return [part, *(each for one in inner for each in within(one))]


def can_be_empty(part: Part) -> bool:
    """Tell whether a part may fit without a character."""
    if isinstance(part, Characters):
        return False
    if isinstance(part, Sequence):
        return all(map(can_be_empty, part.parts))
    if isinstance(part, Either):
        return any(map(can_be_empty, part.parts))
    if isinstance(part, Group):
        return can_be_empty(part.part)
    return not isinstance(part, Repeat) or part.least == 0 or can_be_empty(part.part)


def check(part: Part) -> None:
    """Raise UnknownPatternError where engines may differ: parts repeated that may be empty."""
    for one in within(part):
        if isinstance(one, Repeat) and one.most != 1 and can_be_empty(one.part):
            raise UnknownPatternError("a part that may be empty is repeated")


def simplified(part: Part) -> Part:
    """Return `(?:a++|b++)*+$` as `[ab]*$`, which fits the same texts where all that is asked is whether it fits."""
    if not isinstance(part, Sequence):
        return part
    *front, loop, end = part.parts if len(part.parts) == 3 else (part, part, part)
    if front != [Start()] or end != End() or not isinstance(loop, Repeat) or (loop.least, loop.most) != (0, None):
        return part
    choices = loop.part.parts if isinstance(loop.part, Either) else (loop.part,)
    inner = [one.part for one in choices if isinstance(one, Repeat) and (one.least, one.most) == (1, None)]
    classes = [one for one in inner if isinstance(one, Characters) and not one.negated]
    if len(classes) != len(choices):
        return part
    union = Characters(sum((one.spans for one in classes), ()), sum((one.kinds for one in classes), ()))
    return Sequence((Start(), Repeat(union, 0, None, ""), End()))


def as_re2(part: Part) -> str:
    """Return the pattern for RE2. Raises UnknownPatternError where it has no such thing."""
    if isinstance(part, Characters):
        return _class(part, "\\x{{{:x}}}", "".join(f"\\p{{{kind}}}" for kind in part.kinds))
    if isinstance(part, Look):
        raise UnknownPatternError("RE2 does not look around")
    if isinstance(part, Repeat) and (part.mode == "+" or max(part.least, part.most or 0) > RE2_COUNT):
        raise UnknownPatternError("RE2 does not repeat so")
    return _written(part, as_re2, "\\z")


def as_python(part: Part) -> str:
    """Return the pattern for Python's `re`, with spans instead of kinds."""
    if isinstance(part, Characters):
        kinds = "".join(_spelled(first, last, "\\U{:08x}") for kind in part.kinds for first, last in _spans_of(kind))
        return _class(part, "\\U{:08x}", kinds)
    if isinstance(part, Look):
        sign = ("?" if part.ahead else "?<") + ("!" if part.negated else "=")
        return f"({sign}{as_python(part.part)})"
    return _written(part, as_python, "\\Z")


def _written(part: Part, write: Callable[[Part], str], end: str) -> str:
    if isinstance(part, Start):
        return "\\A"
    if isinstance(part, End):
        return end
    if isinstance(part, Sequence):
        return "".join(f"(?:{write(one)})" if isinstance(one, Either) else write(one) for one in part.parts)
    if isinstance(part, Either):
        return "|".join(map(write, part.parts))
    if isinstance(part, Group):
        return f"({write(part.part)})"
    assert isinstance(part, Repeat)
    most = "" if part.most is None else part.most
    body = write(part.part) if isinstance(part.part, Characters | Group) else f"(?:{write(part.part)})"
    return f"{body}{{{part.least},{most}}}{part.mode}"


def _class(part: Characters, code: str, kinds: str) -> str:
    members = "".join(_spelled(first, last, code) for first, last in part.spans) + kinds
    if not members:
        return f"[{_spelled(0, LAST, code)}]"
    return f"[{'^' if part.negated else ''}{members}]"


def _spelled(first: int, last: int, code: str) -> str:
    return code.format(first) if first == last else f"{code.format(first)}-{code.format(last)}"


@cache
def _spans_of(kind: str) -> tuple[tuple[int, int], ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], of_kind(kind), [False]]).astype(np.int8)))
    return tuple((int(first), int(after) - 1) for first, after in zip(edges[::2], edges[1::2], strict=True))


@cache
def members(part: Characters) -> Flags:
    """Return by code whether the character is in the class."""
    found = np.zeros(CODES, dtype=np.bool_)
    for first, last in part.spans:
        found[first : last + 1] = True
    for kind in part.kinds:
        found |= of_kind(kind)
    return ~found if part.negated else found


@cache
def compiled(part: Part) -> re.Pattern[str]:
    """Return the pattern for Python."""
    return re.compile(as_python(part))
