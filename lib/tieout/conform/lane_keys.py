"""Which keys do several rows of an entity have? Spark's workers find out, by the keys' hashes alone.

A first job computes the hashes of all rows and leaves them in files, each in order. In a second one every task looks
at one range of them, in all files. The driver gets to see only those that it is asked for.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import SparkSession

from tieout.columnar.building import only
from tieout.columnar.program import Program
from tieout.columnar.right_side import RightSide, read_right_side
from tieout.conform.lane_files import as_result, files_of
from tieout.conform.lane_job import Pipeline, shares_of
from tieout.conform.lane_orders import KEY, Batches, Job, Reading, edges_of
from tieout.conform.lane_source import GroupReader, Piece
from tieout.worker import task_numbers

Hashes = NDArray[np.int64]
# About so many hashes are in memory at a time.
PART_ROWS = 4_000_000


def repeated_hashes(spark: SparkSession, plans: Sequence[Pipeline], folder: Path, most: int) -> Hashes | None:
    """Return the `_key`s that several rows have, of all objects together, in order; None where one is not certain.

    Where there are more than `most`, these are some of them, but more than `most`. Rows count too of which it is not
    certain whether a filter keeps them. `folder`, which must not be there, is for files until the end.
    """
    folder.mkdir(parents=True)
    try:
        tasks = [
            (reading, share)
            for number, plan in enumerate(plans)
            for reading in [_reading(plan, folder, f"{number}-")]
            for share in shares_of(spark, plan.source)
        ]
        files = files_of(spark, len(tasks), _finder(tasks, folder))
        if None in files:
            return None
        edges = edges_of(-(-sum(files.values()) // PART_ROWS))
        repeated = files_of(spark, len(edges) + 1, _comparer(list(files), edges, folder))
        return _read(repeated, most)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reading(plan: Pipeline, folder: Path, label: str) -> Reading:
    """Return what tasks read to find an object's keys, and nothing else."""
    return Pipeline(plan.source, *only(plan.program, plan.rights, [KEY])).reading(folder, label)


def _finder(tasks: Sequence[tuple[Reading, Sequence[Piece]]], folder: Path) -> Job:
    """Return a job that writes the hashes of tasks' rows, in order; where they are not certain, it names no file."""

    def find(batches: Batches) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            hashes = _hashes(*tasks[number])
            yield as_result(None, 0) if hashes is None else _written(_at_most_twice(hashes), folder)

    return find


def _hashes(reading: Reading, pieces: Sequence[Piece]) -> Hashes | None:
    """Return the hashes of the keys of all rows that have one; None where one is not certain."""
    program = Program.from_bytes(reading.program)
    rights = [read_right_side(path) for path in reading.rights]
    found = [np.empty(0, dtype=np.int64)]
    for piece in pieces:
        reader = GroupReader(piece, reading.fields)
        for batch in reader.batches(program.names):
            hashes = _of_batch(program, rights, batch)
            if hashes is None:
                return None
            found.append(hashes)
        reader.close()
    return np.concatenate(found)


def _of_batch(program: Program, rights: Sequence[RightSide], batch: pa.RecordBatch) -> Hashes | None:
    rows, _ = program.rows(batch, rights)
    keys = rows.value(program.outputs[KEY])
    if rows.doubtful.any():
        # Doubts whether a row stays are none about its key, unless that comes by a join of which there are doubts.
        doubtful = rows.afresh(rows.doubtful)
        doubtful.value(program.outputs[KEY])
        if rights or doubtful.doubtful.any():
            return None
    return np.asarray(keys.drop_null().cast(pa.int64()))


def _at_most_twice(hashes: Hashes) -> Hashes:
    """Return hashes in order, those that are there more than twice only twice: a key of all rows is no more work."""
    ordered = np.sort(hashes)
    stays = np.ones(len(ordered), dtype=np.bool_)
    stays[2:] = ordered[2:] != ordered[:-2]
    return ordered[stays]


def _comparer(files: Sequence[str | None], edges: Hashes, folder: Path) -> Job:
    """Return a job that writes the hashes that are twice in the files, of one part each task."""

    def compare(batches: Batches) -> Iterator[pa.RecordBatch]:
        for part in task_numbers(batches):
            hashes = np.sort(np.concatenate([_part(file, edges, part) for file in files] or [edges[:0]]))
            yield _written(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]), folder)

    return compare


def _part(file: str | None, edges: Hashes, part: int) -> Hashes:
    """Return those of a file's hashes, which are in order, that are of one part."""
    hashes: Hashes = np.load(str(file), mmap_mode="r")
    cuts = [0, *np.searchsorted(hashes, edges), len(hashes)]
    return hashes[cuts[part] : cuts[part + 1]]


def _written(hashes: Hashes, folder: Path) -> pa.RecordBatch:
    path = folder / f"keys-{uuid.uuid4().hex}.npy"
    np.save(path, hashes)
    return as_result(str(path), len(hashes))


def _read(files: dict[str | None, int], most: int) -> Hashes:
    """Return all hashes of files, in order; if they are too many only those of some files, and of these not all."""
    found = np.empty(0, dtype=np.int64)
    for file in files:
        more = np.load(str(file))[: most + 1 - len(found)]
        found = np.concatenate([found, more])
    return np.sort(found)
