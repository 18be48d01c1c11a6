"""Which moment does a text say to Spark?

Read here are `2024-01-31`, with a time after a space or a `T` as `12:30`, `12:30:59` and `12:30:59.123456`, the last
two also with a zone: `Z`, `+01:00`, `+0100`. Of others it is told which surely are no dates; the rest is doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tieout.columnar.kernels.spans import Flags, Texts

Numbers = NDArray[np.int64]
Wholes = NDArray[np.int32]
Grid = NDArray[np.uint8]
DATE, MINUTE, SECOND, ZONE = 10, 16, 19, 6
# Digits of a second that are looked at, and that count.
FRACTION, FRACTION_READ = 9, 6
MICROS, SECONDS_A_DAY = 1_000_000, 86_400
MOST_HOURS_OF_ZONE = 18
# All that Spark can read begins so: a year, a month and a day with something behind, or an hour.
DAY = r"(?s)^[\x00-\x20\x7f]*[+-]?[0-9]{4,7}(-[0-9]{1,2}(-[0-9]{1,2}%s)?)?[\x00-\x20\x7f]*\z"
MAY_BE_DATE = DAY % "([ T].*)?"
MAY_BE_MOMENT = DAY % "([ T]([0-9]{1,2}(:.*)?)?)?" + r"|^[\x00-\x20\x7f]*(T[0-9]|[0-9]{1,2}:)"
# What most exports write, of days that all months have: Arrow reads it as Spark does.
USUAL_MOMENT = (
    r"^[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[ T]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    r"(\.[0-9]{1,6})?(Z|\+00:?00)\z"
)
MOMENT = pa.timestamp("us", tz="UTC")
DIGITS = b"0123456789"
BEFORE_MONTH: Wholes = np.array([0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334], dtype=np.int32)
OF_MONTH: Wholes = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.int32)
DAYS_TO_1970 = 719_162


@dataclass(frozen=True)
class Read:
    """What texts say: `plain` are those that were understood, `there` those of them that are in the calendar."""

    plain: Flags
    there: Flags
    values: Numbers


def to_dates(given: pa.Array) -> tuple[pa.Array, Flags]:
    """Return dates, null where a text is none; and which texts are doubtful. A time behind the date is not read."""
    texts = Texts(given)
    grid, lengths = _grid(texts, 0, DATE + 1), _lengths(texts)
    found = _dates(grid)
    plain = found.plain & np.asarray(given.is_valid()) & ((lengths == DATE) | np.isin(grid[DATE], list(b" T")))
    days = pa.array(found.values.astype(np.int32), mask=~(plain & found.there)).cast(pa.date32())
    return days, _unsure(given, plain, MAY_BE_DATE)


def to_moments(given: pa.Array) -> tuple[pa.Array, Flags]:
    """Return moments, those without a zone in UTC, null where a text is none; and which texts are doubtful."""
    usual = pc.fill_null(pc.match_substring_regex(given, USUAL_MOMENT), False)
    moments = pc.if_else(usual, given, pa.scalar(None, pa.string())).cast(MOMENT)
    others = np.asarray(given.is_valid()) & ~np.asarray(usual)
    if not others.any():
        return moments, others
    rows = pa.array(others)
    found, doubtful = _moments(given.filter(rows))
    others[others] = doubtful
    return pc.replace_with_mask(moments, rows, found), others


def _moments(given: pa.Array) -> tuple[pa.Array, Flags]:
    texts = Texts(given)
    known, lengths = np.asarray(given.is_valid()), _lengths(texts)
    grid = _grid(texts, 0, SECOND)
    dates = _dates(grid)
    plain, there = dates.plain & known, dates.there.copy()
    micros = dates.values * np.int64(SECONDS_A_DAY * MICROS)
    timed = plain & (lengths != DATE)
    if timed.any():
        rows = np.flatnonzero(timed)
        times = _times(grid[:, rows], texts, rows, lengths[rows])
        plain[rows], there[rows] = times.plain, there[rows] & times.there
        micros[rows] += times.values
    moments = pa.array(micros, mask=~(plain & there)).cast(MOMENT)
    return moments, _unsure(given, plain, MAY_BE_MOMENT)


def _lengths(texts: Texts) -> Numbers:
    return (texts.ends - texts.starts).astype(np.int64)


def _grid(texts: Texts, start: int | Numbers, width: int, rows: NDArray[np.intp] | None = None) -> Grid:
    """Return the bytes from a place on of each text, or of these: one row for each place, zeros behind an end."""
    starts, ends = (texts.starts, texts.ends) if rows is None else (texts.starts[rows], texts.ends[rows])
    padded = np.zeros(len(texts.data) + width, dtype=np.uint8)
    padded[: len(texts.data)] = texts.data
    places = np.minimum(starts + start, len(texts.data))
    found = np.ascontiguousarray(sliding_window_view(padded, width)[places].T)
    left = np.minimum(ends - places, width).astype(np.int8)
    if np.any(left < width):
        found *= np.arange(width, dtype=np.int8)[:, None] < left
    return found


def _number(grid: Grid, start: int, count: int) -> tuple[Wholes, Flags]:
    """Return what digits say, and where there are digits."""
    digits = grid[start : start + count] - np.uint8(DIGITS[0])
    value = np.zeros(grid.shape[1], dtype=np.int32)
    for digit in digits:
        value *= 10
        value += digit
    known: Flags = np.all(digits <= 9, axis=0)
    return value, known


def _dates(grid: Grid) -> Read:
    """Return days since 1970."""
    (year, one), (month, two), (day, three) = _number(grid, 0, 4), _number(grid, 5, 2), _number(grid, 8, 2)
    plain = one & two & three & (grid[4] == ord("-")) & (grid[7] == ord("-")) & (year > 0)
    there = (month >= 1) & (month <= 12)
    month = np.where(there, month, 1)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    there &= (day >= 1) & (day <= OF_MONTH[month] + (leap & (month == 2)))
    past = year - 1
    days = past * 365 + past // 4 - past // 100 + past // 400 + BEFORE_MONTH[month] + (leap & (month > 2)) + day - 1
    return Read(plain, there, (days - DAYS_TO_1970).astype(np.int64))


def _times(grid: Grid, texts: Texts, rows: NDArray[np.intp], lengths: Numbers) -> Read:
    """Return microseconds of the day, in UTC, of these rows."""
    (hour, one), (minute, two), (second, three) = (_number(grid, place, 2) for place in (11, 14, 17))
    no_seconds = lengths == MINUTE
    plain = one & two & np.isin(grid[DATE], list(b" T")) & (grid[13] == ord(":"))
    plain &= no_seconds | (three & (grid[MINUTE] == ord(":")))
    second = np.where(no_seconds, 0, second)
    there = (hour < 24) & (minute < 60) & (second < 60)
    micros = ((hour * 60 + minute) * 60 + second) * np.int64(MICROS)
    long = np.flatnonzero(plain & (lengths > SECOND))
    if len(long):
        tails = _tails(texts, rows[long], lengths[long])
        plain[long] = tails.plain
        micros[long] += tails.values
    return Read(plain, there, micros)


def _tails(texts: Texts, rows: NDArray[np.intp], lengths: Numbers) -> Read:
    """Return the microseconds that a fraction and a zone add."""
    grid = _grid(texts, SECOND, 1 + FRACTION, rows)
    pointed = grid[0] == ord(".")
    # Digits count as long as all before them are digits.
    micros, count, going_on = np.zeros(len(rows), dtype=np.int32), np.zeros(len(rows), dtype=np.int32), pointed
    for place, digit in enumerate(grid[1:] - np.uint8(DIGITS[0])):
        going_on = going_on & (digit <= 9)
        count += going_on
        if place < FRACTION_READ:
            micros *= 10
            micros += digit * going_on
    start = SECOND + pointed + count
    zones = _zones(_grid(texts, start, ZONE, rows), lengths - start)
    return Read(zones.plain & (~pointed | (count > 0)), zones.there, micros - zones.values)


def _zones(grid: Grid, lengths: Numbers) -> Read:
    """Return by how many microseconds zones are ahead of UTC."""
    utc = (lengths == 0) | ((lengths == 1) & (grid[0] == ord("Z")))
    ahead, behind = grid[0] == ord("+"), grid[0] == ord("-")
    hours, one = _number(grid, 1, 2)
    (with_colon, two), (without, three) = _number(grid, 4, 2), _number(grid, 3, 2)
    colon = (lengths == ZONE) & (grid[3] == ord(":")) & two
    bare = (lengths == ZONE - 1) & three
    minutes = np.where(colon, with_colon, without)
    known = (ahead | behind) & one & (colon | bare) & (hours < MOST_HOURS_OF_ZONE) & (minutes < 60)
    offset = np.where(known, (hours * 60 + minutes) * np.int64(60 * MICROS), 0)
    return Read(utc | known, utc | known, np.where(behind, -offset, offset))


def _unsure(given: pa.Array, plain: Flags, may_be: str) -> Flags:
    """Return which texts may be dates of another spelling."""
    unsure: Flags = ~plain & np.asarray(given.is_valid())
    if unsure.any():
        unsure[unsure] = np.asarray(pc.match_substring_regex(given.filter(pa.array(unsure)), may_be))
    return unsure
