"""How an object's columns differ from its last export: found, recorded in `silver.drift`, or stopped at."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import functions as F

from tieout.errors import SourceError
from tieout.lakehouse import Lakehouse
from tieout.rows import frame_of
from tieout.sources.exported import SYSTEM_COLUMNS, Export, Readable

SCHEMA = (
    "drift_id string, system string, object string, change string, column string, policy string, "
    "file string, run_id string, at timestamp"
)
NEW, LOST, RETURNED = "new", "lost", "returned"


@dataclass(frozen=True)
class Drift:
    """One column that came (`new`), went (`lost`) or came back (`returned`), and a file that shows it."""

    export: Export
    change: str
    column: str
    file: str

    @property
    def id(self) -> str:
        """Return a name of this change that is the same when the run is repeated."""
        parts = (self.export.system, self.export.object, self.change, self.column, self.file)
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]

    def __str__(self) -> str:
        return f"{self.export.system}.{self.export.object}: {self.change} column {self.column!r} in {self.file}"


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
    """Return how new files differ from what bronze knows of their objects.

    Raises SourceError, before anything is written, when an object's policy is `stop` and it has drifted.
    """
    found: list[Drift] = []
    changed = [(export, files) for export, files in fresh if files and lake.exists("bronze", export.table)]
    lost = _lost_before(lake) if changed else {}
    for export, files in changed:
        known = [name for name in lake.read("bronze", export.table).columns if name not in SYSTEM_COLUMNS]
        found += compare_columns(export, known, lost.get((export.system, export.object), set()), files)
    stopped = [str(drift) for drift in found if drift.export.options.drift == "stop"]
    if stopped:
        lines = "\n".join(stopped)
        raise SourceError(
            f"{lines}\nThe columns differ from the last export and the policy is `drift: stop`; nothing was "
            "read. Correct the export, or set `drift: add` for the object to accept it."
        )
    return found


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
            drift.export.options.drift, drift.file, run_id, at,
        )
        for drift in found
    ]  # fmt: skip
    token = ":".join(["drift", str(lake.version("silver", "drift")), *sorted(drift.id for drift in found)])
    lake.append("silver", "drift", frame_of(lake.spark, rows, SCHEMA), once=token)
