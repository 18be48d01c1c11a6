"""What does one task of a lane do? It maps its pieces of bronze, and writes the rows of silver and those it leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tieout.columnar.columns import Truths
from tieout.columnar.evaluate import Rows
from tieout.columnar.program import Program
from tieout.columnar.right_side import read_right_side
from tieout.columnar.tree import Node
from tieout.conform.lane_orders import (
    BROKEN,
    CONTESTED,
    DECIDING,
    END,
    KEY,
    POSITION,
    Job,
    Orders,
    Reading,
    Written,
    rules_broken,
    teller,
)
from tieout.conform.lane_parts import Parts, held_file
from tieout.conform.lane_source import GroupReader, Piece
from tieout.delta_files import Field
from tieout.table_file import TableFile

# If fewer of a batch's rows than this share are written, the others are left out before all is computed.
MOST = 0.8
# So many rows tell of how many it is not certain what Spark would find.
TRIED_ROWS = 5000


def mapper(shares: Sequence[Sequence[Piece]], orders: Orders) -> Job:
    """Return a function from batches of the shares' numbers to batches of RESULT, with a `Written` for each share."""
    return teller(lambda number: _mapped(shares[number], orders).to_json())


def doubted_share(piece: Piece, reading: Reading) -> float:
    """Return the share of some first rows of a piece of which it is not certain what Spark would find."""
    program = Program.from_bytes(reading.program)
    reader = GroupReader(piece, reading.fields)
    first = next(iter(reader.batches(program.names))).slice(0, TRIED_ROWS)
    rows, _ = program.rows(first, [read_right_side(path) for path in reading.rights])
    for node in program.outputs.values():
        rows.value(node)
    reader.close()
    return float(rows.doubtful.mean()) if rows.length else 0.0


def _mapped(share: Sequence[Piece], orders: Orders) -> Written:
    task = _Task(orders)
    try:
        for piece in share:
            task.map(piece)
        return task.end()
    except BaseException:
        task.discard()
        raise


class _Task:
    """Maps pieces to files: of silver, of bad rows, of rows that share their key, of bronze rows that are left."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._program = Program.from_bytes(orders.reading.program)
        self._rights = [read_right_side(path) for path in orders.reading.rights]
        self._contested = np.load(Path(orders.folder, CONTESTED), mmap_mode="r")
        self._silver = orders.target.opened(orders.label)
        plain = {column.name: Field(column.name, column.name, None, column.kind) for column in orders.reading.fields}
        self._aside = TableFile(orders.folder, plain, (), orders.label)
        self._bad = held_file(orders.folder, orders.target, f"bad-{orders.label}")
        self._parts = Parts(orders.folder, orders.target, orders.sorting.parts, orders.label)
        self._aside_rows = self._firsts = 0
        self._ends: Counter[str] = Counter()
        self._broken: Counter[int] = Counter()

    def map(self, piece: Piece) -> None:
        """Map the rows of a piece."""
        reader = GroupReader(piece, self._orders.reading.fields)
        left: list[pa.RecordBatch] = []
        places: list[NDArray[np.int64]] = []
        start = 0
        for batch in reader.batches(self._program.names):
            found = self._batch(batch)
            left.append(batch.take(pa.array(found)))
            places.append(found + start)
            start += batch.num_rows
        self._leave(reader, pa.Table.from_batches(left), np.concatenate(places))
        reader.close()

    def end(self) -> Written:
        """End all files; return what was done."""
        aside, bad = (str(file.path) if file.close() else None for file in (self._aside, self._bad))
        return Written(
            file=self._silver.close(),
            aside=aside,
            aside_rows=self._aside_rows,
            bad=bad,
            parts=self._parts.close(),
            ends=dict(self._ends),
            firsts=self._firsts,
            broken=dict(self._broken),
        )

    def discard(self) -> None:
        """Remove all files."""
        for file in (self._silver, self._aside, self._bad, self._parts):
            file.discard()

    def _leave(self, reader: GroupReader, rows: pa.Table, places: NDArray[np.int64]) -> None:
        """Write the rows at these places of a piece, of which some columns are read already, to those that are left."""
        others = [column.name for column in self._orders.reading.fields if column.name not in rows.column_names]
        if len(places) and others:
            more = reader.rows_at(places, others)
            rows = pa.table([*rows.columns, *more.columns], names=[*rows.column_names, *others])
        self._aside.add(rows)
        self._aside_rows += len(places)

    def _batch(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """Write and count the rows of a batch; return the places of those that are left."""
        rows, places = self._program.rows(batch, self._rights)
        shared = self._shares_key(rows)
        # What is counted is computed here, so that doubts about it are known.
        counted = [self._value(rows, name) for name in (END, POSITION, BROKEN)]
        bad = _is_in(counted[0], self._orders.sorting.bad_ends)
        mapped = bad | _is_in(counted[0], self._orders.sorting.ends)
        left = shared & ~mapped
        if mapped.any():
            left |= self._write(rows, mapped & ~rows.doubtful, shared, shared | bad)
        left |= rows.doubtful
        alone = pa.array(~(left | shared))
        self._count([values.filter(alone) for values in counted])
        return places[left]

    def _shares_key(self, rows: Rows) -> Truths:
        """Return which rows share their key with others."""
        key = self._value(rows, KEY)
        if not len(self._contested):
            return np.zeros(rows.length, dtype=np.bool_)
        values = np.asarray(key.fill_null(0))
        place = np.minimum(np.searchsorted(self._contested, values), len(self._contested) - 1)
        shared: Truths = (self._contested[place] == values) & np.asarray(pc.is_valid(key))
        return shared

    def _write(self, rows: Rows, mapped: Truths, shared: Truths, held: Truths) -> Truths:
        """Write mapped rows to silver or, if they are held, to where they wait; return which are doubtful.

        These are in neither.
        """
        whole = np.count_nonzero(mapped) >= MOST * rows.length
        chosen, wanted, held, shared = (
            (rows, mapped, mapped & held, shared)
            if whole
            else (rows.filtered(mapped), None, held[mapped], shared[mapped])
        )
        names = [name for name in self._orders.target.fields if name in self._program.outputs]
        table = pa.table({name: self._value(chosen, name) for name in names})
        view = chosen.some(held)
        deciding = (
            pa.table({name: view.value(self._program.outputs[name]) for name in DECIDING}) if held.any() else None
        )
        sure = ~chosen.doubtful if wanted is None else ~chosen.doubtful & wanted
        stays = sure & ~held
        self._silver.add(table if stays.all() else table.filter(pa.array(stays)))
        if deciding is not None:
            kept = sure & held
            self._hold(table.filter(pa.array(kept)), deciding.filter(pa.array(sure[held])), shared[kept])
        doubtful = np.zeros(rows.length, dtype=np.bool_)
        doubtful[slice(None) if whole else np.flatnonzero(mapped)] = chosen.doubtful
        return doubtful

    def _hold(self, rows: pa.Table, deciding: pa.Table, shared: Truths) -> None:
        """Write rows to those that share their key, or to those that are only bad."""
        names = [*rows.column_names, *deciding.column_names]
        held = pa.table([*rows.columns, *deciding.columns], names=names)
        self._parts.add(held.filter(pa.array(shared)))
        self._bad.add(held.filter(pa.array(~shared)))

    def _count(self, counted: Sequence[pa.Array]) -> None:
        """Count rows by their ends, positions and broken rules."""
        end, position, broken = counted
        for one in pc.value_counts(end).to_pylist():
            self._ends[one["values"]] += one["counts"]
        self._firsts += int(np.count_nonzero(np.asarray(position.fill_null(0)) == 0))
        self._broken += rules_broken(np.asarray(broken.fill_null(0)), self._orders.sorting.rules)

    def _value(self, rows: Rows, name: str) -> pa.Array:
        node: Node = self._program.outputs[name]
        return rows.value(node)


def _is_in(values: pa.Array, chosen: Sequence[str]) -> Truths:
    found: Truths = np.asarray(pc.is_in(values, value_set=pa.array(chosen, pa.string())))
    return found
