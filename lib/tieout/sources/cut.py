"""Where do the records of a block of bytes end, and which of them are written plainly?

A block starts with a record. Its quotes are numbered from 0: an even one opens, an odd one closes, and where that fits
all that stands around them, so that each is where a value starts or ends or is one of two, records end at the line
breaks before which the number of quotes is even. What does not fit is cut line by line, as `quoting` says. Where all
values are in quotes and hold none, it is enough to look for what stands between them (see `closing`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tieout.sources.check import TextStyle
from tieout.sources.closing import closing_quotes
from tieout.sources.quoting import ends_inside

LF, CR = ord("\n"), ord("\r")
BLANK = b" \t\r\n\0"
# Each one is cut by hand, so a file with very many goes another way as a whole.
MOST_ODD = 100
Places = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


class TooOddError(Exception):
    """So many records are not written plainly that there is nothing to gain."""


@dataclass(frozen=True)
class Cut:
    """The records of a block: their `ends`, just after the line break, and the line in which each starts, from 0.

    `odd` are those that are not written plainly; `closing` are the places where the values' quotes close if all values
    are in quotes that hold none, else None. What the block has after the last record is the start of one that goes on
    behind it.
    """

    data: bytes
    ends: Places
    lines: Places
    odd: Flags
    closing: Places | None
    breaks: int
    style: TextStyle

    @property
    def starts(self) -> Places:
        """Return where each record starts."""
        return np.concatenate([[0], self.ends[:-1]]) if len(self.ends) else self.ends

    @property
    def end(self) -> int:
        """Return where the last record ends."""
        return int(self.ends[-1]) if len(self.ends) else 0

    @cached_property
    def quotes(self) -> Places:
        """Return the places of all quotes."""
        return _quotes(np.frombuffer(self.data, dtype=np.uint8), self.style)

    def text(self, number: int) -> bytes:
        """Return one record without its last line break."""
        start = int(self.ends[number - 1]) if number else 0
        return self.data[start : int(self.ends[number]) - 1]

    def outside(self, places: Places) -> tuple[Places, Flags]:
        """Return for each of these places its record's number, and whether it is outside quotes there.

        Places after the last record are none of any: they have its number plus one.
        """
        records = np.searchsorted(self.ends, places, side="right")
        opened = np.searchsorted(self.quotes, np.append(self.starts, self.end))[records]
        return records, (np.searchsorted(self.quotes, places) - opened) % 2 == 0


def cut(data: bytes, style: TextStyle) -> Cut:
    """Cut a block that starts with a record, at whichever line. Raises TooOddError.

    The quote is a sign of one byte that is doubled within values, or there is none; so is the delimiter.
    """
    signs = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(signs == LF)
    closing = None
    if (quoted := closing_quotes(signs, breaks, style)) is None:
        ends, odd = _ends(data, signs, breaks, _quotes(signs, style), style)
    else:
        closing, ends = quoted
        odd = np.zeros(len(ends), dtype=bool)
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    lines = np.searchsorted(breaks, starts)
    passed = int(np.searchsorted(breaks, ends[-1] if len(ends) else 0))
    found = Cut(data, ends, lines, odd, closing, passed, style)
    _mark(found, signs)
    return found


def _quotes(signs: npt.NDArray[np.uint8], style: TextStyle) -> Places:
    return np.flatnonzero(signs == ord(style.quote)) if style.quote else np.zeros(0, dtype=np.int64)


def _ends(
    data: bytes, signs: npt.NDArray[np.uint8], breaks: Places, quotes: Places, style: TextStyle
) -> tuple[Places, Flags]:
    """Return where each record ends, and whether its quotes are odd."""
    ends: list[Places] = []
    odd: list[int] = []
    at, count = 0, 0
    while True:
        own = quotes[np.searchsorted(quotes, at) :]
        after = breaks[np.searchsorted(breaks, at) :]
        plain = after[np.searchsorted(own, after) % 2 == 0] + 1
        wrong = _first_wrong(signs, own, style)
        if wrong is not None:
            plain = plain[: np.searchsorted(plain, wrong, side="right")]
        ends.append(plain)
        count += len(plain)
        at = int(plain[-1]) if len(plain) else at
        end = None if wrong is None else _end_by_lines(data, at, style)
        if end is None:
            break
        if len(odd) == MOST_ODD:
            raise TooOddError
        odd.append(count)
        ends.append(np.array([end]))
        at, count = end, count + 1
    flags = np.zeros(count, dtype=bool)
    flags[odd] = True
    return np.concatenate(ends), flags


def _first_wrong(signs: npt.NDArray[np.uint8], quotes: Places, style: TextStyle) -> int | None:
    """Return the first quote that is not where its number says that it should be; None for none.

    What closes in a block's last byte is not looked at: its record goes on.
    """
    if not len(quotes):
        return None
    opening, closing = quotes[0::2], quotes[1::2]
    closing = closing[:-1] if len(closing) and closing[-1] + 1 == len(signs) else closing
    delimiter = ord(style.delimiter)
    before, after = signs[opening - 1], signs[closing + 1]
    opens = (before == delimiter) | (before == LF)
    opens[0] |= opening[0] == 0
    closes = (after == delimiter) | (after == LF) | (after == CR)
    pairs = min(len(opening) - 1, len(closing))
    doubled = opening[1 : pairs + 1] == closing[:pairs] + 1
    opens[1 : pairs + 1] |= doubled
    closes[:pairs] |= doubled
    wrong = [places[np.argmin(right)] for places, right in ((opening, opens), (closing, closes)) if not right.all()]
    return int(min(wrong)) if wrong else None


def _end_by_lines(data: bytes, start: int, style: TextStyle) -> int | None:
    """Return where the record ends that starts here; None if it does not end in the block."""
    inside, at = False, start
    while True:
        end = data.find(b"\n", at)
        if end < 0:
            return None
        inside = after_line(data[at:end], inside, style)
        at = end + 1
        if not inside:
            return at


def after_line(line: bytes, inside: bool, style: TextStyle) -> bool:
    """Tell whether quotes are open after a line: only those with an odd number of them change that."""
    return ends_inside(line, inside, style) if has_open_quote(line, style) else inside


def has_open_quote(line: bytes, style: TextStyle) -> bool:
    """Tell what `check.has_open_quote` tells."""
    quote, delimiter = style.quote.encode(), style.delimiter.encode()
    if not quote or line.count(quote) % 2 == 0:
        return False
    closed = line.removesuffix(b"\r")
    plainly = line.startswith(quote) and closed.endswith(quote) and len(line) > 2
    doubtful = closed.endswith((delimiter + quote, quote + quote)) or line.startswith(
        (quote + delimiter, quote + quote, quote + b"\r")
    )
    return not plainly or doubtful


def _mark(found: Cut, signs: npt.NDArray[np.uint8]) -> None:
    """Mark the records, too, that have other signs which parsers take in different ways."""
    if b"\r" in found.data:
        returns = np.flatnonzero(signs == CR)
        alone = returns[signs[np.minimum(returns + 1, len(signs) - 1)] != LF]
        records, outside = found.outside(alone[alone < found.end])
        found.odd[records[outside]] = True
    if b"\0" in found.data:
        zeros = np.flatnonzero(signs == 0)
        found.odd[np.searchsorted(found.ends, zeros[zeros < found.end], side="right")] = True


def is_utf8(data: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    ends = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    try:
        # Arrow looks at eight bytes at a time, where they are.
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(data)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


class Texts(Protocol):
    """Lines or records of some bytes."""

    @property
    def data(self) -> bytes:
        """Return the bytes."""

    @property
    def starts(self) -> Places:
        """Return where each starts."""

    def text(self, number: int) -> bytes:
        """Return one without its last line break."""


def blank(found: Texts) -> Places:
    """Return the numbers of those that hold nothing but white space, and so are no records."""
    first = np.frombuffer(found.data, dtype=np.uint8)[found.starts]
    doubtful = np.flatnonzero(first <= ord(" ")).tolist()
    return np.array([number for number in doubtful if not found.text(number).strip(BLANK)], dtype=np.int64)
