from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.errors import ConfigError
from tieout.gold.documents.fiscal import fiscal_quarter, quarter_number
from tieout.gold.documents.money import Rate, rate_frame, read_rates, reporting, with_rate


def test_the_rate_of_the_documents_date_is_used_and_a_missing_one_is_marked(spark: SparkSession) -> None:
    rates = rate_frame(
        spark,
        [Rate("EUR", date(2025, 1, 1), Decimal("1.10")), Rate("EUR", date(2025, 7, 1), Decimal("1.20"))],
        "USD",
    )
    rows = [
        ("a", "EUR", date(2025, 6, 30), Decimal("100.00")),
        ("b", "EUR", date(2025, 7, 1), Decimal("100.00")),
        ("c", "EUR", date(2024, 12, 31), Decimal("100.00")),
        ("d", "USD", date(1999, 1, 1), Decimal("100.00")),
        ("e", "XXX", date(2025, 1, 1), Decimal("0.00")),
    ]
    documents = spark.createDataFrame(rows, "k string, currency string, day date, amount decimal(18,2)")

    converted = reporting(with_rate(documents, rates, F.col("day")), ["amount"]).orderBy("k").collect()

    assert [row["reporting_amount"] for row in converted] == [
        Decimal("110.00"), Decimal("120.00"), None, Decimal("100.00"), None
    ]  # fmt: skip
    assert [row["unconverted"] for row in converted] == [False, False, True, False, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("currency,rate\nEUR,1", "no column valid_from"),
        ("currency,valid_from,rate\nEUR,2025-13-01,1", ":2: want CODE"),
        ("currency,valid_from,rate\nEUR,2025-01-01,-1", ":2: rate: must be above 0"),
        ("currency,valid_from,rate\nEUR,2025-01-01,1\nEUR,2025-01-01,2", "two rates for EUR"),
    ],
)
def test_a_wrong_rates_file_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(text)

    with pytest.raises(ConfigError, match=message):
        read_rates(path)


def test_the_shipped_rates_are_valid(conf_dir: Path) -> None:
    assert {"EUR", "GBP", "JPY"} <= {rate.currency for rate in read_rates(conf_dir / "lookups/exchange_rates.csv")}


@pytest.mark.parametrize(
    ("day", "start", "quarter"),
    [
        ("2025-03-31", 1, "2025Q1"),
        ("2025-04-01", 1, "2025Q2"),
        ("2025-04-01", 4, "2026Q1"),
        ("2025-03-31", 4, "2025Q4"),
        ("2025-10-31", 2, "2026Q3"),
    ],
)
def test_a_fiscal_year_has_the_name_of_the_year_in_which_it_ends(
    spark: SparkSession, day: str, start: int, quarter: str
) -> None:
    date_column = F.to_date(F.lit(day))
    [row] = spark.range(1).select(fiscal_quarter(date_column, start), quarter_number(date_column, start)).collect()

    assert row[0] == quarter
    assert row[1] % 4 + 1 == int(quarter[-1])
