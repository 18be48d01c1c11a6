"""Identifiers, dates and numbers."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.matching.kinds.base import Kind
from tieout.matching.prepare.columns import ColumnFeatures, ColumnPairs, Floats, Values
from tieout.matching.prepare.text import letters_and_digits, plain


class Identifier(Kind):
    """A number that somebody issued: tax id, registration, account or part number."""

    identifies = True
    strict = True

    levels = ("exact", "digits", "edit >= 0.85", "edit >= 0.7")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return letters and digits only, in small letters."""
        return letters_and_digits(values)

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return the digits (five at least) for `digits`, the last six characters for `ending`."""
        if word == "digits":
            return column.get("digits", lambda: _digits(column.values()))  # type: ignore[no-any-return]
        if word == "ending":
            return column.get("ending", lambda: column.values().map(lambda text: text[-6:]))  # type: ignore[no-any-return]
        return super().key_values(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return equality of the digits, whether one text holds the other (`contained`), or `edit`."""
        if word == "digits":
            return pairs.equal(self.key_values("digits", pairs.column))
        if word == "contained":
            values = pairs.column.values()
            left, right = pairs.codes(values)
            both = zip(values.texts[left], values.texts[right], strict=True)
            return np.array([bool(a and b) and (a in b or b in a) for a, b in both], dtype=bool)
        return super().measure(word, pairs)


def _digits(values: Values) -> Values:
    """Return the digits of identifiers, nothing where there are fewer than five."""
    digits = pc.replace_substring_regex(values.dictionary, r"[^0-9]+", "")
    enough = pc.greater_equal(pc.utf8_length(digits), 5)
    return values.replaced(pc.if_else(enough, digits, pa.scalar(None, pa.string())))


class Date(Kind):
    """A day. Text that is not a date is still compared as text."""

    identifies = True
    strict = True

    levels = (
        "exact", "swapped", "edit >= 0.85", "days <= 31", "month_day", "year_month", "year", "years <= 2",
    )  # fmt: skip

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return YYYYMMDD where the text is a date in any usual order, else its letters and digits."""
        text = pc.replace_substring_regex(plain(values), r"[t ]\d{1,2}:\d{2}.*$", "")
        year_first = pc.extract_regex(text, r"^(?P<y>\d{4})[-/. ]?(?P<m>\d{1,2})[-/. ]?(?P<d>\d{1,2})$")
        year_last = pc.extract_regex(text, r"^(?P<a>\d{1,2})[-/. ](?P<b>\d{1,2})[-/. ](?P<y>\d{4})$")
        ready = _joined(*(pc.struct_field(year_first, part) for part in "ymd"))
        first, second = (pc.struct_field(year_last, part) for part in "ab")
        month_first = pc.or_kleene(
            pc.greater(pc.cast(second, pa.int32()), 12),
            pc.and_(pc.match_substring(text, "/"), pc.less_equal(pc.cast(first, pa.int32()), 12)),
        )
        turned = _joined(
            pc.struct_field(year_last, "y"),
            pc.if_else(month_first, first, second),
            pc.if_else(month_first, second, first),
        )
        return pc.coalesce(ready, turned, letters_and_digits(text))

    def parts_of(self, column: ColumnFeatures) -> tuple[NDArray[np.float64], ...]:
        """Return year, month and day per record, NaN where the text is not a date."""
        values = column.values()

        def number(start: int, end: int) -> NDArray[np.float64]:
            return values.numbers(lambda texts: np.array([_number(text, start, end) for text in texts], dtype=float))

        return column.get("date_parts", lambda: (number(0, 4), number(4, 6), number(6, 8)))  # type: ignore[no-any-return]

    def key_values(self, word: str, column: ColumnFeatures) -> Values:
        """Return the part of the date that `word` names: `year`, `month`, `year_month`, `month_day`."""
        cuts = {"year": (0, 4), "month": (4, 6), "year_month": (0, 6), "month_day": (4, 8)}
        if word in cuts:
            start, end = cuts[word]
            return column.get(word, lambda: column.values().map(lambda text: text[start:end]))  # type: ignore[no-any-return]
        return super().key_values(word, column)

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return equality of parts, `swapped` day and month, or the distance in `days` or `years`."""
        if word in {"month_day", "year_month", "year"}:
            return pairs.equal(self.key_values(word, pairs.column))
        if word in {"exact", "edit"}:
            return super().measure(word, pairs)
        years, months, days = self.parts_of(pairs.column)
        i, j = pairs.left, pairs.right
        same_year = years[i] == years[j]
        if word == "swapped":
            return np.asarray(same_year & (months[i] == days[j]) & (days[i] == months[j]))
        if word == "years":
            return _or_far(np.abs(years[i] - years[j]))
        ordinal = years * 365.25 + months * 30.44 + days
        return _or_far(np.abs(ordinal[i] - ordinal[j]))


def _joined(year: pa.Array, month: pa.Array, day: pa.Array) -> pa.Array:
    padded = [pc.utf8_lpad(part, width=2, padding="0") for part in (month, day)]
    return pc.binary_join_element_wise(year, *padded, "")


def _number(text: str, start: int, end: int) -> float:
    part = text[start:end]
    return float(part) if len(text) == 8 and part.isdecimal() else np.nan


def _or_far(distance: NDArray[np.float64]) -> Floats:
    return np.where(np.isnan(distance), np.inf, distance).astype(np.float32)


class Number(Kind):
    """An amount, a price, a count."""

    levels = ("exact", "ratio >= 0.95", "ratio >= 0.8", "ratio >= 0.5")

    def normalise(self, values: pa.Array) -> pa.Array:
        """Return the first number of the text, without thousands separators."""
        return pc.struct_field(
            pc.extract_regex(pc.replace_substring_regex(values, r"[,\s]", ""), r"(?P<n>-?\d+(?:\.\d+)?)"), "n"
        )

    def amounts(self, column: ColumnFeatures) -> NDArray[np.float64]:
        """Return the number per record, NaN for none."""
        values = column.values()
        return column.get("amounts", lambda: values.numbers(lambda texts: texts.astype(float)))  # type: ignore[no-any-return]

    def measure(self, word: str, pairs: ColumnPairs) -> Floats | NDArray[np.bool_]:
        """Return equality, the `distance`, or the smaller amount as a share of the larger (`ratio`)."""
        amounts = self.amounts(pairs.column)
        left, right = amounts[pairs.left], amounts[pairs.right]
        if word == "exact":
            return np.asarray(left == right)
        if word == "distance":
            return _or_far(np.abs(left - right))
        larger = np.maximum(np.abs(left), np.abs(right))
        ratio = np.where(larger > 0, np.minimum(np.abs(left), np.abs(right)) / np.maximum(larger, 1e-300), 1.0)
        return np.nan_to_num(np.where(left * right < 0, 0.0, ratio)).astype(np.float32)
