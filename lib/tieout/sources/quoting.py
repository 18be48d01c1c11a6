"""Where a record ends, when values in quotes may hold line breaks.

A line that starts inside quotes belongs to the record before it. Whether it does depends on all lines
before it, which is a chain; but over a run of lines the answer is just a function of the answer at
its start. So each split is summarised for both possible starts, the driver chains the summaries, and
then each split assembles its own records; what a split's first lines finish is handed to the split before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.errors import SourceError
from tieout.sources.check import CheckedText, TextStyle
from tieout.sources.lines import INDEX, LINE, SPLIT

# A value in quotes that runs on for longer across a split's start is taken for a forgotten quote.
LONGEST_REST = 16 * 2**20
SUMMARY_SCHEMA = (
    f"{SPLIT} bigint, outside_ends boolean, inside_ends boolean, outside_starts bigint, "
    "inside_starts bigint, outside_last bigint, inside_last bigint, rest binary"
)
RECORD_SCHEMA = f"{LINE} binary, {SPLIT} bigint, {INDEX} bigint"
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


def inside_flags(lines: pa.Array, inside: bool, style: TextStyle) -> Flags:
    """Return for each line whether it starts inside quotes, and one flag more for the end.

    Only lines with an odd number of quotes change anything, so only those are looked at one by one.
    """
    changes = np.zeros(len(lines) + 1, dtype=bool)
    changes[0] = inside
    for position in _odd_lines(lines, style):
        after = ends_inside(lines[position].as_py(), inside, style)
        changes[position + 1] = after != inside
        inside = after
    return np.logical_xor.accumulate(changes)


def _odd_lines(lines: pa.Array, style: TextStyle) -> list[int]:
    quotes = pc.count_substring(lines, style.quote).to_numpy(zero_copy_only=False)
    if style.escape and style.escape != style.quote:
        quotes = quotes - pc.count_substring(lines, style.escape + style.quote).to_numpy(zero_copy_only=False)
    found: list[int] = np.flatnonzero(quotes % 2).tolist()
    return found


def summarise_quotes(lines: DataFrame, style: TextStyle) -> DataFrame:
    """Summarise each split for both starts: how it ends, how many records start, the last one's line.

    Blank lines are no records; `rest` is what precedes the first record when the split starts inside
    quotes. Needs `_line`, `_split`, `_index`; one split must be one partition.
    """
    return _raw(lines).mapInArrow(_summariser(style), SUMMARY_SCHEMA)


def assemble(lines: DataFrame, style: TextStyle, starts: dict[int, SplitStart]) -> DataFrame:
    """Return one row for each record: `_line` with its line breaks, `_split`, `_index` of its first line."""
    records = _raw(lines).mapInArrow(_assembler(style, starts), RECORD_SCHEMA)
    return records.withColumn(LINE, F.col(LINE).cast("string"))


def _raw(lines: DataFrame) -> DataFrame:
    # As bytes: a line may be in any encoding, and Arrow strings are UTF-8.
    return lines.select(F.col(LINE).cast("binary").alias(LINE), SPLIT, INDEX)


Batches = Iterable[pa.RecordBatch]


def _summariser(style: TextStyle) -> Callable[[Batches], Batches]:
    def summarise(batches: Batches) -> Batches:
        split, seen = None, 0
        ends, starts, last = [False, True], [0, 0], [-1, -1]
        rest: list[bytes] | None = []
        size = 0
        for batch in batches:
            lines = batch.column(0)
            split = batch.column(1)[0].as_py()
            for track in (0, 1):
                flags = inside_flags(lines, ends[track], style)
                firsts = np.flatnonzero(~flags[:-1])
                if track == 1 and rest is not None and last[1] < 0 and size <= LONGEST_REST:
                    belongs = lines[: int(firsts[0]) if len(firsts) else len(lines)]
                    size += belongs.nbytes
                    rest = [*rest, *belongs.to_pylist()] if size <= LONGEST_REST else None
                starts[track] += len(firsts) - _blank_lines(lines, firsts)
                last[track] = seen + int(firsts[-1]) if len(firsts) else last[track]
                ends[track] = bool(flags[-1])
            seen += len(lines)
        if split is not None:
            text = b"\n".join(rest) if rest is not None else None
            row = [split, *ends, *starts, *last, text]
            types = [pa.int64(), pa.bool_(), pa.bool_(), *[pa.int64()] * 4, pa.binary()]
            names = [column.split()[0] for column in SUMMARY_SCHEMA.split(", ")]
            arrays = [pa.array([value], type=kind) for value, kind in zip(row, types, strict=True)]
            yield pa.RecordBatch.from_arrays(arrays, names=names)

    return summarise


def _blank_lines(lines: pa.Array, positions: npt.NDArray[np.int64]) -> int:
    short = pc.less_equal(pc.binary_length(lines), 1).to_numpy(zero_copy_only=False)
    return sum(not lines[position].as_py().strip() for position in positions[short[positions]].tolist())


def _assembler(style: TextStyle, starts: dict[int, SplitStart]) -> Callable[[Batches], Batches]:
    def records(batches: Batches) -> Batches:
        open_lines: pa.Array = pa.array([], type=pa.binary())
        start: SplitStart | None = None
        split, seen, inside = 0, 0, False
        for batch in batches:
            lines = batch.column(0)
            if start is None:
                split = batch.column(1)[0].as_py()
                start = starts[split]
                inside = start.inside
            flags = inside_flags(lines, inside, style)
            inside = bool(flags[-1])
            held = np.arange(len(open_lines)) > 0
            together = pa.concat_arrays([open_lines, lines])
            firsts = np.flatnonzero(~np.concatenate([held, flags[:-1]]))
            base = seen - len(open_lines)
            seen += len(lines)
            complete = firsts[:-1] if inside else firsts
            if len(complete):
                end = int(firsts[-1]) if inside else len(together)
                yield _joined(together, complete, end, split, base)
            first_open = int(firsts[-1]) if inside and len(firsts) else len(together)
            open_lines = together[first_open:]
        if len(open_lines) and start is not None:
            yield _joined(_with_tail(open_lines, start.tail), np.array([0]), None, split, seen - len(open_lines))

    return records


def _with_tail(lines: pa.Array, tail: bytes | None) -> pa.Array:
    return lines if tail is None else pa.concat_arrays([lines, pa.array([tail], type=pa.binary())])


def _joined(lines: pa.Array, firsts: npt.NDArray[np.int64], end: int | None, split: int, base: int) -> pa.RecordBatch:
    end = len(lines) if end is None else end
    offsets = pa.array(np.append(firsts, end), type=pa.int32())
    text = pc.binary_join(pa.ListArray.from_arrays(offsets, lines[:end]), b"\n")
    indexes = pa.array(firsts + base, type=pa.int64())
    splits = pa.array(np.full(len(firsts), split), type=pa.int64())
    return pa.RecordBatch.from_arrays([text, splits, indexes], names=[LINE, SPLIT, INDEX])


@dataclass(frozen=True)
class Quoted:
    """The quoting of one file with line breaks in quotes: how each split starts, how many records there are.

    `last` is the line where the last record starts, from 1.
    """

    starts: dict[int, SplitStart]
    records: int
    last: int


def chain(checked: CheckedText, summaries: dict[int, dict[str, object]]) -> Quoted:
    """Chain a file's split summaries from its first line to its last.

    Raises SourceError when the file ends inside quotes, naming the line where the record starts.
    """
    inside, before, opened, records = False, 0, 0, 0
    order: list[tuple[int, bool, bytes | None]] = []
    for split in checked.splits:
        found = summaries[split.split]
        track = "inside" if inside else "outside"
        order.append((split.split, inside, found["rest"] if inside else None))  # type: ignore[arg-type]
        if inside and found["rest"] is None:
            raise _unclosed(checked, opened, f"runs on for more than {LONGEST_REST // 2**20} MB")
        records += int(found[f"{track}_starts"])  # type: ignore[call-overload]
        last = int(found[f"{track}_last"])  # type: ignore[call-overload]
        opened = before + last + 1 if last >= 0 else opened
        inside = bool(found[f"{track}_ends"])
        before += split.lines
    if inside:
        raise _unclosed(checked, opened, "is still open where the file ends")
    return Quoted(_with_tails(order, summaries), records, opened)


def _with_tails(
    order: list[tuple[int, bool, bytes | None]], summaries: dict[int, dict[str, object]]
) -> dict[int, SplitStart]:
    starts: dict[int, SplitStart] = {}
    tail: bytes | None = None
    for split, inside, rest in reversed(order):
        starts[split] = SplitStart(inside, tail)
        if not inside:
            tail = None
        elif int(summaries[split]["inside_last"]) < 0 and tail is not None:  # type: ignore[call-overload]
            tail = (rest or b"") + b"\n" + tail
        else:
            tail = rest
    return starts


def _unclosed(checked: CheckedText, line: int, what: str) -> SourceError:
    return SourceError(
        f"{checked.file.path}: line {line}: a value in quotes {what}: the file was cut short, or a closing "
        "quote is missing. Export or upload the file again; if the file's values are never quoted, set "
        "`quote: ''` for the object."
    )
