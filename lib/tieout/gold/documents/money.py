"""Amounts in the reporting currency, at the rate valid on the document's date."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.errors import ConfigError
from tieout.platform.rows import frame_of

MONEY = "decimal(18,2)"
PREFIX = "reporting_"
RATE = "_rate"
COLUMNS = ("currency", "valid_from", "rate")
SCHEMA = "currency string, valid_from date, valid_to date, rate decimal(18,8)"


@dataclass(frozen=True)
class Rate:
    """How many units of the reporting currency one unit of `currency` is worth from `valid_from` on."""

    currency: str
    valid_from: date
    rate: Decimal


def read_rates(path: Path) -> list[Rate]:
    """Read a CSV file of columns `currency,valid_from,rate` (ISO code, ISO date, positive number).

    Raises ConfigError with file and line for a missing file or column, a value that cannot be read,
    and a second rate for the same currency and day.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                found = ", ".join(reader.fieldnames or []) or "none"
                raise ConfigError(f"{path}:1: no column {', '.join(missing)}; found {found}")
            rates = [_rate(path, number, row) for number, row in enumerate(reader, start=2)]
    except FileNotFoundError as error:
        raise ConfigError(f"{path}: no such file; `exchange_rates` in tieout.yml names it") from error
    _refuse_twice(path, rates)
    return rates


def _rate(path: Path, number: int, row: dict[str, str]) -> Rate:
    try:
        rate = Rate(row["currency"].strip(), date.fromisoformat(row["valid_from"].strip()), Decimal(row["rate"]))
    except (ValueError, InvalidOperation, AttributeError, TypeError) as error:
        raise ConfigError(f"{path}:{number}: want CODE,YYYY-MM-DD,NUMBER; found {list(row.values())}") from error
    if rate.rate <= 0:
        raise ConfigError(f"{path}:{number}: rate: must be above 0; found {rate.rate}")
    return rate


def _refuse_twice(path: Path, rates: list[Rate]) -> None:
    keys = sorted((rate.currency, rate.valid_from) for rate in rates)
    for one, other in pairwise(keys):
        if one == other:
            raise ConfigError(f"{path}: two rates for {one[0]} from {one[1]}; keep one")


def rate_frame(spark: SparkSession, rates: Iterable[Rate], reporting_currency: str) -> DataFrame:
    """Return the rates as rows `currency, valid_from, valid_to (exclusive, null = still), rate`.

    The reporting currency is worth 1 on every day, whatever the file says.
    """
    rows: list[tuple[str, date, date | None, Decimal]] = [
        (reporting_currency, date(1, 1, 1), None, Decimal(1)),
    ]
    by_currency: dict[str, list[Rate]] = {}
    for rate in sorted(rates, key=lambda r: (r.currency, r.valid_from)):
        if rate.currency != reporting_currency:
            by_currency.setdefault(rate.currency, []).append(rate)
    for series in by_currency.values():
        ends = [later.valid_from for later in series[1:]]
        rows += [(one.currency, one.valid_from, end, one.rate) for one, end in zip(series, [*ends, None], strict=True)]
    return frame_of(spark, rows, SCHEMA)


def with_rate(frame: DataFrame, rates: DataFrame, day: Column) -> DataFrame:
    """Add `_rate` (decimal(18,8)): the rate of `currency` valid on `day`; null where there is none."""
    known = F.broadcast(
        rates.select(
            F.col("currency").alias("_currency"),
            F.col("rate").alias(RATE),
            F.col("valid_from").alias("_from"),
            F.col("valid_to").alias("_to"),
        )
    )
    dated = frame.withColumn("_day", day)
    on = (
        (F.col("currency") == F.col("_currency"))
        & (F.col("_day") >= F.col("_from"))
        & (F.col("_to").isNull() | (F.col("_day") < F.col("_to")))
    )
    return dated.join(known, on, "left").drop("_currency", "_from", "_to", "_day")


def reporting(frame: DataFrame, amounts: list[str]) -> DataFrame:
    """Add `reporting_<amount>` (decimal(18,2), reporting currency) for each amount, and `unconverted`.

    Needs `_rate` (see `with_rate`), which it drops. `unconverted` (boolean) marks rows that have an
    amount other than 0 but no rate: they add nothing to any sum and are counted.
    """
    converted = {f"{PREFIX}{name}": F.round(F.col(name) * F.col(RATE), 2).cast(MONEY) for name in amounts}
    given = F.greatest(*[F.abs(F.coalesce(F.col(name), F.lit(0))) for name in amounts], F.lit(0))
    return frame.withColumns(converted | {"unconverted": F.col(RATE).isNull() & (given != 0)}).drop(RATE)
