"""What does `check` want to know of a split's lines, and `quoting` of its quotes? Found without Spark, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tieout.sources.check import LOW_31, LOW_32, PRIME, TextStyle
from tieout.sources.cut import LF, blank, has_open_quote, is_utf8
from tieout.sources.here import go_to_split, read_on
from tieout.sources.lines import INDEX, LINE
from tieout.sources.open_quotes import BLANK as BLANK_COLUMN
from tieout.sources.open_quotes import Track
from tieout.sources.quoting import ODD, Run
from tieout.spark_hash import hash_spans

# Hashing takes a step for each 32 bytes of the longest line, so very long ones are left to Spark.
LONGEST_LINE = 2**20
Places = npt.NDArray[np.int64]


class LongLineError(Exception):
    """A line is too long to be checked here."""


@dataclass(frozen=True)
class Lines:
    """Some lines of a split: their bytes, where each starts and ends (before its break), and the first's index."""

    data: bytes
    starts: Places
    ends: Places
    index: int

    def text(self, number: int) -> bytes:
        """Return one line."""
        return self.data[self.starts[number] : self.ends[number]]


def check_range(path: str, start: int, end: int, style: TextStyle, size: int) -> tuple[dict[str, int], dict[bool, Run]]:
    """Return the counts and sums of `check.Split`, and the split's runs by whether it starts inside quotes.

    The quote is a sign of one byte that is doubled within values, or there is none. Raises LongLineError.
    """
    sums: Counter[str] = Counter()
    longest = 0
    tracks = {inside: Track(inside) for inside in (False, True)}
    waiting: list[pa.RecordBatch] = []
    held = 0
    for found in _read(path, start, end, size):
        sums.update(_sums(found))
        longest = max(longest, int((found.ends - found.starts).max()))
        odd, empty = _odd(found, style), blank(found)
        sums.update(odd=len(odd), blank=len(empty), invalid=_invalid(found))
        if len(odd) or len(empty):
            waiting.append(_batch(found, odd, empty))
            held += waiting[-1].nbytes
        if held >= size:
            _follow(waiting, tracks, style)
            waiting, held = [], 0
    _follow(waiting, tracks, style)
    runs = {inside: track.close(sums["lines"]) for inside, track in tracks.items()}
    names = ("lines", "blank", "size", "odd", "invalid", "low", "high", "plain", "placed")
    return {name: sums[name] for name in names} | {"longest": longest}, runs


def _read(path: str, start: int, end: int, size: int) -> Iterator[Lines]:
    """Yield the lines that start after byte `start`, or at 0, and up to `end`."""
    with open(path, "rb") as file:
        go_to_split(file, start)
        at, held, index = file.tell(), b"", 0
        while at <= end:
            data, final = read_on(file, held, end, size)
            breaks = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == LF)
            starts = np.append(0, breaks + 1)
            if starts[-1] + LONGEST_LINE < len(data) or np.diff(starts).max(initial=0) > LONGEST_LINE:
                raise LongLineError
            mine = min(int(np.searchsorted(at + starts, end, side="right")), len(breaks))
            if mine:
                yield Lines(data, starts[:mine], breaks[:mine], index)
            if final or mine < len(breaks):
                return
            at, index, held = at + int(starts[-1]), index + mine, data[starts[-1] :]


def _sums(found: Lines) -> dict[str, int]:
    lengths = found.ends - found.starts
    hashed = hash_spans(found.data, found.starts, lengths)
    short = hashed & LOW_31
    places = np.arange(found.index + 1, found.index + 1 + len(lengths))
    return {
        "lines": len(lengths),
        "size": int(lengths.sum()),
        "low": int((hashed & LOW_32).sum()),
        "high": int((hashed.view(np.uint64) >> np.uint64(32)).sum()),
        "plain": int(short.sum()),
        "placed": int((short * places % PRIME).sum()),
    }


def _odd(found: Lines, style: TextStyle) -> Places:
    """Return the numbers of the lines with an odd number of quotes, as `check.has_open_quote` counts."""
    if not style.quote:
        return np.zeros(0, dtype=np.int64)
    quotes = np.frombuffer(found.data, dtype=np.uint8)[: found.ends[-1] + 1] == ord(style.quote)
    # Of signs that are 1 for a quote, this is 1 where their number is odd.
    parity = np.bitwise_xor.reduceat(quotes.view(np.uint8), found.starts)
    doubtful = np.flatnonzero(parity).tolist()
    return np.array([number for number in doubtful if has_open_quote(found.text(number), style)], dtype=np.int64)


def _invalid(found: Lines) -> int:
    """Return how many lines are not UTF-8."""
    if is_utf8(found.data):
        return 0
    return sum(not is_utf8(found.text(number)) for number in range(len(found.starts)))


def _follow(batches: Sequence[pa.RecordBatch], tracks: Mapping[bool, Track], style: TextStyle) -> None:
    """Let the tracks go on over telling lines: of many blocks at once, for each call has its price."""
    for batch in pa.Table.from_batches(batches).combine_chunks().to_batches() if batches else []:
        for track in tracks.values():
            track.add(batch, style)


def _batch(found: Lines, odd: Places, empty: Places) -> pa.RecordBatch:
    """Return the lines of which quotes can be told: those with an odd number of them, and those without anything."""
    is_odd, is_empty = np.zeros((2, len(found.starts)), dtype=bool)
    is_odd[odd] = True
    is_empty[empty] = True
    telling = np.flatnonzero(is_odd | is_empty)
    columns = {
        LINE: pa.array([found.text(number) for number in telling.tolist()], pa.binary()),
        INDEX: pa.array(telling + found.index),
        ODD: pa.array(is_odd[telling]),
        BLANK_COLUMN: pa.array(is_empty[telling]),
    }
    return pa.RecordBatch.from_pydict(columns)
