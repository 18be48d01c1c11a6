"""Whether `conform` could read a text as its type: the rules of its SQL, for a few values on the driver."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

from tieout.config.models.values import DEFAULT_FALSE, DEFAULT_TRUE, ValueOptions
from tieout.config.value_formats import AS_DEFAULT, EPOCH_MILLIS, EPOCH_SECONDS

SIGNS = "\u00a0\u202f '\u2019$€£¥%"
# Spark's letters as those of strptime; longer ones first, so that dd is not read as two d.
LETTERS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "M": "%m", "d": "%d", "H": "%H"}
LETTER = re.compile("|".join(LETTERS))
ISO = re.compile(r"^\d{4}-\d\d?-\d\d?([T ]\d\d?:\d\d(:\d\d(\.\d+)?)?\s?(Z|[+-]\d\d:?(\d\d)?)?)?$")
WHOLE_DIGITS = 38


def is_readable(value: str, kind: str, options: ValueOptions) -> bool:
    """Tell whether a text can be read as `kind` with these options; a form that is not understood here passes."""
    if kind == "string":
        return True
    if kind == "boolean":
        words = {*(options.true_words or DEFAULT_TRUE), *(options.false_words or DEFAULT_FALSE)}
        return value.lower() in {word.lower() for word in words}
    if kind == "date":
        return _is_moment(value, options.date_format, options)
    if kind == "timestamp":
        return _is_moment(value, options.timestamp_format or options.date_format, options)
    return _is_number(value, options)


def _is_number(value: str, options: ValueOptions) -> bool:
    mark = options.decimal_mark or "."
    thousands = options.thousands_mark
    if thousands is None:
        thousands = "," if mark == "." else "."
    bare = value.translate({ord(sign): None for sign in thousands + SIGNS}).replace(mark, ".")
    if bare.endswith("-") or (bare.startswith("(") and bare.endswith(")")):
        bare = bare.strip("()-")
    try:
        return len(Decimal(bare).as_tuple().digits) <= WHOLE_DIGITS
    except InvalidOperation:
        return False


def _is_moment(value: str, given: str | list[str] | None, options: ValueOptions) -> bool:
    forms = [given] if isinstance(given, str) else (given or [])
    if options.excel_serial_dates and re.fullmatch(r"\d{5}(\.\d+)?", value):
        return True
    return any(_fits(value, form) for form in [*forms, AS_DEFAULT])


def _fits(value: str, form: str) -> bool:
    if form == AS_DEFAULT:
        return ISO.match(value) is not None and _is_day(value)
    if form in (EPOCH_MILLIS, EPOCH_SECONDS):
        return value.lstrip("-").replace(".", "", 1).isdigit()
    if re.search(r"[^yMdHms\W]|['\[\]]", form):
        return True
    try:
        datetime.strptime(value, LETTER.sub(lambda found: LETTERS[found.group()], form))
    except ValueError:
        return False
    return True


def _is_day(value: str) -> bool:
    year, month, day = (int(part) for part in re.findall(r"\d+", value)[:3])
    try:
        datetime(max(year, 1), month, day)
    except ValueError:
        return False
    return True
