"""How an object's columns differ from its last export: found, recorded in `silver.drift`, or stopped at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.bronze.drift.changed_columns import find_renamed, find_retyped
from tieout.bronze.drift.profile import sample_profiles
from tieout.bronze.exported import INGESTED_AT, REASON, RUN_ID, SYSTEM_COLUMNS, Export, Readable
from tieout.bronze.readers.registry import read_files
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.errors import SourceError
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of

SCHEMA = (
    "drift_id string, system string, object string, change string, column string, policy string, "
    "file string, run_id string, at timestamp, before string, after string, score double"
)
NEW, LOST, RETURNED, RENAMED, RETYPED = "new", "lost", "returned", "renamed", "retyped"
READER_COLUMNS = {RAW, WRONG, LAST}
# Small samples wait for Spark's planning more than for its work.
SAMPLED_AT_ONCE = 4


@dataclass(frozen=True)
class Drift:
    """One change of a column, and a file that shows it.

    It came (`new`), went (`lost`), came back (`returned`); it seems to be another one's new name (`renamed`,
    with that one as `before` and a `score` from 0 to 1); or its values are of another kind (`retyped`, with
    the kinds `before` and `after` in words).
    """

    export: Export
    change: str
    column: str
    file: str
    before: str | None = None
    after: str | None = None
    score: float | None = None

    @property
    def id(self) -> str:
        """Return a name of this change that is the same when the run is repeated."""
        said = [one for one in (self.before, self.after) if one is not None]
        parts = (self.export.system, self.export.object, self.change, self.column, self.file, *said)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def __str__(self) -> str:
        place = f"{self.export.system}.{self.export.object}"
        if self.change == RENAMED:
            return f"{place}: column {self.before!r} seems renamed to {self.column!r} ({self.score:.2f}) in {self.file}"
        if self.change == RETYPED:
            return f"{place}: column {self.column!r} was {self.before} and is {self.after} in {self.file}"
        return f"{place}: {self.change} column {self.column!r} in {self.file}"


def compare_columns(
    export: Export, known: Sequence[str], lost_before: set[str], files: Sequence[Readable]
) -> list[Drift]:
    """Compare the new files' columns with all `known` ones, of which `lost_before` were already missed.

    Names are compared as tables do, without case. A column counts as lost when no new file has it.
    """
    if not files:
        return []
    seen = {name.lower(): (name, file.file.name) for file in reversed(files) for name in file.columns}
    before = {name.lower(): name for name in known}
    gone = {name.lower() for name in lost_before}
    found = [Drift(export, NEW, name, file) for key, (name, file) in seen.items() if key not in before]
    found += [Drift(export, RETURNED, name, file) for key, (name, file) in seen.items() if key in gone]
    missing = [name for key, name in before.items() if key not in seen and key not in gone]
    return found + [Drift(export, LOST, name, files[0].file.name) for name in missing]


def find_drift(lake: Lakehouse, fresh: Sequence[tuple[Export, Sequence[Readable]]]) -> list[Drift]:
    """Return how new files differ from what bronze knows of their objects, by columns and by a sample of values.

    Raises SourceError, before anything is written, when an object's policy is `stop` and it has drifted.
    """
    found: list[Drift] = []
    changed = [(export, files) for export, files in fresh if files and lake.exists("bronze", export.table)]
    lost = _lost_before(lake) if changed else {}
    for export, files in changed:
        known = [name for name in lake.read("bronze", export.table).columns if name not in SYSTEM_COLUMNS]
        found += compare_columns(export, known, lost.get((export.system, export.object), set()), files)
    with ThreadPoolExecutor(SAMPLED_AT_ONCE) as pool:
        by_values = pool.map(lambda item: compare_values(lake, item[0], item[1], found), changed)
        found += [drift for drifts in by_values for drift in drifts]
    stopped = [str(drift) for drift in found if drift.export.options.drift == "stop"]
    if stopped:
        lines = "\n".join(stopped)
        raise SourceError(
            f"{lines}\nThe columns differ from the last export and the policy is `drift: stop`; nothing was "
            "read. Correct the export, or set `drift: add` for the object to accept it."
        )
    return found


def compare_values(lake: Lakehouse, export: Export, files: Sequence[Readable], by_name: Sequence[Drift]) -> list[Drift]:
    """Compare a sample of the new files with one of the newest run in bronze: renamed and retyped columns.

    `by_name` are the columns that came and went. Two bounded jobs, whatever the size of the files.
    """
    mine = [drift for drift in by_name if drift.export == export]
    lost = [drift.column for drift in mine if drift.change == LOST]
    new = [drift.column for drift in mine if drift.change == NEW]
    known = newest_rows(lake, export.table)
    fresh = read_files(lake.spark, export, files).where(F.col(WRONG).isNull())
    names = {name.lower(): name for name in known.columns if name not in SYSTEM_COLUMNS}
    arrived = [name for name in fresh.columns if name not in {*SYSTEM_COLUMNS, *READER_COLUMNS}]
    shared = {names[name.lower()]: name for name in arrived if name.lower() in names}
    before = sample_profiles(known, [*shared, *lost])
    after = sample_profiles(fresh, [*shared.values(), *new])
    file = files[0].file.name
    renamed = find_renamed(lost, new, before, after)
    retyped = find_retyped(
        {shared[name]: before[name] for name in shared}, {name: after[name] for name in shared.values()}
    )
    return [Drift(export, RENAMED, one.after, file, before=one.before, score=one.score) for one in renamed] + [
        Drift(export, RETYPED, one.column, file, one.before, one.after) for one in retyped
    ]


def newest_rows(lake: Lakehouse, table: str) -> DataFrame:
    """Return the whole rows of the run that a bronze table was written by last; by its statistics, few files."""
    rows = lake.read("bronze", table)
    newest = rows.agg(F.max_by(RUN_ID, INGESTED_AT).alias("run")).first()
    return rows.where((F.col(RUN_ID) == F.lit(newest["run"] if newest else None)) & F.col(REASON).isNull())


def _lost_before(lake: Lakehouse) -> dict[tuple[str, str], set[str]]:
    if not lake.exists("silver", "drift"):
        return {}
    newest = (
        lake.read("silver", "drift").groupBy("system", "object", "column").agg(F.max_by("change", "at").alias("change"))
    )
    lost: dict[tuple[str, str], set[str]] = {}
    # Bounded by the number of columns that ever changed.
    for row in newest.where(F.col("change") == LOST).collect():
        lost.setdefault((row["system"], row["object"]), set()).add(row["column"])
    return lost


def record_drift(lake: Lakehouse, found: Sequence[Drift], run_id: str, at: datetime) -> None:
    """Append the changes to `silver.drift`; the same changes in a repeated run are recorded once."""
    if not found:
        return
    rows = [
        (
            drift.id, drift.export.system, drift.export.object, drift.change, drift.column,
            drift.export.options.drift, drift.file, run_id, at, drift.before, drift.after, drift.score,
        )
        for drift in found
    ]  # fmt: skip
    token = ":".join(["drift", str(lake.version("silver", "drift")), *sorted(drift.id for drift in found)])
    lake.append("silver", "drift", frame_of(lake.spark, rows, SCHEMA), once=token)
