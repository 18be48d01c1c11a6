"""Dates, numbers and yes/no read from exported text, as Spark SQL built from a field's value options."""

from __future__ import annotations

import re

from tieout.config.models.values import DEFAULT_FALSE, DEFAULT_TRUE, ValueOptions
from tieout.platform.sql import literal
from tieout.silver.mapping.builder import ExpressionBuilder

# Patterns of fixed width are cut by position and read as ISO: several times faster than a formatter.
PARTS = {"yyyy": 4, "MM": 2, "dd": 2, "HH": 2, "mm": 2, "ss": 2}
TOKEN = re.compile("yyyy|MM|dd|HH|mm|ss|[^A-Za-z']")
ZONED = "[0-9](Z|[+-][0-9]{2}:?([0-9]{2})?)$"
CURRENCY_SIGNS = "\u00a0\u202f '\u2019$€£¥%"


def typed(x: str, kind: str, options: ValueOptions, at: ExpressionBuilder) -> str:
    """Return SQL that reads the text `x` as `kind`; NULL where it cannot be read.

    `x` must be trimmed and NULL where the source has nothing.
    """
    if kind == "string":
        return x
    if kind == "boolean":
        return _boolean(x, options)
    if kind == "date":
        return f"CAST({_moment(x, _with_iso(_formats(options.date_format)), options, at)} AS DATE)"
    if kind == "timestamp":
        return _timestamp(x, options, at)
    if kind in ("int", "bigint"):
        return f"try_cast({at.let(_number(x, options, at))} AS {kind})"
    if kind == "double":
        return f"try_cast({at.let(_plain_number(x, options, at))} AS DOUBLE)"
    return f"try_cast({at.let(_number(x, options, at))} AS {kind})"


def _boolean(x: str, options: ValueOptions) -> str:
    def words(given: list[str] | None, usual: tuple[str, ...]) -> str:
        return ", ".join(literal(word.lower()) for word in (usual if given is None else given))

    blank = f"WHEN {x} IS NULL THEN FALSE " if options.blank_is_false else ""
    yes, no = words(options.true_words, DEFAULT_TRUE), words(options.false_words, DEFAULT_FALSE)
    return f"CASE {blank}WHEN lower({x}) IN ({yes}) THEN TRUE WHEN lower({x}) IN ({no}) THEN FALSE END"


def _plain_number(x: str, options: ValueOptions, at: ExpressionBuilder) -> str:
    """Return SQL for a number as text: point for decimals, minus in front, nothing else."""
    mark = options.decimal_mark or "."
    thousands = options.thousands_mark
    if thousands is None:
        thousands = "," if mark == "." else "."
    bare = at.let(f"translate({x}, {literal(mark + thousands + CURRENCY_SIGNS)}, '.')")
    negative = f"(endswith({bare}, '-') OR (startswith({bare}, '(') AND endswith({bare}, ')')))"
    return f"CASE WHEN {negative} THEN concat('-', translate({bare}, '()-', '')) ELSE {bare} END"


def _number(x: str, options: ValueOptions, at: ExpressionBuilder) -> str:
    plain = at.let(_plain_number(x, options, at))
    return f"try_cast({plain} AS DECIMAL(38,6))"


def _formats(given: str | list[str] | None) -> list[str]:
    if given is None:
        return ["iso"]
    return [given] if isinstance(given, str) else given


def _with_iso(formats: list[str]) -> list[str]:
    # A system that is upgraded often changes to ISO; no other pattern can be mistaken for it.
    return formats if "iso" in formats else [*formats, "iso"]


def _timestamp(x: str, options: ValueOptions, at: ExpressionBuilder) -> str:
    formats = _formats(options.timestamp_format) if options.timestamp_format else _formats(options.date_format)
    moment = at.let(_moment(x, _with_iso(formats), options, at))
    zone = options.time_zone
    if zone in (None, "UTC"):
        return moment
    return f"CASE WHEN {x} RLIKE '{ZONED}' THEN {moment} ELSE to_utc_timestamp({moment}, {literal(zone)}) END"


def _moment(x: str, formats: list[str], options: ValueOptions, at: ExpressionBuilder) -> str:
    tries = [_one_format(x, pattern) for pattern in formats]
    if options.excel_serial_dates:
        tries.insert(0, _excel_serial(x))
    return tries[0] if len(tries) == 1 else f"coalesce({', '.join(tries)})"


def _excel_serial(x: str) -> str:
    """Days since 1899-12-30, with the time of day as a fraction, as spreadsheets keep dates."""
    days = f"try_cast({x} AS DOUBLE)"
    seconds = f"CAST(round(({days} - 25569) * 86400) AS BIGINT)"
    return f"CASE WHEN {x} RLIKE '^[0-9]{{5}}([.][0-9]+)?$' THEN timestamp_seconds({seconds}) END"


def _one_format(x: str, pattern: str) -> str:
    if pattern == "iso":
        # A bare year or number is not a date, though SQL would take it for one.
        return f"CASE WHEN char_length({x}) >= 8 AND contains({x}, '-') THEN try_cast({x} AS TIMESTAMP) END"
    if pattern == "epoch_seconds":
        return f"timestamp_seconds(try_cast({x} AS DECIMAL(20,6)))"
    if pattern == "epoch_millis":
        return f"timestamp_millis(try_cast({x} AS BIGINT))"
    by_position = _by_position(x, pattern)
    return by_position or f"try_to_timestamp({x}, {literal(pattern)})"


def _by_position(x: str, pattern: str) -> str | None:
    """Return SQL for a pattern of year, month, day and time of fixed width, else None."""
    tokens = TOKEN.findall(pattern)
    if "".join(tokens) != pattern or not {"yyyy", "MM", "dd"} <= set(tokens):
        return None
    location = 1
    cuts = {}
    for token in tokens:
        if token in cuts:
            return None
        if token in PARTS:
            cuts[token] = f"substr({x}, {location}, {PARTS[token]})"
        location += PARTS.get(token, 1)
    day = f"concat_ws('-', {cuts['yyyy']}, {cuts['MM']}, {cuts['dd']})"
    clock = ", ".join(cuts.get(part, "'00'") for part in ("HH", "mm", "ss"))
    text = day if "HH" not in cuts else f"concat({day}, ' ', concat_ws(':', {clock}))"
    marks = _marks_in_place(x, tokens)
    return f"CASE WHEN char_length({x}) = {location - 1}{marks} THEN try_cast({text} AS TIMESTAMP) END"


def _marks_in_place(x: str, tokens: list[str]) -> str:
    location, checks = 1, ""
    for token in tokens:
        if token not in PARTS:
            checks += f" AND substr({x}, {location}, 1) = {literal(token)}"
        location += PARTS.get(token, 1)
    return checks
