"""`xxhash64` of columns of all types is Spark's."""

from __future__ import annotations

import random
from decimal import Decimal

import pyarrow as pa

from .conftest import Judge, odd_texts


def test_hashes(judge: Judge) -> None:
    chance = random.Random(3)
    texts = odd_texts(2000)
    count = len(texts)

    def numbers(bits: int) -> list[int | None]:
        return [None if at % 9 == 0 else chance.randrange(-(2**bits), 2**bits) for at in range(count)]

    floats = [None, 0.0, -0.0, float("nan"), float("inf"), *(chance.uniform(-1e9, 1e9) for _ in range(count - 5))]
    columns = {
        "t": pa.array(texts, pa.string()),
        "long": pa.array([text and text * chance.randrange(40) for text in texts], pa.string()),
        "i": pa.array(numbers(31), pa.int32()),
        "l": pa.array(numbers(63), pa.int64()),
        "b": pa.array([None if number is None else number > 0 for number in numbers(5)]),
        "f": pa.array(floats, pa.float64()),
        "day": pa.array(numbers(15), pa.int32()).cast(pa.date32()),
        "moment": pa.array(numbers(50), pa.int64()).cast(pa.timestamp("us", tz="UTC")),
        "d": pa.array(
            [None if number is None else Decimal(number).scaleb(-2) for number in numbers(50)], pa.decimal128(18, 2)
        ),
    }
    each = [f"xxhash64({name})" for name in columns]
    together = f"xxhash64({', '.join(f'{name}, isnull({name})' for name in columns)})"
    texts_first = (
        "xxhash64(concat_ws('\\u001f', coalesce(t, '\\u0000'), coalesce(long, '\\u0000')), i, d, day, isnull(b))"
    )
    judge.check(columns, [*each, together, texts_first, "xxhash64(NULL)", "xxhash64('account', t)"], most_doubtful=0)
