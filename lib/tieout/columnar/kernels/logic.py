"""How are values compared, and how do truths combine?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.tree import ATTRIBUTE, VARIABLE, Node, below


def _compared(function: Callable[[Any, Any], Any]) -> Kernel:
    def compare(call: Call) -> pa.Array:
        left, right = call.arguments
        if pa.types.is_null(left.type) or pa.types.is_null(right.type):
            return pa.nulls(call.rows, pa.bool_())
        if left.type != right.type or pa.types.is_floating(left.type):
            # Spark compares values of one type, and has an order of its own for what is no number.
            call.doubt(pc.fill_null(pc.is_valid(full(left, call.rows)), False))
        return full(function(left, right), call.rows)

    return compare


def _same(call: Call) -> pa.Array:
    """Return whether both are the same, null being the same as null."""
    left, right = (full(value, call.rows) for value in call.arguments)
    nothing = pc.and_(pc.is_null(left), pc.is_null(right))
    return pc.or_(nothing, pc.fill_null(_compared(pc.equal)(call), False))


def _is_in(call: Call) -> pa.Array:
    value = full(call.arguments[0], call.rows)
    if pa.types.is_null(value.type):
        return pa.nulls(call.rows, pa.bool_())
    listed = [item.as_py() for item in call.arguments[1:]]
    found = pc.is_in(value, value_set=pa.array([item for item in listed if item is not None], value.type))
    unknown = pc.is_null(value)
    if None in listed:
        unknown = pc.or_(unknown, pc.invert(found))
    return pc.if_else(unknown, pa.scalar(None, pa.bool_()), found)


def _only_constants(node: Node) -> str | None:
    constant = all(one.kind not in (ATTRIBUTE, VARIABLE) for child in node.children[1:] for one in below(child))
    return None if constant else "In with a column"


def _not(call: Call) -> pa.Array:
    return pc.invert(full(call.arguments[0], call.rows).cast(pa.bool_()))


def _is_null(call: Call) -> pa.Array:
    return pc.is_null(full(call.arguments[0], call.rows))


def _is_not_null(call: Call) -> pa.Array:
    return pc.is_valid(full(call.arguments[0], call.rows))


KERNELS: Mapping[str, Kernel] = {
    "EqualTo": _compared(pc.equal),
    "LessThan": _compared(pc.less),
    "LessThanOrEqual": _compared(pc.less_equal),
    "GreaterThan": _compared(pc.greater),
    "GreaterThanOrEqual": _compared(pc.greater_equal),
    "EqualNullSafe": _same,
    "In": _is_in,
    "Not": _not,
    "IsNull": _is_null,
    "IsNotNull": _is_not_null,
}
REFUSALS: Mapping[str, Refusal] = {"In": _only_constants}
