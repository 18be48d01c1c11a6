"""Which bytes of a local file are the records of one split? Read in blocks, without Spark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedReader

import numpy as np

from tieout.sources.check import TextStyle
from tieout.sources.cut import Cut, TooOddError, after_line, cut
from tieout.sources.here import go_to_split, read_on

# A record that is longer than this is left to those who can wait.
LONGEST_RECORD = 2**28


@dataclass(frozen=True)
class ByteRange:
    """One split of a local file: the records that start after byte `start`, or at 0, and up to `end`.

    `before` is the number of lines before the first that starts there; `inside` tells whether that one starts inside
    quotes, and so belongs to a record of a split before.
    """

    path: str
    start: int
    end: int
    before: int
    inside: bool


@dataclass(frozen=True)
class Block:
    """Some records of a split, and the line of the file in which the first of them starts, from 1."""

    found: Cut
    line: int


def read_blocks(split: ByteRange, style: TextStyle, size: int) -> Iterator[Block]:
    """Yield the split's records in blocks of about so many bytes. Raises TooOddError."""
    with open(split.path, "rb") as file:
        line = split.before + 1 + _go_to_first_record(file, split, style)
        at, held = file.tell(), b""
        while at <= split.end:
            data, final = read_on(file, held, split.end, size)
            if not data:
                return
            found = _whole(cut(data, style), final)
            mine = int(np.searchsorted(at + found.starts, split.end, side="right"))
            if mine:
                yield Block(_first(found, mine), line)
            if final or mine < len(found.ends):
                return
            at, line, held = at + found.end, line + found.breaks, data[found.end :]


def _whole(found: Cut, final: bool) -> Cut:
    """Return the same; a file's last record ends there, and none is of more bytes than can be held."""
    if (final and found.end < len(found.data)) or len(found.data) - found.end > LONGEST_RECORD:
        raise TooOddError
    return found


def _first(found: Cut, count: int) -> Cut:
    if count == len(found.ends):
        return found
    return replace(found, ends=found.ends[:count], lines=found.lines[:count], odd=found.odd[:count])


def _go_to_first_record(file: BufferedReader, split: ByteRange, style: TextStyle) -> int:
    """Go to where the split's first record starts; return how many lines of an earlier record are passed over."""
    go_to_split(file, split.start)
    inside, passed = split.inside, 0
    while inside and (line := file.readline()):
        inside = after_line(line.removesuffix(b"\n"), inside, style)
        passed += 1
    return passed
