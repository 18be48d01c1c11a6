"""Dates and moments become others as in Spark."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa

from tieout.columnar.kernels.call import Call
from tieout.columnar.kernels.times import KERNELS
from tieout.columnar.tree import TO_UTC, Node

from .conftest import Judge

MOMENT = pa.timestamp("us", tz="UTC")
ZONES = (
    "America/Los_Angeles", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kolkata", "Africa/Casablanca",
    "America/St_Johns", "PST", "UTC", "+05:30", "GMT-8", "Europe/Dublin", "America/Scoresbysund",
)  # fmt: skip
WHOLES = [None, 0, 1, -1, 999, -999, 1_700_000_000_000, -1_700_000_000_001, 2**31 - 1, -(2**31)]
LONGS = [*WHOLES, 2**63 - 1, -(2**63), 253_402_300_799_999, 253_402_300_800_000, -62_135_596_800_001, 2**53, 10**15]
EDGES = [
    None, datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1900, 1, 1, tzinfo=UTC), datetime(1900, 1, 3, tzinfo=UTC), datetime(2099, 12, 29, tzinfo=UTC),
    datetime(2200, 7, 1, tzinfo=UTC),
]  # fmt: skip

# Days on which clocks of some zone changed.
CHANGES = [
    datetime(*day, tzinfo=UTC) for day in (
        (2024, 3, 10), (2024, 11, 3), (2024, 3, 31), (2024, 10, 27), (2011, 12, 30), (2050, 3, 13), (1900, 1, 1),
        (1918, 3, 31),
    )
]  # fmt: skip


def moments(count: int, first: int = 1950, last: int = 2060) -> list[datetime | None]:
    chance = random.Random(5)
    start, days = datetime(first, 1, 1, tzinfo=UTC), (last - first) * 365
    return [start + timedelta(days=chance.randrange(days), microseconds=chance.randrange(86_400 * 10**6))
            for _ in range(count)]  # fmt: skip


def hours(*days: datetime) -> list[datetime | None]:
    """Return all quarters of hours of the days around these."""
    return [day + timedelta(minutes=15 * part) for day in days for part in range(-96, 192)]


def test_milliseconds(judge: Judge) -> None:
    columns = {
        "n": pa.array(LONGS, pa.int64()),
        "i": pa.array([value if value is None or abs(value) < 2**31 else 7 for value in LONGS], pa.int32()),
        "t": pa.array([None, "12", "x", *(["1700000000123"] * (len(LONGS) - 3))]),
    }
    sqls = ["timestamp_millis(i)", "timestamp_millis(NULL)", "timestamp_millis(1700000000123)",
            "timestamp_millis(CAST(NULL AS BIGINT))", "timestamp_millis(try_cast(t AS BIGINT))"]  # fmt: skip
    judge.check(columns, sqls, most_doubtful=0)
    inside = {"n": pa.array([value for value in LONGS if value is None or abs(value) <= 2**53], pa.int64())}
    judge.check(inside, ["timestamp_millis(n)"], most_doubtful=0.3)
    judge.check({"n": pa.nulls(5, pa.int64())}, ["timestamp_millis(n)"], most_doubtful=0)


def test_what_is_too_much_is_doubtful(judge: Judge) -> None:
    columns = {"n": pa.array([2**63 - 1, -(2**63), 10**16], pa.int64())}
    assert judge.doubtful(columns, "timestamp_millis(n)") == [True] * 3
    late = {"d": pa.array([date(9999, 12, 31)]), "n": pa.array([1], pa.int32())}
    assert judge.doubtful(late, "date_add(d, n)") == [True]


def test_added_units(judge: Judge) -> None:
    chance = random.Random(9)
    given = [*EDGES, *moments(500, 1900, 2100)]
    counts = [chance.choice([None, 0, 1, -1, 59, 86_399, 10**6, -(10**6)]) for _ in given]
    columns = {
        "m": pa.array(given, MOMENT), "n": pa.array(counts, pa.int32()), "l": pa.array(counts, pa.int64()),
        "empty": pa.nulls(len(given), MOMENT), "t": pa.array([str(count or 0) for count in counts]),
        "d": pa.array([one and one.date() for one in given], pa.date32()),
    }  # fmt: skip
    units = ("MICROSECOND", "MILLISECOND", "SECOND", "MINUTE", "HOUR", "DAY", "WEEK")
    narrow = [f"timestampadd({unit}, l, m)" for unit in units[:3]]
    others = ["timestampadd(SECOND, 5, m)", "timestampadd(SECOND, n, TIMESTAMP'2024-01-31 12:00:00')",
              "timestampadd(SECOND, NULL, m)", "timestampadd(SECOND, n, empty)",
              "timestampadd(SECOND, CAST(coalesce(t, '0') AS INT), CAST(d AS TIMESTAMP))"]  # fmt: skip
    judge.check(columns, [*narrow, *others], most_doubtful=0.02)
    judge.check(columns, [f"timestampadd({unit}, 3, m)" for unit in units], most_doubtful=0.02)
    assert judge.refusal(columns, "timestampadd(MONTH, n, m)") == "timestampadd of MONTH"


def test_added_days(judge: Judge) -> None:
    chance = random.Random(9)
    given = [one and one.date() for one in (*EDGES, *moments(500, 1900, 2100))]
    counts = [chance.choice([None, 0, 1, -1, 30, 90, -365]) for _ in given]
    columns = {
        "d": pa.array(given, pa.date32()), "n": pa.array(counts, pa.int32()), "empty": pa.nulls(len(given), pa.int32())
    }  # fmt: skip
    sqls = ["date_add(d, n)", "date_add(d, 30)", "date_add(DATE'2024-02-28', n)", "date_add(d, empty)",
            "date_add(d, CAST(NULL AS INT))", "date_add(CAST(NULL AS DATE), n)"]  # fmt: skip
    judge.check(columns, sqls, most_doubtful=0.02)


def test_zones(judge: Judge) -> None:
    given = [*EDGES, *hours(*CHANGES), *moments(3000), *moments(300, 1880, 2150)]
    columns = {"m": pa.array(given, MOMENT), "empty": pa.nulls(len(given), MOMENT)}
    sqls = [f"to_utc_timestamp(m, '{zone}')" for zone in ZONES]
    judge.check(columns, [*sqls, f"to_utc_timestamp(empty, '{ZONES[0]}')"], most_doubtful=0.1)
    judge.check(columns, [f"to_utc_timestamp(TIMESTAMP'2024-03-10 02:30:00', '{ZONES[0]}')"], most_doubtful=0)
    judge.check({"m": pa.array(moments(500), MOMENT)}, sqls, most_doubtful=0)


def test_parts_of_columns_and_no_rows() -> None:
    """Arrays start anywhere in their buffers."""
    given = pa.array([*EDGES, *moments(50)], MOMENT)
    days, numbers = given.cast(pa.date32(), safe=False), pa.array([None, *range(len(given) - 1)], pa.int64())
    clocks = "[[0, 3600], [1000000000, 7200], [4000000000, 0]]"
    cases = (
        (Node("MillisToTimestamp"), [numbers]), (Node("TimestampAdd", value="SECOND"), [numbers, given]),
        (Node("DateAdd"), [days, numbers.cast(pa.int32())]), (Node(TO_UTC, value=clocks), [given]),
    )  # fmt: skip
    for node, arguments in cases:
        kernel, doubts = KERNELS[node.kind], list[pa.Array]()
        whole = kernel(Call(node, arguments, len(given), doubts.append))
        for start, count in ((5, 20), (0, 0), (len(given), 0)):
            part = kernel(Call(node, [one.slice(start, count) for one in arguments], count, doubts.append))
            assert part.equals(whole.slice(start, count))


def test_zones_that_are_not_constant_are_for_spark(judge: Judge) -> None:
    columns = {"m": pa.array(EDGES, MOMENT), "z": pa.array(["UTC"] * len(EDGES))}
    assert judge.refusal(columns, "to_utc_timestamp(m, z)") == "a time zone that is not constant"
    assert judge.refusal(columns, "to_utc_timestamp(m, NULL)") is not None
