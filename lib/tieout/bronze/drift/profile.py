"""Profiles of an object's columns from a sample that fits on the driver, for drift between two exports."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.bronze.exported import column
from tieout.config.value_formats import FLAGS, date_format_of, decimal_mark, is_number

SAMPLE_ROWS = 1000
# A table of ten thousand columns is sampled by fewer rows, so that a sample stays as large.
SAMPLE_CELLS = 200_000
LEAST_ROWS = 50
LONGEST = 64
# A kind is that of nearly all values; another's that of clearly fewer. Between the two nothing is said.
NEARLY_ALL, CLEARLY_FEWER = 0.95, 0.8
MOST_SHAPES = 20
TEXT, NUMBER, FLAG, DATE = "text", "number", "yes or no", "date"


@dataclass(frozen=True)
class ColumnProfile:
    """The values of one column in a sample, without those that say nothing."""

    values: tuple[str, ...]

    @property
    def distinct(self) -> frozenset[str]:
        """Return the different values."""
        return frozenset(self.values)

    def share_of_numbers(self) -> float:
        """Return the share of the values that are numbers."""
        return sum(map(is_number, self.values)) / max(len(self.values), 1)

    def shapes(self) -> Counter[str]:
        """Return how often each shape occurs: `A9-99` for `K7-12`."""
        shaped = (re.sub(r"[^\W\d_]+", "A", re.sub(r"\d+", "9", value)) for value in self.values)
        return Counter(dict(Counter(shaped).most_common(MOST_SHAPES)))


def sample_profiles(frame: DataFrame, names: Sequence[str]) -> dict[str, ColumnProfile]:
    """Return the profile of some columns, of the first rows that Spark finds; one bounded job.

    `frame` has the columns as strings.
    """
    if not names:
        return {}
    rows = max(LEAST_ROWS, min(SAMPLE_ROWS, SAMPLE_CELLS // len(names)))
    short = [F.substring(F.trim(column(name)), 1, LONGEST).alias(f"c{at}") for at, name in enumerate(names)]
    # Bounded by SAMPLE_CELLS values of LONGEST characters.
    columns = frame.limit(rows).select(*short).toArrow().to_pydict()
    return {name: ColumnProfile(tuple(filter(None, columns[f"c{at}"]))) for at, name in enumerate(names)}


def kind_of(profile: ColumnProfile) -> str | None:
    """Return in words what the values are, such as `date (yyyyMMdd)`; None where they are too mixed to say."""
    values = profile.values
    # A column of 0 and 1 is one of numbers as long as nobody writes more into it.
    if all(value.lower() in FLAGS and not value.isdigit() for value in profile.distinct):
        return FLAG
    form = date_format_of(values)
    if form is not None:
        return f"{DATE} ({_as_written(form, values)})"
    numbers = profile.share_of_numbers()
    if numbers >= NEARLY_ALL:
        return f"{NUMBER} with decimal comma" if decimal_mark(values) == "," else NUMBER
    return TEXT if numbers < CLEARLY_FEWER else None


def _as_written(form: str, values: Sequence[str]) -> str:
    return "ISO" if form == "iso" else form
