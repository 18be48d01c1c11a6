"""The forms of dates, numbers and yes or no that a config may name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from tieout.config.models.values import DEFAULT_FALSE, DEFAULT_TRUE

FLAGS = frozenset({*DEFAULT_TRUE, *DEFAULT_FALSE, "ja", "nein", "oui", "non", "si", "wahr", "falsch"})
NUMBER = re.compile(r"^[-+(]?\d+(?:[ '.,]\d{3})*(?:[.,]\d+)?[-)]?$")
NOTHING = re.compile(r"^[0 :.-]*$")
EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
EPOCH_MILLIS, EPOCH_SECONDS = "epoch_millis", "epoch_seconds"
AS_DEFAULT = "iso"
# Forms in the order in which they are tried: pattern, strptime's form, Spark's form.
DATE_FORMATS: tuple[tuple[str, str, str], ...] = (
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d", AS_DEFAULT),
    (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*", "", AS_DEFAULT),
    (r"\d{8}", "%Y%m%d", "yyyyMMdd"),
    (r"\d\d/\d\d/\d{4}", "%m/%d/%Y", "MM/dd/yyyy"),
    (r"\d\d/\d\d/\d{4}", "%d/%m/%Y", "dd/MM/yyyy"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "%m/%d/%Y %H:%M:%S", "MM/dd/yyyy HH:mm:ss"),
    (r"\d\d/\d\d/\d{4} \d\d:\d\d:\d\d", "%d/%m/%Y %H:%M:%S", "dd/MM/yyyy HH:mm:ss"),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", "%d.%m.%Y", "d.M.yyyy"),
    (r"\d{1,2}\.\d{1,2}\.\d{4} \d\d:\d\d(:\d\d)?", "", "d.M.yyyy HH:mm[:ss]"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%m/%d/%Y", "M/d/yyyy"),
    (r"\d{1,2}/\d{1,2}/\d{4}", "%d/%m/%Y", "d/M/yyyy"),
    (r"\d{4}/\d\d/\d\d", "%Y/%m/%d", "yyyy/MM/dd"),
    (r"\d{4}-\d\d-\d\d \d:\d\d:\d\d|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", "yyyy-MM-dd H:mm:ss"),
)
MOST_ODD = 0.02


def date_format_of(values: Sequence[str]) -> str | None:
    """Return the Spark form in which nearly all values are dates, `iso` for what needs no form, None for no dates.

    Zeros that stand for no date are passed over. Month or day first is settled by a day beyond 12; where
    there is none, the month is taken to be first.
    """
    real = [value for value in values if not NOTHING.match(value)]
    if not real:
        return None
    for pattern, form, spark in DATE_FORMATS:
        whole = re.compile(pattern)
        bad = sum(not (whole.fullmatch(value) and _is_date(value, form)) for value in real)
        if bad <= MOST_ODD * len(real):
            return spark
    return _epoch(real)


def _is_date(value: str, form: str) -> bool:
    if not form:
        return True
    try:
        return EARLIEST <= datetime.strptime(value, form).date() <= LATEST or value.startswith("9999")
    except ValueError:
        return False


def _epoch(values: Sequence[str]) -> str | None:
    for digits, scale, name in ((13, 1000, EPOCH_MILLIS), (10, 1, EPOCH_SECONDS)):
        if all(value.isdigit() and len(value) == digits for value in values):
            years = {datetime.fromtimestamp(int(value) / scale, UTC).year for value in values}
            if len(values) >= 3 and min(years) >= 1990 and max(years) <= 2060:
                return name
    return None


def is_number(value: str) -> bool:
    """Tell whether a text is a number, with any marks and a sign before or after it."""
    return NUMBER.match(value) is not None


def decimal_mark(values: Sequence[str]) -> str:
    """Return `,` where the numbers have their decimals after a comma, else `.`."""
    comma = sum(re.search(r",\d{1,2}[-)]?$", value) is not None for value in values)
    point = sum(re.search(r"\.\d+[-)]?$", value) is not None for value in values)
    return "," if comma > point else "."
