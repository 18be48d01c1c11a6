"""How is an object's bronze mapped by Spark's workers, past the JVM, to files of silver's folder?"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pyspark.sql import DataFrame, SparkSession

from tieout.columnar.building import program_of
from tieout.columnar.plan import NotColumnarError, read_plan
from tieout.columnar.program import Program
from tieout.columnar.right_side import RightSide, write_right_sides
from tieout.conform.lane_orders import (
    CONTESTED,
    RESULT,
    WRITTEN,
    Orders,
    PartFile,
    Reading,
    Sorting,
    Target,
    Written,
    teller,
)
from tieout.conform.lane_parts import parts_writer
from tieout.conform.lane_source import Piece, Source
from tieout.conform.lane_task import doubted_share, mapper
from tieout.delta_files import DataFile
from tieout.session import parallelism
from tieout.sources.here import shares

# Tasks are about this many for each that works at once, as some take longer; up to so many bytes of bronze a task.
TASKS_EACH, MOST_BYTES = 3, 128 * 2**20


class WithFile(Protocol):
    """What a task tells of the file that it wrote, if it did."""

    @property
    def file(self) -> DataFile | None:
        """Return the file."""


Told = TypeVar("Told", bound=WithFile)


@dataclass(frozen=True)
class Pipeline:
    """What workers do with the rows of one object: its bronze table, the program, and the right sides of its joins."""

    source: Source
    program: Program
    rights: list[RightSide]

    def reading(self, folder: Path, label: str = "") -> Reading:
        """Return what tasks that read the object are told, with right sides in files of a folder, made if need be."""
        folder.mkdir(parents=True, exist_ok=True)
        return Reading(self.program.to_bytes(), write_right_sides(self.rights, folder, label), self.source.fields)


@dataclass(frozen=True)
class Done:
    """What was done with an object: silver's files, those of bad rows, of bronze rows left, of rows that share keys.

    Of the latter there are the files of each part. All other rows but those left are counted: by end, those that are
    the first of their bronze row, and by number of the rule that they break.
    """

    files: list[DataFile]
    aside: list[str]
    aside_rows: int
    bad: list[str]
    parts: dict[int, list[PartFile]]
    ends: dict[str, int]
    firsts: int
    broken: dict[int, int]


def pipeline(source: Source, frame: DataFrame, outputs: Sequence[str], now: datetime) -> Pipeline:
    """Return how workers compute these outputs of a frame over a bronze table; it is `now` for `current_timestamp()`.

    Raises NotColumnarError where they cannot.
    """
    plan = read_plan(frame, now)
    if list(plan.relation.values()) != [field.name for field in source.fields]:
        raise NotColumnarError("a plan of another table")
    return Pipeline(source, *program_of(plan, outputs))


def run_lane(
    spark: SparkSession,
    plan: Pipeline,
    target: Target,
    folder: Path,
    contested: NDArray[np.int64],
    sorting: Sorting,
) -> Done:
    """Map all rows of an object; those that are silver's get to its files, which nobody knows of yet.

    Bad rows, and all whose `_key` is among the `contested`, which are in order, get to files of `folder`, with silver's
    columns and DECIDING: the latter in parts. Whole bronze rows are left there if it is not certain what Spark would
    find. Where a task fails, no file of silver stays.
    """
    label = new_label()
    orders = Orders(plan.reading(folder), target, str(folder), sorting, label)
    np.save(folder / CONTESTED, contested)
    groups = shares_of(spark, plan.source)
    numbers = spark.range(0, len(groups), 1, len(groups) or 1)
    return _together(written(numbers.mapInArrow(mapper(groups, orders), RESULT), target, label, Written.from_json))


def try_lane(spark: SparkSession, plan: Pipeline, folder: Path) -> float:
    """Return the share of an object's first rows of which workers are not certain what Spark would find.

    `folder` is for files that workers get, and is no other object's.
    """
    if not plan.source.pieces:
        return 0.0
    # Workers keep files in memory as they are on disk: the lane's own are others.
    reading = plan.reading(folder, "try-")
    job = teller(lambda _: str(doubted_share(plan.source.pieces[0], reading)))
    return float(_texts(spark.range(0, 1, 1, 1).mapInArrow(job, RESULT))[0])


def hold_frame(frame: DataFrame, target: Target, folder: Path, parts: int) -> dict[int, list[PartFile]]:
    """Write a frame's rows, with the columns of `Target.held_kinds`, to files of `folder`; return those by part."""
    writer = parts_writer(str(folder), target, parts, new_label())
    return _by_part(Written.from_json(text) for text in _texts(frame.mapInArrow(writer, RESULT)))


def new_label() -> str:
    """Return what no other job's files have in their names."""
    return f"{uuid.uuid4().hex[:12]}-"


def shares_of(spark: SparkSession, source: Source) -> list[list[Piece]]:
    """Return the pieces of each task that reads a table."""
    each = sum(piece.size for piece in source.pieces) // (TASKS_EACH * parallelism(spark))
    return shares(source.pieces, lambda piece: piece.size, max(1, min(each, MOST_BYTES)))


def written(results: DataFrame, target: Target, label: str, read: Callable[[str], Told]) -> list[Told]:
    """Run a job and return what its tasks tell, a text each that is `read`.

    Of its files only those stay in the table's folder that it names, none if it fails.
    """
    named: set[str] = set()
    try:
        found = [read(text) for text in _texts(results)]
        named = {one.file.name for one in found if one.file is not None}
        return found
    finally:
        for path in Path(target.folder).glob(f"part-{label}*"):
            if path.name not in named:
                path.unlink(missing_ok=True)


def _texts(results: DataFrame) -> list[str]:
    # Bounded by the number of tasks.
    return [row[WRITTEN] for row in results.collect()]


def _by_part(found: Iterable[Written]) -> dict[int, list[PartFile]]:
    parts: dict[int, list[PartFile]] = {}
    for one in found:
        for part, file in one.parts.items():
            parts.setdefault(part, []).append(file)
    return parts


def _together(found: Sequence[Written]) -> Done:
    ends: Counter[str] = Counter()
    broken: Counter[int] = Counter()
    for one in found:
        ends.update(one.ends)
        broken.update(one.broken)
    return Done(
        files=[one.file for one in found if one.file is not None],
        aside=[one.aside for one in found if one.aside is not None],
        aside_rows=sum(one.aside_rows for one in found),
        bad=[one.bad for one in found if one.bad is not None],
        parts=_by_part(found),
        ends=ends,
        firsts=sum(one.firsts for one in found),
        broken=broken,
    )
