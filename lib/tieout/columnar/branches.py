"""Which expressions are computed of some rows only, as in Spark?

What a CASE, an OR or a coalesce does not need is not computed: later branches are, for those rows that get there, as
views on them. Most are odd cases, which most batches do not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.columns import Truths
from tieout.columnar.literals import scalar_of
from tieout.columnar.tree import LITERAL, Node

if TYPE_CHECKING:
    from tieout.columnar.evaluate import Rows

Values: TypeAlias = pa.Array | pa.Scalar
# More parts are gathered faster than put one into the other.
MOST_REPLACED = 3


def _case(rows: Rows, node: Node) -> Values:
    """Conditions and results alternate; one more is for all other rows."""
    pairs = list(zip(node.children[::2], node.children[1::2], strict=False))
    rest = node.children[-1] if len(node.children) % 2 else None
    left = np.ones(rows.length, dtype=np.bool_)
    parts: list[tuple[Truths, Node]] = []
    for condition, result in pairs:
        if not left.any():
            break
        chosen = _true_of(rows, condition, left)
        parts.append((chosen, result))
        left = left & ~chosen
    if rest is not None:
        parts.append((left, rest))
    return _put_together(rows, parts)


def _if(rows: Rows, node: Node) -> Values:
    condition, one, other = node.children
    truth = rows.argument(condition)
    if isinstance(truth, pa.Scalar):
        return rows.argument(one if truth.as_py() else other)
    chosen, _ = rows.truths(condition)
    return _put_together(rows, [(chosen, one), (~chosen, other)])


def _coalesced(rows: Rows, node: Node) -> Values:
    first, *others = node.children
    found = rows.argument(first)
    for other in others:
        if isinstance(found, pa.Scalar):
            found = found if found.is_valid else rows.argument(other)
        elif not found.null_count:
            break
        else:
            found = _filled(rows, found, other)
    return found


def _filled(rows: Rows, found: pa.Array, other: Node) -> pa.Array:
    """Return values with others where they are null."""
    given = scalar_of(other) if other.kind == LITERAL else None
    if given is not None and found.type == given.type and not pa.types.is_nested(found.type):
        return found.fill_null(given) if given.is_valid else found
    missing = np.asarray(pc.is_null(found))
    return rows.full(_put_together(rows, [(~missing, found), (missing, other)]))


def _and(rows: Rows, node: Node) -> Values:
    return _combined(rows, node, decides=False)


def _or(rows: Rows, node: Node) -> Values:
    return _combined(rows, node, decides=True)


def _combined(rows: Rows, node: Node, decides: bool) -> Values:
    """Return `and` or `or`: rows that the left side decides do not look at the right side."""
    left, right = node.children
    truth = rows.argument(left)
    if isinstance(truth, pa.Scalar) and truth.is_valid:
        return truth if truth.as_py() is decides else rows.argument(right)
    true, false = rows.truths(left)
    decided = true if decides else false
    if decided.all():
        return pa.scalar(decides)
    other_true, other_false = _truths_of(rows, right, ~decided)
    if decides:
        found, known = true | other_true, true | other_true | (false & other_false)
    else:
        found, known = true & other_true, false | other_false | (true & other_true)
    return pa.array(found, mask=None if known.all() else ~known)


def _transformed(rows: Rows, node: Node) -> Values:
    """Return lists of what a function makes of each item; the function has no other argument."""
    lists = rows.value(node.children[0])
    body, variable = node.children[1].children
    if pa.types.is_null(lists.type):
        return lists
    items = rows.items(variable.value, lists)
    return pa.ListArray.from_arrays(_offsets(lists), items.value(body), mask=pc.is_null(lists))


def _offsets(lists: pa.ListArray) -> pa.Array:
    """Return where each list starts in all items, of which null lists have none, and the last one ends."""
    sizes = np.asarray(pc.list_value_length(lists).fill_null(0))
    return pa.array(np.concatenate(([0], np.cumsum(sizes))), pa.int32())


def _true_of(rows: Rows, condition: Node, where: Truths) -> Truths:
    """Return where a condition is true, of the rows that are asked about."""
    return _truths_of(rows, condition, where)[0]


def _truths_of(rows: Rows, condition: Node, where: Truths) -> tuple[Truths, Truths]:
    """Return where a condition is true and where it is false, of the rows that are asked about."""
    if rows.known(condition) is not None or where.all():
        true, false = rows.truths(condition)
        return true & where, false & where
    nearly_all = rows.nearly_all(where)
    if nearly_all is not None:
        true, false = nearly_all.truths(condition)
        return true & where, false & where
    true, false = np.zeros(rows.length, dtype=np.bool_), np.zeros(rows.length, dtype=np.bool_)
    if where.any():
        true[where], false[where] = rows.some(where).truths(condition)
    return true, false


def _put_together(rows: Rows, parts: Sequence[tuple[Truths, Node | pa.Array]]) -> Values:
    """Return values, each from the part that the row belongs to; null for a row of none."""
    found = [(where, part) for where, part in parts if where.any()]
    if not found:
        return pa.scalar(None)
    if len(found) == 1 and found[0][0].all():
        part = found[0][1]
        return rows.argument(part) if isinstance(part, Node) else part
    values = [(where, _values(rows, where, part)) for where, part in found]
    missing = ~np.logical_or.reduce([where for where, _ in found])
    replaced = _replaced(rows, values, missing)
    return _gathered(rows, values, missing) if replaced is None else replaced


def _replaced(rows: Rows, parts: list[tuple[Truths, Values]], missing: Truths) -> pa.Array | None:
    """Return one part's values with those of the others in their rows; None where that is not simple.

    Some part has to have values of all rows, which are no texts: these are gathered faster.
    """
    whole = [value for _, value in parts if _is_whole(rows, value)]
    if not whole or len(parts) > MOST_REPLACED:
        return None
    first = found = whole[0]
    kinds = {value.type for _, value in parts} - {pa.null()}
    if kinds != {first.type} or not pa.types.is_primitive(first.type):
        return None
    for where, value in parts:
        if value is not first:
            there = value.filter(pa.array(where)) if _is_whole(rows, value) else value
            found = pc.replace_with_mask(found, pa.array(where), there.cast(first.type))
    return pc.replace_with_mask(found, pa.array(missing), pa.scalar(None, found.type)) if missing.any() else found


def _is_whole(rows: Rows, value: Values) -> bool:
    return isinstance(value, pa.Array) and len(value) == rows.length


def _gathered(rows: Rows, parts: list[tuple[Truths, Values]], missing: Truths) -> pa.Array:
    """Return all parts' values, in the order of the rows."""
    places = np.zeros(rows.length, dtype=np.int64)
    start = 0
    pieces = []
    for where, value in parts:
        piece = pa.repeat(value, 1) if isinstance(value, pa.Scalar) else value
        if isinstance(value, pa.Scalar):
            places[where] = start
        elif _is_whole(rows, value):
            places[where] = start + np.flatnonzero(where)
        else:
            places[where] = np.arange(start, start + len(piece))
        start += len(piece)
        pieces.append(piece)
    return _concatenated(pieces).take(pa.array(places, mask=missing if missing.any() else None))


def _values(rows: Rows, where: Truths, part: Node | pa.Array) -> Values:
    """Return the values of a part's rows, or of all rows; a scalar where they are all the same."""
    if not isinstance(part, Node):
        return part
    known = rows.known(part)
    if known is not None:
        return known
    nearly_all = rows.nearly_all(where)
    return (rows.some(where) if nearly_all is None else nearly_all).argument(part)


def _concatenated(values: list[pa.Array]) -> pa.Array:
    kinds = [value.type for value in values if not pa.types.is_null(value.type)]
    kind = kinds[0] if kinds else pa.null()
    return pa.concat_arrays([value if value.type == kind else value.cast(kind) for value in values])


LAZY: Mapping[str, Callable[[Rows, Node], Values]] = {
    "CaseWhen": _case,
    "If": _if,
    "Coalesce": _coalesced,
    "And": _and,
    "Or": _or,
    "ArrayTransform": _transformed,
}
