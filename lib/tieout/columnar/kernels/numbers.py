"""How are whole numbers, and decimals, computed with?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels import decimals
from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.literals import DECIMAL, type_named
from tieout.columnar.tree import Node

WHOLES = (pa.int32(), pa.int64())
# Spark rounds decimals of more digits where it only turns their signs.
MOST_SIGNED = 34


def _added(call: Call) -> pa.Array:
    return _together(call, pc.add, 0)


def _subtracted(call: Call) -> pa.Array:
    return _together(call, pc.subtract, -1)


def _together(call: Call, function: Callable[[Any, Any], Any], turned: int) -> pa.Array:
    """Return a sum, or a difference: the right side's bits are `turned`."""
    left, right = call.arguments
    if pa.types.is_null(left.type) or pa.types.is_null(right.type):
        return pa.nulls(call.rows, type_named(str(call.node.type)))
    if pa.types.is_decimal(left.type) and pa.types.is_decimal(right.type):
        return _decimals_together(call, function)
    if left.type != right.type or left.type not in WHOLES:
        call.doubt(pa.repeat(pa.scalar(True), call.rows))
        return pa.nulls(call.rows, left.type)
    found = full(function(left, right), call.rows)
    if not (_is_small(left) and _is_small(right)):
        one, other, total = (_numbers(full(values, call.rows)) for values in (left, right, found))
        # The result has another sign than both that are added.
        call.doubt(pa.array(((one ^ total) & (other ^ turned ^ total)) < 0))
    return found


def _decimals_together(call: Call, function: Callable[[Any, Any], Any]) -> pa.Array:
    left, right = call.arguments
    kind = type_named(str(call.node.type))
    if decimals.is_exact_sum(left.type, right.type, kind):
        return full(function(left, right), call.rows)
    call.doubt(pa.repeat(pa.scalar(True), call.rows))
    return pa.nulls(call.rows, kind)


def _multiplied(call: Call) -> pa.Array:
    kind = type_named(str(call.node.type))
    if any(pa.types.is_null(argument.type) for argument in call.arguments):
        return pa.nulls(call.rows, kind)
    left, right = (full(argument, call.rows) for argument in call.arguments)
    found = decimals.product(left, right, kind)
    # What is too large fails, or is null, as the mode is.
    call.doubt(pc.and_(found.is_null(), pc.and_(left.is_valid(), right.is_valid())))
    return found


def _only_decimals(node: Node) -> str | None:
    return None if str(node.type).startswith(DECIMAL) else f"{node.kind} that is a {node.type}"


def _negative(call: Call) -> pa.Array:
    return _with_sign(call, pc.negate)


def _absolute(call: Call) -> pa.Array:
    return _with_sign(call, pc.abs)


def _with_sign(call: Call, function: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """Return values of which only the sign is another."""
    values = full(call.arguments[0], call.rows)
    if pa.types.is_null(values.type):
        return values
    if pa.types.is_decimal(values.type):
        if values.type.precision > MOST_SIGNED:
            call.doubt(pa.array(~decimals.unscaled(values)[1]))
        return function(values)
    if values.type not in WHOLES:
        call.doubt(values.is_valid())
        return pa.nulls(call.rows, values.type)
    # The least number of a type has no opposite.
    call.doubt(pc.equal(values, pa.scalar(-(2 ** (values.type.bit_width - 1)), values.type)))
    return function(values)


def _is_small(values: pa.Array | pa.Scalar) -> bool:
    """Tell whether two such numbers have a sum of their type."""
    bounds = pc.min_max(values) if isinstance(values, pa.Array) else {"min": values, "max": values}
    least, most = bounds["min"].as_py(), bounds["max"].as_py()
    half = 2 ** (values.type.bit_width - 2)
    return least is None or (least >= -half and most < half)


def _both_bits(call: Call) -> pa.Array:
    if any(pa.types.is_null(argument.type) for argument in call.arguments):
        return pa.nulls(call.rows, pa.int64())
    return full(pc.bit_wise_and(*call.arguments), call.rows)


def _numbers(values: pa.Array) -> Any:
    return np.asarray(values.fill_null(0))


REFUSALS: Mapping[str, Refusal] = {"Multiply": _only_decimals}
KERNELS: Mapping[str, Kernel] = {
    "Add": _added,
    "Subtract": _subtracted,
    "Multiply": _multiplied,
    "BitwiseAnd": _both_bits,
    "UnaryMinus": _negative,
    "Abs": _absolute,
}
