"""Which dates and moments do others become by what is added to them, or in a time zone?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.columnar.kernels.call import Call, Kernel, Refusal, full
from tieout.columnar.kernels.casts import FIRST_DAY, LAST_DAY, MICROS, MICROS_A_DAY
from tieout.columnar.kernels.number_casts import masked
from tieout.columnar.tree import TO_UTC, Node

Wholes = NDArray[np.int64]
MOMENT, DAY = pa.timestamp("us", tz="UTC"), pa.date32()
# Moments of the years 1 to 9999.
FIRST, LAST = FIRST_DAY * MICROS_A_DAY, (LAST_DAY + 1) * MICROS_A_DAY - 1
MICROS_A_MILLI = 1000
# By unit, how many microseconds it has: months and years have not always as many.
UNITS = {
    "MICROSECOND": 1, "MILLISECOND": MICROS_A_MILLI, "SECOND": MICROS, "MINUTE": 60 * MICROS, "HOUR": 3600 * MICROS,
    "DAY": MICROS_A_DAY, "WEEK": 7 * MICROS_A_DAY,
}  # fmt: skip


def of_millis(call: Call) -> pa.Array:
    """Return the moments that are so many milliseconds after 1970 began."""
    given = full(call.arguments[0], call.rows)
    return pa.nulls(call.rows, MOMENT) if pa.types.is_null(given.type) else _moments(call, given, MICROS_A_MILLI)


def later(call: Call) -> pa.Array:
    """Return moments with so many of a unit added; in UTC all days are as long."""
    count, moments = (full(argument, call.rows) for argument in call.arguments)
    if pa.types.is_null(count.type) or pa.types.is_null(moments.type):
        return pa.nulls(call.rows, MOMENT)
    if moments.type != MOMENT:
        call.doubt(moments.is_valid())
        return pa.nulls(call.rows, MOMENT)
    return _moments(call, count, UNITS[call.node.value], moments)


def _moments(call: Call, count: pa.Array, unit: int, start: pa.Array | None = None) -> pa.Array:
    """Return moments that are so many units after others, or 1970; those beyond the calendar are doubtful."""
    numbers = _numbers(count)
    known = np.asarray(count.is_valid())
    since: Wholes | int = 0
    if start is not None:
        since = _numbers(start)
        known &= np.asarray(start.is_valid())
    # Of more units the product may not fit; of fewer, and moments of the calendar, the sum does.
    few = (numbers >= FIRST * 2 // unit) & (numbers <= LAST * 2 // unit) & (since >= FIRST) & (since <= LAST)
    found = np.where(few, numbers, 0) * unit + np.where(few, since, 0)
    return _sure(call, found, few & (found >= FIRST) & (found <= LAST), known).cast(MOMENT)


def days_later(call: Call) -> pa.Array:
    """Return dates with so many days added."""
    dates, count = (full(argument, call.rows) for argument in call.arguments)
    if pa.types.is_null(dates.type) or pa.types.is_null(count.type):
        return pa.nulls(call.rows, DAY)
    found = _numbers(dates) + _numbers(count)
    known = np.asarray(dates.is_valid()) & np.asarray(count.is_valid())
    return _sure(call, found, (found >= FIRST_DAY) & (found <= LAST_DAY), known).cast(pa.int32()).cast(DAY)


def _sure(call: Call, found: Wholes, sure: NDArray[np.bool_], known: NDArray[np.bool_]) -> pa.Array:
    """Return what is known and sure; what is known only is doubtful."""
    if not sure.all():
        call.doubt(pa.array(known & ~sure))
    return pa.array(found, mask=~(known & sure))


def to_utc(call: Call) -> pa.Array:
    """Return the moments at which clocks of a zone show what clocks of UTC do at the given ones."""
    given = full(call.arguments[0], call.rows)
    if pa.types.is_null(given.type):
        return pa.nulls(call.rows, MOMENT)
    starts, offsets, end = _offsets(call.node.value)
    clocks = _numbers(given)
    places = np.searchsorted(starts, clocks, side="right") - 1
    call.doubt(pa.array(np.asarray(given.is_valid()) & ((places < 0) | (clocks >= end))))
    return masked(clocks - offsets[np.maximum(places, 0)], given, pa.int64()).cast(MOMENT)


@lru_cache(maxsize=100)
def _offsets(written: str) -> tuple[Wholes, Wholes, int]:
    """Return from which time on a zone's clocks are how far ahead of UTC, and until when that is known."""
    found = np.array(json.loads(written), dtype=np.int64) * MICROS
    return found[:-1, 0], found[:-1, 1], int(found[-1, 0])


def _numbers(values: pa.Array) -> Wholes:
    """Return values as numbers, of which nulls are 0."""
    bare = values.cast(pa.int32()) if values.type == DAY else values
    return np.asarray(bare.cast(pa.int64()).fill_null(0))


def _reason_of_unit(node: Node) -> str | None:
    return None if node.value in UNITS else f"timestampadd of {node.value}"


KERNELS: Mapping[str, Kernel] = {
    "MillisToTimestamp": of_millis,
    "TimestampAdd": later,
    "DateAdd": days_later,
    TO_UTC: to_utc,
}
REFUSALS: Mapping[str, Refusal] = {"TimestampAdd": _reason_of_unit}
