"""How are numbers of one type made numbers of another?"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.kernels import decimals
from tieout.columnar.kernels.spans import Flags

# What an array's values become in a type, null where they cannot; and which results are doubtful.
Changed = tuple[pa.Array, Flags | None]
# Doubles are exact up to here, and powers of ten up to 10^22.
EXACT_DOUBLES, EXACT_POWERS = 2**53, 22
LIMITS = {pa.int32(): 2**31, pa.int64(): 2**63}


def wider(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return whole numbers as larger ones."""
    return given.cast(kind), None


def narrower(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return whole numbers as smaller ones, null where they are too large."""
    inside = pc.and_(pc.greater_equal(given, -LIMITS[kind]), pc.less(given, LIMITS[kind]))
    return pc.if_else(inside, given, pa.scalar(None, given.type)).cast(kind), None


def to_double(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return whole numbers as doubles."""
    numbers = np.asarray(pc.fill_null(given, 0)).astype(np.float64)
    return masked(numbers, given, kind), None


def is_not_zero(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return whole numbers as truth values."""
    return pc.not_equal(given, pa.scalar(0, given.type)), None


def zero_or_one(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return truth values as whole numbers."""
    return given.cast(kind), None


def truncated(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return doubles as whole numbers, without what is behind the point."""
    numbers = np.asarray(pc.fill_null(given, 0.0))
    # What is nearly too large, or no number at all, is not decided here.
    odd = ~(np.abs(numbers) < LIMITS[kind] - 1024)
    whole = np.trunc(np.where(odd, 0, numbers)).astype(np.int64)
    return masked(whole, given, pa.int64()).cast(kind), odd & np.asarray(given.is_valid())


def to_decimal(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return whole numbers as decimals, null where they are too large."""
    return decimals.of_wholes(given, kind), None


def between_decimals(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return decimals as others, null where they are too large."""
    return decimals.of_decimals(given, kind), None


def decimal_to_whole(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return decimals as whole numbers, without what is behind the point; null where they are too large."""
    numbers, fits = decimals.unscaled(given)
    # Spark takes a double on the way to an int.
    odd = ~fits | (np.abs(numbers) > EXACT_DOUBLES) if kind == pa.int32() else ~fits
    if given.type.scale > decimals.MOST_DIGITS:
        return pa.nulls(len(given), kind), np.asarray(given.is_valid())
    sizes = np.abs(numbers) // decimals.POWERS[given.type.scale]
    whole = masked(np.where(numbers < 0, -sizes, sizes), given, pa.int64())
    found = whole if kind == pa.int64() else narrower(whole, kind)[0]
    return found, odd & np.asarray(given.is_valid())


def decimal_to_double(given: pa.Array, kind: pa.DataType) -> Changed:
    """Return decimals as doubles."""
    numbers, fits = decimals.unscaled(given)
    scale = given.type.scale
    exact = fits & (np.abs(numbers) <= EXACT_DOUBLES) & (scale <= EXACT_POWERS)
    return masked(numbers / 10.0**scale, given, kind), ~exact & np.asarray(given.is_valid())


def masked(numbers: NDArray[np.generic], given: pa.Array, kind: pa.DataType) -> pa.Array:
    """Return numbers as values of a type, null where what is given is."""
    return pa.array(numbers, kind, mask=np.asarray(given.is_null()) if given.null_count else None)
