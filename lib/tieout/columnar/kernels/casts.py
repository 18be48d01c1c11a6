"""How are values of one type made values of another?

What cannot be converted is null for `try_cast`; it is doubtful for a cast that fails or makes something else of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tieout.columnar.kernels import number_casts, number_texts, time_texts
from tieout.columnar.kernels.call import Call, Kernel, Refusal
from tieout.columnar.kernels.number_casts import Changed, masked
from tieout.columnar.kernels.spans import Flags
from tieout.columnar.literals import flat_type
from tieout.columnar.tree import Node

Change = Callable[[pa.Array, pa.DataType], Changed]

MODES = ("ANSI", "TRY", "LEGACY")
VOID = "void"
TRUE_WORDS, FALSE_WORDS = ("t", "true", "y", "yes", "1"), ("f", "false", "n", "no", "0")
# What does not count around words: blanks and control characters.
BLANKS = "".join(map(chr, (*range(0x21), 0x7F)))
# With more digits behind the point, small decimals are written with an exponent.
MOST_WRITTEN_SCALE = 6
MICROS, MICROS_A_DAY = 1_000_000, 86_400_000_000
# Days of the years 1 to 9999, which are written with four digits.
FIRST_DAY, LAST_DAY = -719_162, 2_932_896


def cast(call: Call) -> pa.Array:
    """Return values as another type."""
    given = call.arguments[0]
    kind = flat_type(str(call.node.type))
    if kind is None or pa.types.is_null(given.type):
        return pa.nulls(call.rows, kind or pa.null())
    if isinstance(given, pa.Scalar):
        return pa.repeat(_cast_scalar(call, given, kind), call.rows)
    found, doubtful = _changed(given, kind, call.node)
    if doubtful is not None and doubtful.any():
        call.doubt(pa.array(doubtful))
    return found


def _cast_scalar(call: Call, given: pa.Scalar, kind: pa.DataType) -> pa.Scalar:
    found, doubtful = _changed(pa.array([given.as_py()], given.type), kind, call.node)
    if doubtful is not None and doubtful[0]:
        call.doubt(pa.repeat(pa.scalar(True), call.rows))
    return found[0]


def _changed(given: pa.Array, kind: pa.DataType, node: Node) -> Changed:
    if given.type == kind:
        return given, None
    change = CHANGES.get((_family(given.type), _family(kind)))
    if change is None:
        return pa.nulls(len(given), kind), np.asarray(given.is_valid())
    found, doubtful = change(given, kind)
    odd = _odd(given, found, kind, node)
    return found, odd if doubtful is None else doubtful | odd


def _odd(given: pa.Array, found: pa.Array, kind: pa.DataType, node: Node) -> Flags:
    """Return what fails in Spark, or of which an old cast makes something else."""
    odd: Flags = np.zeros(len(given), dtype=np.bool_)
    if node.value == "LEGACY" and _cuts_texts(given.type, kind):
        odd = np.asarray(pc.match_substring(given, ".").fill_null(False))
    elif node.value == "ANSI" or _wraps(kind, node):
        odd = np.asarray(found.is_null()) & np.asarray(given.is_valid())
    return odd


def _cuts_texts(given: pa.DataType, kind: pa.DataType) -> bool:
    """Tell whether an old cast takes what stands before a text's point for a whole number."""
    return bool(pa.types.is_string(given) and pa.types.is_integer(kind))


def _wraps(kind: pa.DataType, node: Node) -> bool:
    """Tell whether an old cast makes something of whole numbers that are too large."""
    return node.value == "LEGACY" and bool(pa.types.is_integer(kind))


def _family(kind: pa.DataType) -> str:
    return "decimal" if pa.types.is_decimal(kind) else str(kind)


# --- texts


def _written(given: pa.Array, kind: pa.DataType) -> Changed:
    return given.cast(kind), None


def _written_decimal(given: pa.Array, kind: pa.DataType) -> Changed:
    plain = given.type.scale <= MOST_WRITTEN_SCALE
    return given.cast(kind), None if plain else np.asarray(given.is_valid())


def _written_date(given: pa.Array, kind: pa.DataType) -> Changed:
    days = np.asarray(pc.fill_null(given.cast(pa.int32()), 0))
    return given.cast(kind), (days < FIRST_DAY) | (days > LAST_DAY)


def _text_to_truth(given: pa.Array, kind: pa.DataType) -> Changed:
    words = pc.ascii_lower(pc.ascii_trim(given, characters=BLANKS))
    true, false = (pc.is_in(words, value_set=pa.array(found)) for found in (TRUE_WORDS, FALSE_WORDS))
    return pc.if_else(true, True, pc.if_else(false, False, pa.scalar(None, pa.bool_()))), None


def _text_to_double(given: pa.Array, kind: pa.DataType) -> Changed:
    return number_texts.to_doubles(given)


def _text_to_date(given: pa.Array, kind: pa.DataType) -> Changed:
    return time_texts.to_dates(given)


def _text_to_moment(given: pa.Array, kind: pa.DataType) -> Changed:
    return time_texts.to_moments(given)


# --- dates and times, in UTC


def _to_day(given: pa.Array, kind: pa.DataType) -> Changed:
    days = np.asarray(pc.fill_null(given.cast(pa.int64()), 0)) // MICROS_A_DAY
    return masked(days.astype(np.int32), given, pa.int32()).cast(kind), None


def _to_seconds(given: pa.Array, kind: pa.DataType) -> Changed:
    return masked(np.asarray(pc.fill_null(given.cast(pa.int64()), 0)) // MICROS, given, kind), None


def _to_midnight(given: pa.Array, kind: pa.DataType) -> Changed:
    days = np.asarray(pc.fill_null(given.cast(pa.int32()), 0)).astype(np.int64)
    return masked(days * MICROS_A_DAY, given, pa.int64()).cast(kind), (days < FIRST_DAY) | (days > LAST_DAY)


WHOLES, DATE, MOMENT = ("int32", "int64"), "date32[day]", "timestamp[us, tz=UTC]"
CHANGES: Mapping[tuple[str, str], Change] = {
    ("int32", "int64"): number_casts.wider,
    ("int64", "int32"): number_casts.narrower,
    **{(whole, "double"): number_casts.to_double for whole in WHOLES},
    **{(whole, "bool"): number_casts.is_not_zero for whole in WHOLES},
    **{(whole, "decimal"): number_casts.to_decimal for whole in WHOLES},
    **{("bool", whole): number_casts.zero_or_one for whole in WHOLES},
    **{("double", whole): number_casts.truncated for whole in WHOLES},
    **{("decimal", whole): number_casts.decimal_to_whole for whole in WHOLES},
    ("decimal", "decimal"): number_casts.between_decimals,
    ("decimal", "double"): number_casts.decimal_to_double,
    **{(kind, "string"): _written for kind in (*WHOLES, "bool")},
    ("decimal", "string"): _written_decimal,
    (DATE, "string"): _written_date,
    **{("string", whole): number_texts.to_wholes for whole in WHOLES},
    ("string", "decimal"): number_texts.to_decimals,
    ("string", "double"): _text_to_double,
    ("string", "bool"): _text_to_truth,
    ("string", DATE): _text_to_date,
    ("string", MOMENT): _text_to_moment,
    (MOMENT, DATE): _to_day,
    (DATE, MOMENT): _to_midnight,
    (MOMENT, "int64"): _to_seconds,
}


# --- what is known before any row


def _reason(node: Node) -> str | None:
    """Tell why a cast is not known; what it is given is not always known before there are rows."""
    wanted, given = str(node.type), node.children[0].type
    kind = flat_type(wanted)
    if kind is None or given in (None, VOID, wanted):
        return _reason_of_mode(node) if kind is not None else f"a cast to {wanted}"
    before = flat_type(given)
    if before is None or (_family(before), _family(kind)) not in CHANGES:
        return f"a cast from {given} to {wanted}"
    return _reason_of_mode(node)


def _reason_of_mode(node: Node) -> str | None:
    return None if node.value in MODES else f"a cast in the mode {node.value}"


KERNELS: Mapping[str, Kernel] = {"Cast": cast}
REFUSALS: Mapping[str, Refusal] = {"Cast": _reason}
