"""Where a record ends, when values in quotes may hold line breaks.

A line that starts inside quotes belongs to the record before it. Whether it does depends on all lines
before it, which is a chain; but over a run of lines the answer is just a function of the answer at
its start. So each split is summarised for both possible starts (open_quotes), the driver chains the summaries,
and then each split assembles its own records (assembled); what a split's first lines finish is handed to the
split before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tieout.bronze.text import plain_lines as plain
from tieout.bronze.text.check import CheckedText, TextStyle
from tieout.errors import SourceError

# A value in quotes that runs on for longer across a split's start is taken for a forgotten quote.
LONGEST_REST = 16 * 2**20
# Whether a line has an odd number of quotes.
ODD = "_odd"
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class SplitStart:
    """How one split starts: inside quotes or not, and what its last record lacks (from later splits)."""

    inside: bool
    tail: bytes | None


def ends_inside(line: bytes, inside: bool, style: TextStyle) -> bool:
    """Tell whether quotes are open after `line`, given whether they are before it.

    A quote opens a value only right after a delimiter or at the line's start, and a value that has
    been closed is not opened again before the next delimiter; a stray quote in plain text is text.
    """
    quote, opening = style.quote.encode(), (style.delimiter + style.quote).encode()
    position = 0
    if not inside:
        position = len(quote) if line.startswith(quote) else _after(line, opening, 0)
    while position >= 0:
        close = _closing(line, position, quote, style.escape.encode())
        if close < 0:
            return True
        position = _after(line, opening, close + 1)
    return False


def _after(line: bytes, what: bytes, position: int) -> int:
    found = line.find(what, position)
    return found + len(what) if found >= 0 else -1


def _closing(line: bytes, position: int, quote: bytes, escape: bytes) -> int:
    while True:
        found = line.find(quote, position)
        if found < 0:
            return -1
        if escape == quote and line.startswith(quote, found + 1):
            position = found + 2
        elif escape != quote and escape and _is_escaped(line, found, position, escape):
            position = found + 1
        else:
            return found


def _is_escaped(line: bytes, found: int, start: int, escape: bytes) -> bool:
    count = 0
    while found - count - 1 >= start and line[found - count - 1 : found - count] == escape:
        count += 1
    return count % 2 == 1


def inside_flags(lines: pa.Array, odd: pa.Array, inside: bool, style: TextStyle) -> Flags:
    """Return for each line whether it starts inside quotes, and one flag more for the end.

    Only lines with an `odd` number of quotes change anything, so only those are looked at, and one by one only those
    that are not written plainly.
    """
    changes = np.zeros(len(lines) + 1, dtype=bool)
    changes[0] = inside
    positions = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
    changing = lines.take(pa.array(positions))
    # By whether the line starts inside quotes: does it plainly end otherwise?
    plainly = {False: _matching(changing, plain.opens(style)), True: _matching(changing, plain.closes(style))}
    for number, position in enumerate(positions.tolist()):
        after = not inside if plainly[inside][number] else ends_inside(changing[number].as_py(), inside, style)
        changes[position + 1] = after != inside
        inside = after
    return np.logical_xor.accumulate(changes)


def _matching(lines: pa.Array, pattern: str | None) -> list[bool]:
    if pattern is None:
        return [False] * len(lines)
    found: list[bool] = pc.match_substring_regex(lines, pattern).to_pylist()
    return found


@dataclass(frozen=True)
class Run:
    """What a split's lines come to, given its start: whether it `ends` inside quotes, how many `records` start.

    `first` and `last` are the indexes of the first and the last line that start outside quotes, -1 for none.
    """

    ends: bool
    records: int
    first: int
    last: int


# By whether the split starts inside quotes.
Runs = Mapping[bool, Run]


def without_quotes(lines: int) -> Runs:
    """Return the runs of a split in which no line opens or closes quotes, and none is blank."""
    return {False: Run(False, lines, 0 if lines else -1, lines - 1), True: Run(True, 0, -1, -1)}


@dataclass(frozen=True)
class Chain:
    """How a file's splits start, in their order: inside quotes or not, and the line where the open record starts.

    `records` is the file's number of records, `last` the line where the last one starts, from 1.
    """

    checked: CheckedText
    inside: dict[int, bool]
    opened: dict[int, int]
    records: int
    last: int

    def unfinished(self, runs: Mapping[int, Runs]) -> dict[int, int]:
        """Return how many first lines of each split belong to a record of a split before it; none is left out."""
        found = {}
        for split in self.checked.splits:
            first = runs[split.split][True].first
            if self.inside[split.split]:
                found[split.split] = split.lines if first < 0 else first
        return found


def chain(checked: CheckedText, runs: Mapping[int, Runs]) -> Chain:
    """Chain the runs of a file's splits from its first line to its last.

    Raises SourceError when the file ends inside quotes, naming the line where the record starts.
    """
    inside, before, opened, records = False, 0, 0, 0
    starts, opens = {}, {}
    for split in checked.splits:
        starts[split.split], opens[split.split] = inside, opened
        run = runs[split.split][inside]
        records += run.records
        opened = before + run.last + 1 if run.last >= 0 else opened
        inside = run.ends
        before += split.lines
    if inside:
        raise _unclosed(checked, opened, "is still open where the file ends")
    return Chain(checked, starts, opens, records, opened)


@dataclass(frozen=True)
class Quoted:
    """The quoting of one file with line breaks in quotes: how each split starts, how many records there are.

    `last` is the line where the last record starts, from 1.
    """

    starts: dict[int, SplitStart]
    records: int
    last: int


def quoted(chained: Chain, runs: Mapping[int, Runs], rests: Mapping[int, bytes | None]) -> Quoted:
    """Give each split what its last record lacks; `rests` are the first lines that `unfinished` asked for.

    Raises SourceError for a record that lacks too much.
    """
    for split, rest in rests.items():
        if rest is None:
            much = f"runs on for more than {LONGEST_REST // 2**20} MB"
            raise _unclosed(chained.checked, chained.opened[split], much)
    starts: dict[int, SplitStart] = {}
    tail: bytes | None = None
    for split, inside in reversed(chained.inside.items()):
        starts[split] = SplitStart(inside, tail)
        if not inside:
            tail = None
        elif runs[split][True].first < 0 and tail is not None:
            tail = (rests[split] or b"") + b"\n" + tail
        else:
            tail = rests[split]
    return Quoted(starts, chained.records, chained.last)


def _unclosed(checked: CheckedText, line: int, what: str) -> SourceError:
    return SourceError(
        f"{checked.file.path}: line {line}: a value in quotes {what}: the file was cut short, or a closing "
        "quote is missing. Export or upload the file again; if the file's values are never quoted, set "
        "`quote: ''` for the object."
    )
