"""Texts become numbers, dates and moments as in Spark; numbers become others."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.casts import REFUSALS, cast
from tieout.columnar.tree import Node

from .conftest import Judge, odd_texts, ordinary_texts

NUMBERS = [
    "0", "-0", "+5", "5.", ".5", "-.5", "+.", ".", "-", "+", "1.5", "-1.5", "0.0000005", "-0.0000005",
    "0.00000049999", "1e3",
    "1E-3", "1e", "12 ", " 12", "1 2", "\t7", "7\n", "--1", "1-", "1-2", "+-1", "1.2.3", "1,5", "NaN", "nan",
    "Infinity", "-inf",
    "1d", "1f", "1D", "0x1p3", "0x10", "1L", "007", "0000000000000000000000000001", "2147483647", "2147483648",
    "-2147483648",
    "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "999999999999999999",
    "1000000000000000000", "123456789012345678901234567890", "12345678901234567890123456789012345678",
    "123456789012345678901234567890123456789", "99999999999999999999999999999999.9999995", "0.1",
    "0.30000000000000004",
    "1234567890.12345678901234567890", "9999999999999999.995", "9999999999999999.994", "1_000", "١٢", "１２", "12€",
    "12 EUR",
    "4.35", "1.005", "2.675", "179769313486231570000", "0.1234567890123456", "true", "12\x7f", "\x0012", "12é",
    "1.0", "100.000",
]  # fmt: skip
MOMENTS = [
    "2024-01-31", "2024-02-29", "2023-02-29", "2024-02-30", "2024-13-01", "2024-00-10", "2024-1-2", "2024-01",
    "2024", "20240131",
    "0000-00-00", "0000-01-01", "0001-01-01", "9999-12-31", "1582-10-10", "1900-02-29", "2000-02-29",
    "12024-01-01", "-2024-01-01",
    "2024-01-31 12:30", "2024-01-31T12:30:59", "2024-01-31 12:30:59.1", "2024-01-31 12:30:59.123456",
    "2024-01-31 12:30:59.123456789",
    "2024-01-31 12:30:59.1234567891", "2024-01-31 24:00:00", "2024-01-31 23:60:00", "2024-01-31 23:59:60",
    "2024-01-31 1:2:3",
    "2024-01-31T12:30:59Z", "2024-01-31T12:30:59.000Z", "2024-01-31T12:30:59.000+0000", "2024-01-31T12:30:59+01:00",
    "2024-01-31T12:30:59-0530", "2024-01-31T12:30:59 +01:00", "2024-01-31T12:30:59+1:00",
    "2024-01-31T12:30:59+19:00",
    "2024-01-31T12:30:59-18:00", "2024-01-31T12:30:59.5+18:01", "2024-01-31T12:30:59+01",
    "2024-01-31T12:30:59 Europe/Berlin",
    "2024-01-31T12:30:59 UTC", "2024-01-31T12:30:59.", "2024-01-31T12:30:59.Z", "2024-01-31T12:30Z", "2024-01-31Z",
    "2024-01-31T",
    "2024-01-31 ", " 2024-01-31", "2024-01-31x", "2024-01-31 x", "31.12.2023", "12/31/2023", "12-31-2023", "now",
    "today", "T12:30",
    "+2024-01-31", "2024-01-31\n", "2024-01-31\x00", "2024/01/31", "2024-01-31t12:30:59", "２０２４-01-31",
    "2024-01-31T12:30:59z",
    "2024-01-31 12:30:59,123", "1969-12-31 23:59:59.999999", "1700-01-01T00:00:00Z", "2024-06-31", "2024-01-3",
    "2024-01-311",
    "2024-01-31  12:30:59", "2024-01-31 12:3", "2024-01-31 12", "2024-01-31T12:30:5", "2024-01-31T12:30:59+01:60",
    "n/a-20240101",
    "2024-01-31T12:30:59.123+02:00", "2024-01-31T12:30:59.999999Z", "1234567", "123456-01-01", "1234567-01-01",
    "2024-\x7f",
]  # fmt: skip
WORDS = [
    "t",
    "TRUE",
    "Yes",
    "y",
    "1",
    "f",
    "False",
    "no",
    "N",
    "0",
    "on",
    "off",
    " true",
    "true\n",
    "tru",
    "",
    "10",
    "ｙ",
    "ſ",
]
OF_TEXT = (
    "INT",
    "BIGINT",
    "DOUBLE",
    "BOOLEAN",
    "DATE",
    "TIMESTAMP",
    "DECIMAL(38,6)",
    "DECIMAL(18,2)",
    "DECIMAL(5,0)",
    "STRING",
)


def tries(column: str, kinds: tuple[str, ...]) -> list[str]:
    return [f"try_cast({column} AS {kind})" for kind in kinds]


def random_texts(count: int) -> list[str]:
    chance = random.Random(11)
    digits = [
        "".join(chance.choices("0123456789.-+eE ", [4] * 10 + [3, 1, 1, 1, 1, 1], k=chance.randrange(1, 24)))
        for _ in range(count)
    ]
    times = []
    for text in chance.choices(MOMENTS, k=count):
        place = chance.randrange(len(text))
        times.append(text[:place] + chance.choice("0123456789-:.TZ +") + text[place + chance.randrange(2) :])
    return digits + times


def test_texts(judge: Judge) -> None:
    texts = [*NUMBERS, *MOMENTS, *WORDS, *random_texts(3000), *odd_texts(500)]
    judge.check({"t": pa.array(texts, pa.string())}, tries("t", OF_TEXT))


def test_old_casts_cut_texts(judge: Judge) -> None:
    texts = [*NUMBERS, *MOMENTS, *WORDS, *random_texts(1000), *odd_texts(500)]
    judge.check({"t": pa.array(texts, pa.string())}, ["CAST(t AS INT)", "CAST(t AS BIGINT)"])
    judge.check({"t": ["12", "", "n/a", None, "-7", "+3", "3000000000"] * 20}, ["CAST(t AS INT)"], most_doubtful=0)


def test_ordinary_texts_are_not_doubtful(judge: Judge) -> None:
    judge.check({"t": ordinary_texts(1000)}, tries("t", OF_TEXT[1:]), most_doubtful=0.02)
    chance = random.Random(3)
    start = datetime(1990, 1, 1, tzinfo=UTC)
    moments = [
        start + timedelta(seconds=chance.randrange(10**9), microseconds=chance.randrange(10**6)) for _ in range(2000)
    ]
    written = [f(m) for m in moments for f in (
        lambda m: f"{m:%Y-%m-%d}", lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.000Z", lambda m: f"{m:%Y-%m-%d %H:%M:%S.%f}",
        lambda m: f"{m:%Y-%m-%dT%H:%M:%S}.000+0000", lambda m: f"{m:%Y-%m-%d %H:%M}",
    )]  # fmt: skip
    judge.check({"t": written}, tries("t", ("DATE", "TIMESTAMP")), most_doubtful=0)
    amounts = [f"{chance.uniform(-1e7, 1e7):.{chance.randrange(9)}f}" for _ in range(2000)]
    judge.check({"t": amounts}, tries("t", OF_TEXT[:3] + OF_TEXT[6:]), most_doubtful=0)


def test_numbers(judge: Judge) -> None:
    chance = random.Random(5)
    ints = [
        None,
        0,
        1,
        -1,
        2**31 - 1,
        -(2**31),
        *(chance.randrange(-(2**31), 2**31) >> chance.randrange(31) for _ in range(500)),
    ]
    longs = [
        None,
        0,
        2**63 - 1,
        -(2**63),
        2**53 + 1,
        *(chance.randrange(-(2**63), 2**63) >> chance.randrange(60) for _ in range(500)),
    ]
    edges = ("0", "2147483647.999999", "-2147483648.999999", "2147483648", "0.005", "-0.005", "0.004999", "9" * 32)
    many = [chance.randrange(-(10**38), 10**38) // 10 ** chance.randrange(38) for _ in range(500)]
    wide = [None, *map(Decimal, edges), Decimal("9999999999999999.995"), *(Decimal(one).scaleb(-6) for one in many)]
    doubles = [
        None,
        0.0,
        -0.0,
        1.5,
        -1.5,
        2147483647.9,
        2147483648.0,
        9.2e18,
        9.3e18,
        *(chance.uniform(-1e10, 1e10) for _ in range(500)),
    ]
    length = max(map(len, (ints, longs, wide, doubles)))
    fill = {
        name: values + [None] * (length - len(values))
        for name, values in (("i", ints), ("l", longs), ("d", wide), ("f", doubles))
    }
    judge.check(
        {
            "i": pa.array(fill["i"], pa.int32()), "l": pa.array(fill["l"], pa.int64()),
            "d": pa.array(fill["d"], pa.decimal128(38, 6)), "f": pa.array(fill["f"], pa.float64()),
            "b": pa.array([None, True, False] * (length // 3) + [None] * (length % 3)),
        },
        [
            *tries("i", ("BIGINT", "DOUBLE", "STRING", "BOOLEAN", "DECIMAL(18,2)", "DECIMAL(5,1)", "DECIMAL(38,20)")),
            *tries("l", ("INT", "DOUBLE", "STRING", "BOOLEAN", "DECIMAL(18,2)", "DECIMAL(20,0)", "DECIMAL(38,30)")),
            *tries("d", ("INT", "BIGINT", "DOUBLE", "STRING", "DECIMAL(18,2)", "DECIMAL(38,2)", "DECIMAL(10,6)")),
            *tries("try_cast(d AS DECIMAL(18,2))", ("INT", "BIGINT", "DOUBLE", "STRING", "DECIMAL(38,6)")),
            *tries("f", ("INT", "BIGINT")), *tries("b", ("INT", "BIGINT", "STRING")),
            "try_cast(d AS DECIMAL(38,10))", "try_cast(try_cast(d AS DECIMAL(18,2)) AS DECIMAL(18,0))",
            "CAST(i AS BIGINT)", "CAST(i AS STRING)", "CAST(l AS INT)", "CAST(d AS INT)", "CAST(d AS DECIMAL(18,2))",
            "CAST(l AS DECIMAL(18,2))", "CAST(0 AS DECIMAL(18,2))", "CAST(NULL AS DECIMAL(18,2))",
        ],
    )  # fmt: skip


def test_dates_and_moments(judge: Judge) -> None:
    chance = random.Random(5)
    days = [
        None,
        date(1, 1, 1),
        date(9999, 12, 31),
        date(1970, 1, 1),
        *(date.fromordinal(chance.randrange(1, 3652059)) for _ in range(500)),
    ]
    micros = [None, *(chance.randrange(-(10**16), 10**16) for _ in range(len(days) - 1))]
    judge.check(
        {"d": pa.array(days, pa.date32()), "m": pa.array(micros, pa.int64()).cast(pa.timestamp("us", tz="UTC"))},
        ["CAST(d AS STRING)", "CAST(d AS TIMESTAMP)", "CAST(m AS DATE)", "CAST(m AS BIGINT)"],
        most_doubtful=0,
    )


def test_what_fails_in_spark_is_doubtful() -> None:
    doubts: list[list[bool]] = []
    node = Node("Cast", (Node("Attribute", type="string"),), "int", "ANSI")
    found = cast(
        Call(node, [pa.array(["1", "x", None, "3000000000"])], 4, lambda rows: doubts.append(rows.to_pylist()))
    )
    assert found[0].as_py() == 1
    assert np.any(doubts, axis=0).tolist() == [False, True, False, True]


@pytest.mark.parametrize(
    ("given", "wanted", "mode"),
    [("double", "string", "TRY"), ("string", "binary", "ANSI")],
)
def test_others_are_refused(given: str, wanted: str, mode: str) -> None:
    assert REFUSALS["Cast"](Node("Cast", (Node("Attribute", type=given),), wanted, mode)) is not None
