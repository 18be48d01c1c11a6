"""Summaries of the quotes of each split, for either start, which `quoting` chains.

Nearly all lines neither open nor close quotes for the next one; those are only counted, and stay where they are read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.files import SourceFile
from tieout.bronze.text.check import CheckedText, TextStyle, has_open_quote, is_blank
from tieout.bronze.text.lines import BATCH_ROWS, INDEX, LINE, SPLIT, read_lines
from tieout.bronze.text.quoting import (
    LONGEST_REST,
    ODD,
    Chain,
    Flags,
    Quoted,
    Run,
    chain,
    inside_flags,
    quoted,
    without_quotes,
)
from tieout.platform.rows import plain_schema
from tieout.platform.session import settings

BLANK, REST = "_blank", "_rest"
# Values that cross a split's start are seldom of more lines than this.
FEW_LINES = 1000
SUMMARY_SCHEMA = f"{SPLIT} bigint, inside boolean, ends boolean, records bigint, first bigint, last bigint"
Batches = Iterable[pa.RecordBatch]


def read_quoting(spark: SparkSession, files: Sequence[CheckedText], style: TextStyle) -> dict[SourceFile, Quoted]:
    """Return the quoting of files of one style.

    Raises SourceError for one that ends inside quotes, or has a value in them that is too long to be one.
    """
    counts = {split.split: split.lines for checked in files for split in checked.splits}
    runs: dict[int, dict[bool, Run]] = {split: dict(without_quotes(lines)) for split, lines in counts.items()}
    runs |= _runs(spark, files, style)
    chains = [chain(checked, runs) for checked in files]
    rests = _rests(spark, chains, runs, style)
    return {
        chained.checked.file: quoted(chained, runs, {split: rests.get(split) for split in chained.unfinished(runs)})
        for chained in chains
    }


def _runs(spark: SparkSession, files: Sequence[CheckedText], style: TextStyle) -> dict[int, dict[bool, Run]]:
    """Return the runs of the splits that have lines which are blank or open or close quotes."""
    if not files:
        return {}
    counts = {split.split: split.lines for checked in files for split in checked.splits}
    lines = read_lines(spark, [checked.file for checked in files], style.wide)
    runs: dict[int, dict[bool, Run]] = defaultdict(dict)
    # Bounded by the number of splits: two rows for each.
    for row in summarise_quotes(lines, style, counts).collect():
        runs[row[SPLIT]][row["inside"]] = Run(row["ends"], row["records"], row["first"], row["last"])
    return dict(runs)


def summarise_quotes(lines: DataFrame, style: TextStyle, counts: dict[int, int]) -> DataFrame:
    """Summarise each split for both starts: how it ends, how many records start, the first and last of them.

    Blank lines are no records. `counts` are the splits' lines; a split in which no line is blank or has an odd number
    of quotes gives no row (see `without_quotes`). Needs `_line`, `_split`, `_index`; one split must be one partition.
    """
    telling = lines.select(
        F.col(LINE).cast("binary").alias(LINE),
        SPLIT,
        INDEX,
        (has_open_quote(style) == 1).alias(ODD),
        is_blank().alias(BLANK),
    )
    return telling.where(F.col(ODD) | F.col(BLANK)).mapInArrow(_summariser(style, counts), SUMMARY_SCHEMA)


@dataclass
class Track:
    """A split that starts inside quotes, or outside, as far as its telling lines have come by.

    `records` counts the lines that start outside quotes and are not blank; `first` and `last` are as in `Run`.
    """

    inside: bool
    records: int = 0
    first: int = -1
    last: int = -1
    _seen: int = -1

    def add(self, batch: pa.RecordBatch, style: TextStyle) -> None:
        """Go on to the last line of a batch of telling lines."""
        indexes = batch.column(INDEX).to_numpy()
        starts = inside_flags(batch.column(LINE), batch.column(ODD), self.inside, style)
        blank = batch.column(BLANK).to_numpy(zero_copy_only=False)
        # The lines between two telling ones start as the second of them does.
        self._count(starts[:-1], np.diff(indexes, prepend=self._seen), indexes)
        self.records -= int(np.count_nonzero(blank & ~starts[:-1]))
        self.inside, self._seen = bool(starts[-1]), int(indexes[-1])

    def close(self, lines: int) -> Run:
        """Go on to the end of a split of so many lines."""
        self._count(np.array([self.inside]), np.array([lines - 1 - self._seen]), np.array([lines - 1]))
        return Run(self.inside, self.records, self.first, self.last)

    def _count(self, inside: Flags, lengths: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> None:
        outside = np.flatnonzero(~inside & (lengths > 0))
        if not len(outside):
            return
        self.records += int(lengths[outside].sum())
        self.last = int(ends[outside[-1]])
        if self.first < 0:
            self.first = int(ends[outside[0]] - lengths[outside[0]] + 1)


def _summariser(style: TextStyle, counts: dict[int, int]) -> Callable[[Batches], Batches]:
    def summarise(batches: Batches) -> Batches:
        tracks = {inside: Track(inside) for inside in (False, True)}
        split = None
        for batch in batches:
            split = batch.column(SPLIT)[0].as_py()
            for track in tracks.values():
                track.add(batch, style)
        if split is not None:
            runs = [(inside, track.close(counts[split])) for inside, track in tracks.items()]
            rows = [{SPLIT: split, "inside": inside, **vars(run)} for inside, run in runs]
            yield pa.RecordBatch.from_pylist(rows, schema=plain_schema(SUMMARY_SCHEMA))

    return summarise


def _rests(
    spark: SparkSession, chains: Sequence[Chain], runs: dict[int, dict[bool, Run]], style: TextStyle
) -> dict[int, bytes | None]:
    """Return the first lines of the splits that start inside quotes, up to their first record; None if too much."""
    wanted = {chained.checked.file: chained.unfinished(runs) for chained in chains}
    files = [file for file, counts in wanted.items() if counts]
    if not files:
        return {}
    lines = read_lines(spark, files, style.wide).select(F.col(LINE).cast("binary").alias(LINE), SPLIT)
    taker = _taker({split: count for counts in wanted.values() for split, count in counts.items()})
    with settings(spark, {BATCH_ROWS: str(FEW_LINES)}):
        # Bounded: at most one row of LONGEST_REST for each split.
        rows = lines.mapInArrow(taker, f"{SPLIT} bigint, {REST} binary").collect()
    return {row[SPLIT]: None if row[REST] is None else bytes(row[REST]) for row in rows}


def _taker(counts: dict[int, int]) -> Callable[[Batches], Batches]:
    def take(batches: Batches) -> Batches:
        taken: list[bytes] = []
        split, size = None, 0
        for batch in batches:
            split = batch.column(SPLIT)[0].as_py()
            lines = batch.column(LINE).slice(0, counts.get(split, 0) - len(taken))
            taken += lines.to_pylist()
            size += lines.nbytes
            if len(taken) >= counts.get(split, 0) or size > LONGEST_REST:
                # Leaving ends the task: what follows in the split is never read.
                break
        if split in counts:
            rest = b"\n".join(taken) if size <= LONGEST_REST else None
            yield pa.RecordBatch.from_arrays(
                [pa.array([split], type=pa.int64()), pa.array([rest], type=pa.binary())], names=[SPLIT, REST]
            )

    return take
