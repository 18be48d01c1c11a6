"""In which texts, and where, does a Java pattern fit?

Classes of characters are found in the bytes, other patterns by RE2, what RE2 has not by Python over distinct texts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.classes import having
from tieout.columnar.kernels.java_pattern import UnknownPatternError, read
from tieout.columnar.kernels.pattern_forms import as_re2, check, compiled, members, simplified, within
from tieout.columnar.kernels.pattern_parts import Characters, End, Part, Repeat, Sequence, Start
from tieout.columnar.kernels.spans import Texts, flags


@dataclass(frozen=True)
class Pattern:
    """A pattern that is understood; `re2` is None where only Python can search for it."""

    part: Part
    re2: str | None
    has_end: bool
    has_kinds: bool


@cache
def understood(pattern: str) -> Pattern:
    """Return a Java pattern, ready for use. Raises UnknownPatternError where its meaning is not surely known."""
    part = read(pattern)
    parts = within(part)
    try:
        check(simplified(part))
        re2 = as_re2(part)
        pc.match_substring_regex(pa.array([""]), re2)
    except (UnknownPatternError, pa.ArrowInvalid):
        re2 = None
        check(simplified(part))
        compiled(part)
    kinds = any(isinstance(one, Characters) and one.kinds for one in parts)
    return Pattern(part, re2, any(isinstance(one, End) for one in parts), kinds)


def found(pattern: Pattern, texts: Texts) -> pa.Array:
    """Return in which texts a pattern fits somewhere."""
    part = simplified(pattern.part)
    if isinstance(part, Characters) and not members(part)[:0x80].any():
        return flags(having(texts, part), texts.array)
    only = _only_class(part)
    if only is not None:
        others = Characters(only.spans, only.kinds, not only.negated)
        return flags(~having(texts, others), texts.array)
    if pattern.re2 is not None:
        return pc.match_substring_regex(texts.array, pattern.re2)
    search = compiled(part).search
    return of_distinct(texts.array, lambda text: search(text) is not None, pa.bool_())


def _only_class(part: Part) -> Characters | None:
    """Return the class of characters of which texts have nothing else, for a pattern like `^[a-z]*$`."""
    if not isinstance(part, Sequence) or len(part.parts) != 3 or (part.parts[0], part.parts[2]) != (Start(), End()):
        return None
    loop = part.parts[1]
    any_number = isinstance(loop, Repeat) and (loop.least, loop.most) == (0, None)
    return loop.part if any_number and isinstance(loop, Repeat) and isinstance(loop.part, Characters) else None


def matches(pattern: re.Pattern[str], text: str) -> Iterator[re.Match[str]]:
    """Yield matches as Java finds them: after an empty one it goes on behind the next character."""
    place = 0
    while match := pattern.search(text, place):
        yield match
        place = match.end() + (match.end() == match.start())
        if place > len(text):
            return


def of_distinct(texts: pa.Array, change: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
    """Return what a Python function makes of each text, which it is asked once for."""
    coded = texts.dictionary_encode()
    return pa.array([change(text) for text in coded.dictionary.to_pylist()], type=kind).take(coded.indices)
