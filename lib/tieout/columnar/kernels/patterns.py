"""How are Java regular expressions matched, replaced and extracted in a whole column?"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.classes import doubt_unsure, runs_as, without
from tieout.columnar.kernels.java_pattern import UnknownPatternError
from tieout.columnar.kernels.pattern_forms import as_re2, can_be_empty, compiled, within
from tieout.columnar.kernels.pattern_parts import Characters, Either, Group, Look, Part, Repeat, Sequence, Start
from tieout.columnar.kernels.pattern_search import Pattern, found, matches, of_distinct, understood
from tieout.columnar.kernels.spans import Flags, Texts, column, doubt, is_null, replaced
from tieout.columnar.tree import Node

PLAIN_REPLACEMENT = re.compile(r"(?:[^\\$]|\$[0-9](?![0-9]))*", re.DOTALL)


def rlike(call: Call) -> pa.Array:
    """Return whether a pattern fits somewhere in each text."""
    given = column(call, 0)
    if is_null(call.arguments[1]):
        return pa.nulls(call.rows, pa.bool_())
    pattern = understood(call.node.children[1].value)
    texts = Texts(given)
    _doubt_odd(call, texts, pattern)
    return found(pattern, texts)


def regexp_replace(call: Call) -> pa.Array:
    """Return the texts with a replacement for each place where a pattern fits."""
    given = column(call, 0)
    if any(is_null(argument) for argument in call.arguments[1:]):
        return pa.nulls(call.rows, pa.string())
    pattern, replacement = understood(call.node.children[1].value), call.node.children[2].value
    texts = Texts(given)
    _doubt_odd(call, texts, pattern)
    if can_be_empty(pattern.part):
        _doubt_beyond_two_bytes(call, texts)
    part = pattern.part
    many = isinstance(part, Repeat) and (part.least, part.most) == (1, None) and part.mode != "?"
    unit = part.part if many and isinstance(part, Repeat) else part
    if isinstance(unit, Characters) and not replacement:
        return without(texts, unit)
    if isinstance(unit, Characters) and many and _is_one_byte(replacement):
        done, odd = runs_as(texts, unit, ord(replacement))
        return _in_rows(done, given, odd, lambda rows: _replaced(pattern, rows, replacement)) if odd.any() else done
    sides = None if replacement else _front_and_class(part)
    if sides is not None:
        return _without_front_and_class(pattern, *sides, texts)
    affected = np.asarray(found(pattern, texts).fill_null(False))
    if not affected.any():
        return given
    return _in_rows(given, given, affected, lambda rows: _replaced(pattern, rows, replacement))


def _in_rows(done: pa.Array, given: pa.Array, rows: Flags, change: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return what is done, but in these rows what the given texts change to."""
    rows = rows & np.asarray(given.is_valid())
    return replaced(done, rows, change(given.filter(pa.array(rows))))


def _is_one_byte(replacement: str) -> bool:
    return len(replacement) == 1 and replacement.isascii() and replacement not in "\\$"


def _front_and_class(part: Part) -> tuple[Sequence, Characters] | None:
    """Return the two sides of a pattern like `^...|[...]`; None of others."""
    if not isinstance(part, Either) or len(part.parts) != 2:
        return None
    front, unit = part.parts
    if not isinstance(front, Sequence) or not isinstance(unit, Characters):
        return None
    return (front, unit) if front.parts[:1] == (Start(),) and not can_be_empty(front) else None


def _without_front_and_class(pattern: Pattern, front: Sequence, unit: Characters, texts: Texts) -> pa.Array:
    done = without(texts, unit)
    # What is looked at in the end might as well be consumed where all that is asked is whether it fits.
    *first, last = front.parts
    if isinstance(last, Look) and last.ahead and not last.negated:
        front = Sequence((*first, last.part))
    try:
        rows = pc.match_substring_regex(texts.array, as_re2(front))
    except UnknownPatternError:
        rows = of_distinct(texts.array, lambda text: compiled(front).search(text) is not None, pa.bool_())
    rows = np.asarray(rows.fill_null(False))
    if not rows.any():
        return done
    return _in_rows(done, texts.array, rows, lambda some: _replaced(pattern, some, ""))


def _replaced(pattern: Pattern, texts: pa.Array, replacement: str) -> pa.Array:
    if pattern.re2 is not None:
        return pc.replace_substring_regex(texts, pattern.re2, re.sub(r"\$([0-9])", r"\\\1", replacement))
    pieces = re.split(r"\$([0-9])", replacement)

    def changed(text: str) -> str:
        done, end = [], 0
        for match in matches(compiled(pattern.part), text):
            new = [piece if place % 2 == 0 else match[int(piece)] or "" for place, piece in enumerate(pieces)]
            done += [text[end : match.start()], *new]
            end = match.end()
        return "".join(done) + text[end:]

    return of_distinct(texts, changed, pa.string())


def regexp_extract(call: Call) -> pa.Array:
    """Return a group of the first place where a pattern fits, empty where it does not."""
    given = column(call, 0)
    if any(is_null(argument) for argument in call.arguments[1:]):
        return pa.nulls(call.rows, pa.string())
    pattern, group = understood(call.node.children[1].value), call.node.children[2].value
    texts = Texts(given)
    _doubt_odd(call, texts, pattern)
    rows = np.asarray(found(pattern, texts).fill_null(False))
    search = compiled(pattern.part).search

    def extracted(text: str) -> str:
        match = search(text)
        return (match[group] or "") if match else ""

    empty = pc.if_else(given.is_valid(), "", pa.scalar(None, pa.string()))
    if not rows.any():
        return empty
    return _in_rows(empty, given, rows, lambda some: of_distinct(some, extracted, pa.string()))


def regexp_extract_all(call: Call) -> pa.Array:
    """Return a group of all places where a pattern fits."""
    given = column(call, 0)
    kind = pa.list_(pa.string())
    if any(is_null(argument) for argument in call.arguments[1:]):
        return pa.nulls(call.rows, kind)
    pattern, group = understood(call.node.children[1].value), call.node.children[2].value
    texts = Texts(given)
    _doubt_odd(call, texts, pattern)
    if can_be_empty(pattern.part):
        _doubt_beyond_two_bytes(call, texts)
    search = compiled(pattern.part)
    return of_distinct(given, lambda text: [match[group] or "" for match in matches(search, text)], kind)


def _doubt_odd(call: Call, texts: Texts, pattern: Pattern) -> None:
    """Doubt texts that end in a line end where that may matter, and characters that may be of another kind."""
    if pattern.has_kinds:
        doubt_unsure(call, texts)
    if pattern.has_end and len(texts.data):
        data, ends = texts.data, texts.ends
        some = ends > texts.starts
        last, before, first = (data[np.maximum(ends - number, 0)] for number in (1, 2, 3))
        odd = (last == 10) | (last == 13) | ((last == 0x85) & (before == 0xC2))
        odd |= ((last | 1) == 0xA9) & (before == 0x80) & (first == 0xE2)
        doubt(call, odd & some, texts.array)


def _doubt_beyond_two_bytes(call: Call, texts: Texts) -> None:
    """Doubt texts with characters that Java keeps in two units, between which an empty match may be."""
    if not texts.is_ascii:
        places, codes = texts.beyond_ascii
        doubt(call, texts.flagged(places[codes > 0xFFFF]), texts.array)


def _reason(node: Node) -> str | None:
    """Tell why the pattern is not known here; None if it is."""
    pattern, *others = node.children[1:]
    if any(one.kind != "Literal" for one in node.children[1:]):
        return f"{node.kind} with a pattern or an argument that is not constant"
    if any(one.value is None for one in node.children[1:]):
        return None
    try:
        part = understood(pattern.value).part
    except (UnknownPatternError, re.error) as error:
        return f"{node.kind} with {error}"
    if node.kind == "RegExpReplace":
        return _reason_of_replacement(part, others[0].value, others[1].value)
    return _reason_of_groups(part, [others[0].value]) if others else None


def _reason_of_replacement(part: Part, replacement: str, place: int) -> str | None:
    if place != 1:
        return "regexp_replace not from the beginning"
    if not PLAIN_REPLACEMENT.fullmatch(replacement):
        return f"regexp_replace with {replacement!r}"
    if replacement and can_be_empty(part):
        return "regexp_replace of nothing with something"
    return _reason_of_groups(part, [int(digit) for digit in re.findall(r"\$([0-9])", replacement)])


def _reason_of_groups(part: Part, wanted: list[int]) -> str | None:
    """Tell why these groups are not known: engines differ in groups that are repeated or only looked at."""
    groups = [one for one in within(part) if isinstance(one, Group)]
    loops = [one for one in within(part) if isinstance(one, Look) or (isinstance(one, Repeat) and one.most != 1)]
    inside = {id(one) for loop in loops for one in within(loop)}
    if any(group < 0 or group > len(groups) or (group and id(groups[group - 1]) in inside) for group in wanted):
        return f"groups {wanted} of a pattern"
    return None


KERNELS: dict[str, Kernel] = {
    "RLike": rlike,
    "RegExpReplace": regexp_replace,
    "RegExpExtract": regexp_extract,
    "RegExpExtractAll": regexp_extract_all,
}
REFUSALS: dict[str, Refusal] = dict.fromkeys(KERNELS, _reason)
