"""Decimals are added and multiplied, and get other signs, as in Spark."""

from __future__ import annotations

import random
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.decimals import EXACT
from tieout.columnar.kernels.numbers import KERNELS, REFUSALS
from tieout.columnar.tree import Node

from .conftest import Judge

TYPES = {"a": (18, 2), "b": (18, 6), "c": (9, 4), "d": (38, 6), "e": (38, 18), "f": (5, 0), "g": (38, 0)}
PRODUCTS = ("a * b", "a * c", "a * a", "b * d", "d * d", "g * d", "f * f", "g * g", "f * c", "e * a", "d * f")
SUMS = (
    "a + b", "a - b", "a - a", "a - coalesce(c, 0)", "coalesce(a, 0) + f", "f - b", "a - 1", "1.5BD - c", "a - NULL",
    "CAST(a - b AS DECIMAL(18,2))", "2.5BD + 1.05BD", "a - CAST(c AS DECIMAL(37,4))", "c + CAST(a AS DECIMAL(30,18))",
)  # fmt: skip
WIDE_SUMS = ("try_add(d, d)", "try_subtract(d, e)", "try_add(a, g)", "try_subtract(g, g)", "try_add(e, e)")
# Products of so many places are all for Spark.
FINE = ("e * e", "b * 0.0010000000000000000000000000000000000BD")
PLAIN = (
    "a * 100", "c * 100", "0.01BD * a", "a * NULL",
    "CAST(a * b AS DECIMAL(18,2))", "2.5BD * 1.05BD", "abs(a)", "abs(d)", "-abs(a)", "-d", "abs(-2.5BD)", "abs(NULL)",
    "CASE WHEN f > 0 THEN a * f ELSE a END", "CASE WHEN f > 0 THEN a * 1000 WHEN f < 0 THEN a * 0.1BD ELSE a END",
)  # fmt: skip


def columns(count: int, largest: int) -> dict[str, pa.Array]:
    """Return random decimals of all sizes, up to some digits, zeros and nulls."""
    chance = random.Random(13)

    def number(precision: int, scale: int) -> Decimal | None:
        most = 10 ** chance.randrange(min(precision, largest) + 1)
        return None if chance.random() < 0.1 else decimal(chance.randrange(1 - most, most), scale)

    found = {}
    for name, (precision, scale) in TYPES.items():
        most = 10 ** min(precision, largest) - 1
        edges = [decimal(one, scale) for one in (0, most, -most, most, 5, -5)]
        values = [None, *edges, *(number(precision, scale) for _ in range(count))]
        found[name] = pa.array(values, pa.decimal128(precision, scale))
    return found


def decimal(number: int, scale: int) -> Decimal:
    return Decimal(number).scaleb(-scale, EXACT)


def tried(expressions: tuple[str, ...]) -> list[str]:
    return [f"try_multiply({one.replace(' * ', ', ')})" for one in expressions]


def test_decimals_of_all_sizes(judge: Judge) -> None:
    judge.check(columns(1000, 38), [*tried((*PRODUCTS, *FINE)), *WIDE_SUMS])
    judge.check(columns(1000, 18), SUMS[:6], most_doubtful=0)
    # Of more digits than 37 Spark makes too many.
    judge.check(columns(1000, 37), ["abs(a)", "abs(d)", "abs(g)", "-b", "-d", "-g"])


def test_ordinary_decimals_are_not_doubtful(judge: Judge) -> None:
    given = columns(1000, 9)
    judge.check(given, [*PRODUCTS, *PLAIN], most_doubtful=0)
    judge.check(given, SUMS, most_doubtful=0)
    judge.check(given, FINE)


def test_nothing(judge: Judge) -> None:
    nulls = {name: pa.nulls(3, pa.decimal128(*kind)) for name, kind in TYPES.items()}
    judge.check(nulls, [*PRODUCTS, *PLAIN, *SUMS], most_doubtful=0)


def test_whole_numbers_without_signs(judge: Judge) -> None:
    numbers = [None, 0, 1, -1, 2**31 - 1, 1 - 2**31]
    given = {"i": pa.array(numbers, pa.int32()), "l": pa.array(numbers, pa.int64())}
    judge.check(given, ["abs(i)", "abs(l)", "-i", "-abs(l)"], most_doubtful=0)


def test_slices_and_batches_without_rows() -> None:
    given = pa.array([Decimal("1.50"), None, Decimal("-2.50"), Decimal("9.99")], pa.decimal128(3, 2))
    node = Node("Multiply", type="decimal(7,4)")
    for values in (given.slice(1), given.slice(4)):
        found = KERNELS["Multiply"](Call(node, [values, values], len(values), lambda rows: None))
        wanted = [None, Decimal("6.2500"), Decimal("99.8001")] if len(values) else []
        assert found.to_pylist() == wanted
        found = KERNELS["Abs"](Call(Node("Abs"), [values], len(values), lambda rows: None))
        assert found.to_pylist() == [None, Decimal("2.50"), Decimal("9.99")][: len(values)]


def test_what_fails_in_spark_is_doubtful() -> None:
    assert doubts("Abs", pa.array([1, None, -(2**31)], pa.int32())) == [False, False, True]
    wide = pa.array([Decimal(3), None, Decimal(10) ** 37], pa.decimal128(38, 0))
    assert doubts("Multiply", wide, wide, type="decimal(38,0)") == [False, False, True]
    assert doubts("Abs", pa.array([1.5, None, -0.0])) == [True, False, True]


def doubts(kind: str, *arguments: pa.Array, type: str | None = None) -> list[bool]:
    found: list[list[bool | None]] = []
    KERNELS[kind](Call(Node(kind, type=type), arguments, 3, lambda rows: found.append(rows.to_pylist())))
    return [bool(one) for one in np.any(found, axis=0)]


@pytest.mark.parametrize("type", ["int", "bigint", "double", "interval year to month"])
def test_products_of_others_are_refused(type: str) -> None:
    assert REFUSALS["Multiply"](Node("Multiply", type=type)) is not None
