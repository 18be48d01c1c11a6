"""Which number does a text say to Spark?

Numbers of an optional sign, digits and at most one point are read here. Of other texts it is told which surely are no
numbers; the rest, as those with spaces around or with an exponent, is doubtful.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.kernels.decimals import MOST_DIGITS, exactly, made_of, with_scale
from tieout.columnar.kernels.number_casts import narrower
from tieout.columnar.kernels.spans import Flags, Texts, numbers_before

DIGIT, SIGN, POINT, OTHER = (1 << number for number in range(4))
DOT, PLUS = b".+"
# All that Spark can read is so: with blanks around, an exponent, digits of other scripts, or words and types of Java.
MAY_BE = (
    r"(?i)^[\x00-\x20\x7f]*[+-]?("
    r"[0-9.\x{660}-\x{10ffff}]+(e[+-]?[0-9\x{660}-\x{10ffff}]+)?[fd]?|nan|inf(inity)?|0x[0-9a-f.]+p[+-]?[0-9]+[fd]?"
    r")[\x00-\x20\x7f]*\z"
)
# More digits do not come from a double, so there is no need to rely on that all round them alike.
MOST_OF_DOUBLES = 17
MOST_OF_DECIMALS = 38


@dataclass(frozen=True)
class Numbers:
    """How a column's texts are written: which are plain numbers, and which may be numbers of another spelling."""

    texts: Texts
    plain: Flags
    unsure: Flags
    digits: NDArray[np.int64]
    points: NDArray[np.int64]


def to_wholes(given: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Flags]:
    """Return whole numbers, null where a text is none; and which texts are doubtful."""
    found = _written(given)
    whole = found.plain & (found.points == 0)
    fits = whole & (found.digits <= MOST_DIGITS)
    numbers = _parsed(found, fits)
    if kind == pa.int32():
        numbers, _ = narrower(numbers, kind)
    return numbers, found.unsure | (whole & ~fits)


def to_decimals(given: pa.Array, kind: pa.DataType) -> tuple[pa.Array, Flags]:
    """Return decimals, null where a text is no number or too large; and which texts are doubtful."""
    found = _written(given)
    fits = found.plain & (found.digits <= MOST_DIGITS)
    numbers = np.asarray(pc.fill_null(_parsed(found, fits), 0))
    done, large, beyond = with_scale(numbers, _scales(found), kind)
    values = made_of(done, fits & ~large & ~beyond, kind)
    rest = found.plain & (~fits | beyond) & (found.digits <= MOST_OF_DECIMALS)
    if rest.any():
        wide = [Decimal(text) for text in given.filter(pa.array(rest)).to_pylist()]
        values = pc.replace_with_mask(values, pa.array(rest), pa.array(exactly(wide, kind), kind))
    return values, found.unsure | (found.plain & (found.digits > MOST_OF_DECIMALS))


def to_doubles(given: pa.Array) -> tuple[pa.Array, Flags]:
    """Return broken numbers, null where a text is none; and which texts are doubtful."""
    found = _written(given)
    fits = found.plain & (found.digits <= MOST_OF_DOUBLES)
    return _only(given, fits).cast(pa.float64()), found.unsure | (found.plain & ~fits)


def _written(given: pa.Array) -> Numbers:
    texts = Texts(given)
    known = np.asarray(given.is_valid())
    kinds = _kinds().take(texts.data)
    signs, points, others = (_count(kinds == kind, texts) for kind in (SIGN, POINT, OTHER))
    digits = texts.ends - texts.starts - signs - points
    in_front = (signs == 0) | ((signs == 1) & _begins_with_sign(texts, kinds))
    plain = known & (others == 0) & in_front & (points <= 1) & (digits > 0)
    unsure = known & (others > 0)
    if unsure.any():
        unsure[unsure] = np.asarray(pc.match_substring_regex(given.filter(pa.array(unsure)), MAY_BE))
    return Numbers(texts, plain, unsure, digits, points)


@cache
def _kinds() -> NDArray[np.uint8]:
    """Return by byte of which kind it is."""
    table = np.full(256, OTHER, dtype=np.uint8)
    for kind, members in ((DIGIT, b"0123456789"), (SIGN, b"+-"), (POINT, b".")):
        table[list(members)] = kind
    return table


def _count(found: Flags, texts: Texts) -> NDArray[np.int64]:
    """Return how many of these bytes each row has."""
    if not found.any():
        return np.zeros(len(texts.array), dtype=np.int64)
    return np.diff(numbers_before(found)[texts.offsets]).astype(np.int64)


def _begins_with_sign(texts: Texts, kinds: NDArray[np.uint8]) -> Flags:
    """Return where a text that has a sign begins with it."""
    if not len(kinds):
        return np.zeros(len(texts.array), dtype=np.bool_)
    found: Flags = kinds[np.minimum(texts.starts, len(kinds) - 1)] == SIGN
    return found


def _parsed(found: Numbers, fits: Flags) -> pa.Array:
    """Return as whole numbers what these texts say without their points."""
    unread = np.isin(found.texts.data, (DOT, PLUS))
    bare = found.texts.kept(~unread) if unread.any() else found.texts.array
    return _only(bare, fits).cast(pa.int64())


def _only(texts: pa.Array, rows: Flags) -> pa.Array:
    return texts if rows.all() else pc.if_else(pa.array(rows), texts, pa.scalar(None, pa.string()))


def _scales(found: Numbers) -> NDArray[np.int64]:
    """Return how many digits stand behind each plain number's point."""
    scales = np.zeros(len(found.plain), dtype=np.int64)
    if found.points.any():
        texts = found.texts
        places = np.flatnonzero(texts.data == DOT)
        rows = texts.rows_of(places)
        scales[rows] = texts.ends[rows] - places - 1
    return scales
