"""Which Parquet files hold the rows of a local Delta table, and how are its columns called in them?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pyspark.sql import DataFrame, SparkSession

from tieout.delta_files import DELTA, Field, fields_of, is_known
from tieout.session import java, local_path

MODE = "delta.columnMapping.mode"


@dataclass(frozen=True)
class Snapshot:
    """A table at one version: its columns, and the files whose rows are all its rows."""

    fields: tuple[Field, ...]
    files: tuple[Path, ...]


def snapshot_of(spark: SparkSession, path: str) -> Snapshot | None:
    """Return the table as it is now; None where its files alone do not tell its rows, or are not on this machine.

    Raises Py4JError where Delta is another one than this was written for.
    """
    packages: Any = java(spark).packages
    log = getattr(packages, DELTA).DeltaLog.forTable(java(spark).session, path)
    found = log.startTransaction().snapshot()
    metadata = found.metadata()
    mode = metadata.configuration().get(MODE)
    by_name = mode.isEmpty() or mode.get() in ("none", "name")
    if int(found.version()) < 0 or not by_name or not is_known(metadata, found.protocol(), log.dataPath()):
        return None
    listed = DataFrame(found.allFiles().toDF(), spark).select("path", "deletionVector.storageType")
    # Bounded by the number of files.
    rows = listed.collect()
    if any(row["storageType"] is not None for row in rows):
        return None
    files = tuple(Path(local_path(path), _file_path(row["path"])) for row in rows)
    return Snapshot(tuple(fields_of(metadata)), files)


def _file_path(uri: str) -> str:
    """Return a path, absolute or below the table, as the log has it."""
    path = unquote(uri)
    return local_path(path) if path.startswith("file:") else path
