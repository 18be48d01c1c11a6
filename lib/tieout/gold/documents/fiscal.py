"""Fiscal quarters of dates."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F


def quarter_number(day: Column, start_month: int = 1) -> Column:
    """Return a running number of the date's fiscal quarter (int): neighbours differ by 1."""
    shifted = _shifted(day, start_month)
    return F.year(shifted) * 4 + F.quarter(shifted) - 1


def fiscal_quarter(day: Column, start_month: int = 1) -> Column:
    """Return the date's fiscal quarter as text, such as `2025Q3`; null for no date.

    A fiscal year is named by the calendar year in which it ends.
    """
    return quarter_name(quarter_number(day, start_month))


def quarter_name(number: Column) -> Column:
    """Return the text of a running quarter number."""
    year = F.floor(number / 4).cast("int").cast("string")
    return F.concat(year, F.lit("Q"), (number % 4 + 1).cast("string"))


def _shifted(day: Column, start_month: int) -> Column:
    return F.add_months(day, (13 - start_month) % 12)
