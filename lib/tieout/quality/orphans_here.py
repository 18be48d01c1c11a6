"""How many silver rows point to nothing, where tables are on this machine? Spark's workers look, past the JVM.

A first job collects what rows point to, each once with how many do; a second one looks for it among all keys.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet
from pyspark.sql import SparkSession

from tieout.columnar.plan import NotColumnarError
from tieout.conform.lane_files import as_result, files_of
from tieout.conform.lane_job import shares_of
from tieout.conform.lane_orders import Batches, Job
from tieout.conform.lane_source import GroupReader, Piece, Source, source_of
from tieout.lakehouse import Lakehouse
from tieout.quality.references import Reference
from tieout.worker import task_numbers

KEYS = SYSTEM, ID = ["source_system", "source_id"]
NUMBER, ROWS = "reference", "rows"
POINTERS = pa.schema([(SYSTEM, pa.string()), (ID, pa.string()), (NUMBER, pa.int64()), (ROWS, pa.int64())])
FOUND = pa.schema([POINTERS.field(name) for name in KEYS])
# So many different ones may tasks find together, for the driver and each task of the second job hold them all.
MOST = 1_000_000


@dataclass(frozen=True)
class _Share:
    """What a task reads of a table."""

    source: Source
    pieces: Sequence[Piece]

    def rows(self, names: Sequence[str]) -> pa.Table:
        """Return all rows with these columns."""
        batches: list[pa.RecordBatch] = []
        for piece in self.pieces:
            reader = GroupReader(piece, self.source.fields)
            batches += reader.batches(names)
            reader.close()
        return pa.Table.from_batches(batches)


def orphans_here(lake: Lakehouse, references: Sequence[Reference]) -> list[tuple[Reference, int]]:
    """Return each reference of which silver rows point to nothing, and how many; all tables are there.

    A system that has no record of the target is not asked. Raises NotColumnarError where workers cannot read the
    tables as Spark does, or where they point to too many different records.
    """
    names = dict.fromkeys(name for item in references for name in (item.entity, item.target))
    sources = {name: source_of(lake, "silver", name) for name in names}
    _check(references, sources)
    with tempfile.TemporaryDirectory(prefix="tieout-orphans-") as folder:
        pointers = _pointers(lake.spark, references, sources, Path(folder))
        counts: dict[int, int] = {}
        for target in dict.fromkeys(item.target for item in references):
            mine = pa.array([n for n, item in enumerate(references) if item.target == target], pa.int64())
            asked = pointers.filter(pc.is_in(pointers[NUMBER], mine))
            counts |= _lost(asked, _found(lake.spark, asked, sources[target], Path(folder)))
    return [(references[n], count) for n, count in counts.items()]


def _check(references: Sequence[Reference], sources: Mapping[str, Source]) -> None:
    read = [(name, key) for name in sources for key in KEYS] + [(item.entity, item.field) for item in references]
    for name, column in read:
        kinds = {field.name: field.kind for field in sources[name].fields}
        if kinds.get(column) != "string":
            raise NotColumnarError(f"{column} of {name}, which is no text")


def _shares(spark: SparkSession, source: Source) -> list[_Share]:
    return [_Share(source, pieces) for pieces in shares_of(spark, source)]


def _pointers(
    spark: SparkSession, references: Sequence[Reference], sources: Mapping[str, Source], folder: Path
) -> pa.Table:
    """Return what rows point to, with POINTERS; several tasks may have found the same. Raises NotColumnarError."""
    asked = {
        name: {n: item for n, item in enumerate(references) if item.entity == name}
        for name in dict.fromkeys(item.entity for item in references)
    }
    tasks = [(share, mine) for name, mine in asked.items() for share in _shares(spark, sources[name])]
    files = files_of(spark, len(tasks), _collector(tasks, folder))
    if sum(files.values()) > MOST:
        raise NotColumnarError("references to too many different records")
    return _read(files, POINTERS)


def _collector(tasks: Sequence[tuple[_Share, Mapping[int, Reference]]], folder: Path) -> Job:
    """Return a job that writes what the rows of each task point to."""

    def collect(batches: Batches) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            share, asked = tasks[number]
            rows = share.rows(list(dict.fromkeys([SYSTEM, *(item.field for item in asked.values())])))
            yield _written([_counted(rows, n, item) for n, item in asked.items()], folder)

    return collect


def _counted(rows: pa.Table, number: int, reference: Reference) -> pa.Table:
    """Return each record that rows point to by a reference, with how many do."""
    held = pc.is_valid(rows[reference.field])
    if reference.config.systems:
        held = pc.and_(held, pc.is_in(rows[SYSTEM], pa.array(reference.config.systems, pa.string())))
    pointing = rows.select([SYSTEM, reference.field]).rename_columns(KEYS).filter(held)
    found = pointing.group_by(KEYS, use_threads=False).aggregate([([], "count_all")])
    numbers = pa.repeat(pa.scalar(number, pa.int64()), found.num_rows)
    return pa.Table.from_arrays([*found.select(KEYS).columns, numbers, found["count_all"]], schema=POINTERS)


def _found(spark: SparkSession, pointers: pa.Table, target: Source, folder: Path) -> pa.Table:
    """Return those of the records pointed to that are there, and each system that has any with a null as `source_id`.

    Several tasks may have found the same.
    """
    wanted = folder / f"wanted-{uuid.uuid4().hex}.parquet"
    parquet.write_table(pointers.group_by(KEYS, use_threads=False).aggregate([]), wanted)
    shares = _shares(spark, target)
    return _read(files_of(spark, len(shares), _finder(shares, wanted, folder)), FOUND)


def _finder(shares: Sequence[_Share], wanted: Path, folder: Path) -> Job:
    """Return a job that writes which of the records are there that are wanted."""

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            rows = shares[number].rows(KEYS)
            systems = pc.unique(rows[SYSTEM])
            present = pa.Table.from_arrays([systems, pa.nulls(len(systems), pa.string())], schema=FOUND)
            records = rows.join(parquet.read_table(wanted), KEYS, join_type="left semi", use_threads=False)
            yield _written([present, records.select(KEYS)], folder)

    return find


def _lost(pointers: pa.Table, found: pa.Table) -> dict[int, int]:
    """Return how many rows point to nothing, by the reference's number, none without any."""
    asked = pointers.filter(pc.is_in(pointers[SYSTEM], found[SYSTEM].combine_chunks(), skip_nulls=True))
    lost = asked.join(found, KEYS, join_type="left anti", use_threads=False)
    counted = lost.group_by(NUMBER, use_threads=False).aggregate([(ROWS, "sum")]).to_pylist()
    return {row[NUMBER]: row[f"{ROWS}_sum"] for row in counted}


def _written(tables: Sequence[pa.Table], folder: Path) -> pa.RecordBatch:
    path = folder / f"{uuid.uuid4().hex}.parquet"
    rows = pa.concat_tables(tables)
    parquet.write_table(rows, path)
    return as_result(str(path), rows.num_rows)


def _read(files: Mapping[str | None, int], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *(parquet.read_table(file) for file in files)])
