"""How are decimals computed with as whole numbers of 64 bits, which nearly all of them fit in?"""

from __future__ import annotations

import decimal
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.kernels.spans import Flags

Wholes = NDArray[np.int64]
MOST_DIGITS = 18
POWERS: Wholes = np.array([10**exponent for exponent in range(MOST_DIGITS + 1)], dtype=np.int64)
EXACT = decimal.Context(prec=100, rounding=ROUND_HALF_UP)


def unscaled(values: pa.Array) -> tuple[Wholes, Flags]:
    """Return decimals without their points, and which of them fit in 64 bits; nulls are 0."""
    if not len(values):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    halves = np.frombuffer(values.buffers()[1], dtype=np.int64).reshape(-1, 2)[values.offset :][: len(values)]
    low, high = halves[:, 0], halves[:, 1]
    known = np.asarray(values.is_valid())
    return np.where(known, low, 0), (high == low >> 63) | ~known


def made_of(numbers: Wholes, known: Flags, kind: pa.DataType) -> pa.Array:
    """Return decimals of these numbers without their points; null where not known."""
    halves = np.empty((len(numbers), 2), dtype=np.int64)
    halves[:, 0] = numbers
    halves[:, 1] = numbers >> 63
    nulls = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    return pa.Array.from_buffers(kind, len(numbers), [nulls, pa.py_buffer(halves)])


def with_scale(numbers: Wholes, scales: Wholes | np.int64, kind: pa.DataType) -> tuple[Wholes, Flags, Flags]:
    """Return numbers of these scales in the scale of a decimal type, rounded half up.

    Also which of them are too large for the type, and which cannot be computed with 64 bits.
    """
    shift = kind.scale - scales
    sizes = np.abs(numbers)
    up = POWERS[np.clip(shift, 0, MOST_DIGITS)]
    beyond = (shift > MOST_DIGITS) | (shift < -MOST_DIGITS) | (sizes > POWERS[MOST_DIGITS] // up) | (sizes < 0)
    done = np.where(beyond, 0, sizes) * up
    if (shift < 0).any():
        down = POWERS[np.clip(-shift, 0, MOST_DIGITS)]
        whole = done // down
        rest = done - whole * down
        done = whole + ((rest * 2 >= down) & (down > 1))
    large = done >= POWERS[kind.precision] if kind.precision <= MOST_DIGITS else np.zeros(len(done), dtype=np.bool_)
    return np.where(numbers < 0, -done, done), large & ~beyond, beyond


def exactly(values: Sequence[Decimal | None], kind: pa.DataType) -> list[Decimal | None]:
    """Return decimals in the scale of a type, rounded half up; None for those that are too large for it."""
    unit, most = Decimal(1).scaleb(-kind.scale, EXACT), Decimal(1).scaleb(kind.precision - kind.scale, EXACT)
    rounded = [value if value is None else value.quantize(unit, context=EXACT) for value in values]
    return [value if value is not None and abs(value) < most else None for value in rounded]


def of_decimals(given: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return decimals as decimals of another type; null where they are too large."""
    numbers, fits = unscaled(given)
    done, large, beyond = with_scale(numbers, np.int64(given.type.scale), kind)
    return _with_exact(done, given, large, beyond | ~fits, kind)


def of_wholes(given: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return whole numbers as decimals; null where they are too large."""
    numbers = np.asarray(pc.fill_null(given, 0)).astype(np.int64)
    done, large, beyond = with_scale(numbers, np.int64(0), kind)
    return _with_exact(done, given, large, beyond, kind)


def is_exact_sum(left: pa.DataType, right: pa.DataType, kind: pa.DataType) -> bool:
    """Tell whether decimals of a type are all sums, and differences, of decimals of two others."""
    scale = max(left.scale, right.scale)
    whole = max(left.precision - left.scale, right.precision - right.scale)
    return bool((whole + scale + 1, scale) == (kind.precision, kind.scale))


def product(left: pa.Array, right: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return the products of decimals as a decimal type; null where they are too large for it, or not sure."""
    digits, scale = left.type.precision + right.type.precision + 1, left.type.scale + right.type.scale
    if (digits, scale) == (kind.precision, kind.scale):
        return pc.multiply(left, right)
    # Spark rounds wide products twice: what does not fit in 64 bits, as doubles tell well enough, is not sure.
    (one, one_fits), (other, other_fits) = unscaled(left), unscaled(right)
    small = np.abs(one.astype(np.float64) * other) < POWERS[MOST_DIGITS]
    done, large, beyond = with_scale(np.where(small, one * other, 0), np.int64(scale), kind)
    known = np.asarray(pc.and_(left.is_valid(), right.is_valid()))
    return made_of(done, known & one_fits & other_fits & small & ~large & ~beyond, kind)


def _with_exact(done: Wholes, given: pa.Array, large: Flags, beyond: Flags, kind: pa.DataType) -> pa.Array:
    known = np.asarray(given.is_valid())
    found = made_of(done, known & ~large & ~beyond, kind)
    if not beyond.any():
        return found
    wide = [None if value is None else Decimal(value) for value in given.filter(pa.array(beyond)).to_pylist()]
    return pc.replace_with_mask(found, pa.array(beyond), pa.array(exactly(wide, kind), kind))
