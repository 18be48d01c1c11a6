"""Which of the rows that share a key is its record's version that counts? Workers decide, as `ends.with_ends` does.

All rows of a key are in files of one part, and a task settles a part: it sorts what decides, then passes over the files
once more, and has each row go to silver, to those that end in quarantine, or nowhere.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import parquet
from pyspark.sql import SparkSession

from tieout.conform.ends import ARRIVAL, CURRENT, DELETED, NOT_APPLICABLE, QUARANTINED, SUPERSEDED
from tieout.conform.lane_job import new_label, written
from tieout.conform.lane_orders import BROKEN, POSITION, RESULT, Target, rules_broken, teller
from tieout.conform.lane_parts import held_file
from tieout.delta_files import DataFile

BATCH_ROWS = 2**16
RECORD = ("source_system", "_record")
NEWEST_FIRST = ("_modified_at", *ARRIVAL)
DECIDED_BY = ("source_system", "source_id", "_bronze_ref", "_deleted", BROKEN, *NEWEST_FIRST)
# Ends are numbers here.
ENDS = (CURRENT, DELETED, QUARANTINED, SUPERSEDED, NOT_APPLICABLE)
CURRENTLY, GONE, BAD, REPLACED, NEITHER = range(len(ENDS))
SPOT = ["source_system", "_object"]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Orders:
    """What all tasks that settle parts have in common.

    `quarantining` has the bits of the rules for which a row is quarantined, `rules` is the number of all rules. All
    files have the `label` in their names; those of bad rows are in `folder`.
    """

    target: Target
    folder: str
    quarantining: int
    rules: int
    label: str


@dataclass(frozen=True)
class Count:
    """Rows of one object and end, and how many of them are the first of their bronze row."""

    system: str
    object: str
    end: str
    rows: int
    firsts: int


@dataclass(frozen=True)
class Settled:
    """What a task wrote: silver's file, that of bad rows, and what it counted; broken rules by number."""

    file: DataFile | None
    bad: str | None
    counts: Sequence[Count]
    broken: dict[int, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Settled:
        """Return what `to_json` made a text of."""
        found = json.loads(text)
        return cls(
            file=None if found["file"] is None else DataFile(**found["file"]),
            bad=found["bad"],
            counts=[Count(**count) for count in found["counts"]],
            broken={int(rule): rows for rule, rows in found["broken"].items()},
        )

    def to_json(self) -> str:
        """Return it as a text."""
        return json.dumps(asdict(self))


def settle(
    spark: SparkSession, parts: Sequence[Sequence[str]], target: Target, folder: Path, quarantining: int, rules: int
) -> list[Settled]:
    """Decide about all rows of the files of each part, which have the columns of `Target.held_kinds`.

    Files of silver belong to no version of the table yet; where a task fails, none stays. For `quarantining` and
    `rules` see `Orders`.
    """
    if not parts:
        return []
    orders = Orders(target, str(folder), quarantining, rules, new_label())
    numbers = spark.range(0, len(parts), 1, len(parts))
    job = teller(lambda number: _settled(parts[number], orders).to_json())
    return written(numbers.mapInArrow(job, RESULT), target, orders.label, Settled.from_json)


def _settled(files: Sequence[str], orders: Orders) -> Settled:
    ends = _ends(files, orders.quarantining)
    silver = orders.target.opened(orders.label)
    bad = held_file(orders.folder, orders.target, f"bad-{orders.label}")
    counted = _Counted(orders.rules)
    start = 0
    try:
        for rows in _batches(files):
            mine = ends[start : start + rows.num_rows]
            start += rows.num_rows
            silver.add(rows.filter(pa.array(mine <= GONE)).select(list(orders.target.fields)))
            bad.add(rows.filter(pa.array(mine == BAD)))
            counted.add(rows, mine)
        wrote = silver.close(), str(bad.path) if bad.close() else None
        return Settled(*wrote, counted.counts(), dict(counted.broken))
    except BaseException:
        silver.discard()
        raise


def _batches(files: Sequence[str]) -> Iterator[pa.Table]:
    for path in files:
        with parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, use_threads=False):
                yield pa.Table.from_batches([batch])


def _ends(files: Sequence[str], quarantining: int) -> NDArray[np.int8]:
    """Return the end of each row, in the files' order."""
    tables = []
    for path in files:
        with parquet.ParquetFile(path) as file:
            tables.append(file.read(list(DECIDED_BY), use_threads=False))
    rows = pa.concat_tables(tables)
    rows = rows.append_column("_record", pc.coalesce(rows["source_id"], rows["_bronze_ref"])).combine_chunks()
    up, down = ((name, "ascending") for name in RECORD), ((name, "descending") for name in NEWEST_FIRST)
    order = pc.sort_indices(rows, sort_keys=[*up, *down], null_placement="at_end")
    ends = np.empty(rows.num_rows, dtype=np.int8)
    ends[order.to_numpy()] = _ends_in_order(rows.take(order), quarantining)
    return ends


def _ends_in_order(rows: pa.Table, quarantining: int) -> NDArray[np.int8]:
    """Return the ends of rows of which those of a record follow each other, the newest first."""
    good = rows[BROKEN].to_numpy() & quarantining == 0
    first = np.ones(len(good), dtype=np.bool_)
    if len(good) > 1:
        first[1:] = ~(_as_before(rows["source_system"]) & _as_before(rows["_record"]))
    goods = np.cumsum(good) - good
    # How many good rows are before a row, less those before its record's first row.
    replaced = goods > goods[np.flatnonzero(first)][np.cumsum(first) - 1]
    deleted = rows["_deleted"].fill_null(False).to_numpy()
    alone = np.where(good, np.where(deleted, GONE, CURRENTLY), np.where(first, BAD, REPLACED))
    ends = np.where(replaced, REPLACED, alone)
    return np.where(rows[POSITION].is_null().to_numpy(), NEITHER, ends).astype(np.int8)


def _as_before(values: pa.ChunkedArray) -> Flags:
    """Return for each value but the first whether it is the one before it."""
    texts = values.combine_chunks()
    same: Flags = np.asarray(pc.equal(texts[1:], texts[:-1]))
    return same


class _Counted:
    """Rows by object and end, and the rules that they break."""

    def __init__(self, rules: int) -> None:
        self.broken: Counter[int] = Counter()
        self._rules = rules
        self._rows: Counter[tuple[str, str, int]] = Counter()
        self._firsts: Counter[tuple[str, str, int]] = Counter()

    def add(self, rows: pa.Table, ends: NDArray[np.int8]) -> None:
        """Count rows with these ends."""
        first = pc.equal(rows[POSITION].fill_null(0), 0)
        told = pa.table([rows[name] for name in SPOT] + [pa.array(ends), first], names=[*SPOT, "end", "first"])
        for one in told.group_by([*SPOT, "end"]).aggregate([("first", "sum"), ("first", "count")]).to_pylist():
            key = (one["source_system"], one["_object"], one["end"])
            self._rows[key] += one["first_count"]
            self._firsts[key] += one["first_sum"]
        self.broken += rules_broken(rows[BROKEN].to_numpy()[ends != REPLACED], self._rules)

    def counts(self) -> list[Count]:
        """Return what was counted."""
        return [
            Count(system, name, ENDS[end], rows, self._firsts[system, name, end])
            for (system, name, end), rows in self._rows.items()
        ]
