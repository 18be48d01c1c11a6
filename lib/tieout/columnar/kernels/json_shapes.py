"""How are the JSON documents of a column built?

Documents of one export are built alike: here each is reduced to its shape, which is the document with empty texts but
for names, and with 0 for each number. Shapes are few; each is read once, and tells which text or number of all those
of a document is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import count
from typing import Any

import numpy as np
import pyarrow as pa

from tieout.columnar.kernels.spans import Flags, Places, Texts

QUOTE, COLON, BACKSLASH, MINUS, POINT, ZERO = b'":\\-.0'
# Jackson has limits for names, numbers and nesting, which what is shorter does not reach.
LONGEST, LONGEST_NUMBER, MOST_NESTED = 50_000, 100, 500
TEXT = re.compile('"([^"]*)"')
# Stands in front of the number of a text, where the text was; and is in no name that is understood.
MARK = "\x7f"


@dataclass(frozen=True)
class Text:
    """The text that is so many strings, names among them, behind a document's first one."""

    number: int


@dataclass(frozen=True)
class Number:
    """The number that is so many behind a document's first one."""

    number: int


@dataclass(frozen=True)
class Word:
    """True or false; None where there is nothing."""

    value: str | None


UNSURE = "unsure"
Found = Text | Number | Word | str


class _Pairs(tuple[tuple[str, Any], ...]):
    """An object of a document: a name may be there twice."""


class Documents:
    """The documents of a column that are plainly written (`plain`): without escapes, and with plain numbers."""

    def __init__(self, array: pa.Array) -> None:
        self.texts = texts = Texts(array)
        data = texts.data
        self.quotes = np.flatnonzero(data == QUOTE)
        self.first_quotes = np.searchsorted(self.quotes, texts.offsets)
        sizes = texts.ends - texts.starts
        self.plain: Flags = (np.diff(self.first_quotes) % 2 == 0) & (sizes <= LONGEST)
        self.plain[texts.rows_of(np.flatnonzero(data == BACKSLASH))] = False
        self._read_numbers(self._outside())

    def _outside(self) -> Flags:
        """Return which bytes are in no string; quotes are in none."""
        quote = self.texts.data == QUOTE
        # Only whether the quotes before a place are odd counts: a byte is enough.
        before = np.cumsum(quote, dtype=np.uint8)
        # An odd document does not make those behind it odd.
        odd = (self.first_quotes[:-1] & 1).astype(np.uint8)
        outside: Flags = quote | (((before ^ np.repeat(odd, np.diff(self.texts.offsets))) & 1) == 0)
        return outside

    def _read_numbers(self, outside: Flags) -> None:
        """Find the numbers; they have to be plain ones."""
        data, texts = self.texts.data, self.texts
        digit = (data >= ZERO) & (data <= ZERO + 9)
        inside = outside & (digit | (data == MINUS) | (data == POINT))
        edge = np.zeros(len(data) + 1, dtype=np.bool_)
        edge[texts.offsets] = True
        begins, ends = inside.copy(), inside.copy()
        begins[1:] &= ~inside[:-1] | edge[1:-1]
        ends[:-1] &= ~inside[1:] | edge[1:-1]
        self.numbers = np.flatnonzero(begins)
        self.number_ends = np.flatnonzero(ends) + 1
        self.first_numbers = np.searchsorted(self.numbers, texts.offsets)
        self._outside_of_numbers = outside & ~inside
        self.plain[texts.rows_of(self.numbers[~self._are_plain()])] = False

    def _are_plain(self) -> Flags:
        """Return which numbers have digits, a sign at most before them and a point at most among them."""
        starts, ends = self.numbers, self.number_ends
        padded = np.append(self.texts.data, np.zeros(2, dtype=np.uint8))
        negative = padded[starts] == MINUS
        first = starts + negative
        minus, point = (_count(np.flatnonzero(padded == byte), starts, ends) for byte in (MINUS, POINT))
        whole: Flags = (minus == negative) & (point <= 1) & (first < ends)
        whole &= ends - starts <= LONGEST_NUMBER
        whole &= (padded[first] != POINT) & (padded[ends - 1] != POINT)
        # No zero in front of other digits.
        whole &= (padded[first] != ZERO) | (first + 1 == ends) | (padded[first + 1] == POINT)
        return whole

    @cached_property
    def shapes(self) -> pa.DictionaryArray:
        """Return the shape of each document; of one that is not plain it is empty."""
        data, texts = self.texts.data, self.texts
        keep = self._outside_of_numbers.copy()
        keep[self.numbers] = True
        shaped = data.copy()
        shaped[self.numbers] = ZERO
        keep |= self._in_names()
        keep &= np.repeat(self.plain, np.diff(texts.offsets))
        return Texts(texts.built(texts.offsets, shaped)).kept(keep).dictionary_encode()

    def _in_names(self) -> Flags:
        """Return which bytes are in a string that has a colon behind it."""
        data, quotes = self.texts.data, self.quotes
        place = np.arange(len(quotes)) - np.repeat(self.first_quotes[:-1], np.diff(self.first_quotes))
        following = np.append(data, np.uint8(0))[quotes + 1]
        closing = np.flatnonzero((place % 2 == 1) & (following == COLON))
        steps = np.zeros(len(data) + 1, dtype=np.int8)
        steps[quotes[closing - 1]] = 1
        steps[quotes[closing]] = -1
        inside: Flags = np.cumsum(steps[:-1], dtype=np.int8) > 0
        return inside

    def text_spans(self, rows: Places, numbers: Places) -> tuple[Places, Places]:
        """Return where these strings of these rows start and end."""
        places = self.first_quotes[rows] + 2 * numbers
        return self.quotes[places] + 1, self.quotes[places + 1]

    def number_spans(self, rows: Places, numbers: Places) -> tuple[Places, Places]:
        """Return where these numbers of these rows start and end."""
        places = self.first_numbers[rows] + numbers
        return self.numbers[places], self.number_ends[places]


def _count(places: Places, starts: Places, ends: Places) -> Places:
    """Return how many of these places, which are in order, are from each start on and before its end."""
    counted: Places = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    return counted


@lru_cache(maxsize=10_000)
def found_at(shape: str, path: tuple[str, ...]) -> Found:
    """Return what Spark finds at a path of documents of a shape: the first that is no null, if a name is there twice.

    UNSURE for what is no JSON to Python too, for lists and objects, and for numbers with an exponent.
    """
    if shape.count("{") + shape.count("[") > MOST_NESTED:
        return UNSURE
    numbers, strings = count(), count()

    def marked(match: re.Match[str]) -> str:
        number = next(strings)
        return match[0] if match[1] else f'"{MARK}{number}"'

    try:
        document = json.loads(
            TEXT.sub(marked, shape), object_pairs_hook=_pairs, parse_constant=_unknown, parse_float=_unknown,
            parse_int=lambda _: Number(next(numbers)),
        )  # fmt: skip
    except (ValueError, RecursionError):
        return UNSURE
    return _of_value(document, path) or Word(None)


def _pairs(pairs: list[tuple[str, Any]]) -> _Pairs:
    # What is no name here may be one, with a space before its colon.
    if any(name.startswith(MARK) for name, _ in pairs):
        raise ValueError("a name that is empty")
    return _Pairs(pairs)


def _unknown(text: str) -> Any:
    raise ValueError(text)


def _of_value(value: Any, path: Sequence[str]) -> Found | None:
    """Return what is at a path of a value; None where nothing is."""
    if path:
        inner = value if isinstance(value, _Pairs) else ()
        found = (_of_value(one, path[1:]) for name, one in inner if name == path[0] and one is not None)
        return next((one for one in found if one is not None), None)
    if isinstance(value, bool):
        return Word(json.dumps(value))
    if isinstance(value, str):
        return Text(int(value.removeprefix(MARK)))
    return value if isinstance(value, Number) else UNSURE
