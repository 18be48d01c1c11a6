"""The files of an input, listed on every file system that Spark reads, and what is known of them from before."""

from __future__ import annotations

import fnmatch
import hashlib
import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse
from tieout.platform.connect import analysed
from tieout.platform.rows import frame_of
from tieout.platform.session import no_pattern

MEMORY = ("ops", "source_file")
MEMORY_SCHEMA = (
    "bronze string, path string, size bigint, modified string, reading string, hashes array<string>, "
    "run_id string, at timestamp"
)
# A file may change within one tick of a file system's clock and keep size and time: too young, it is read again.
TICK = timedelta(seconds=2)


@dataclass(frozen=True)
class SourceFile:
    """One exported file: `path` as Spark names it, `name` below the system's folder, size in bytes."""

    path: str
    uri: str
    name: str
    system: str
    size: int
    modified: datetime

    @property
    def load_path(self) -> str:
        """Return the path for a Spark reader, in which it sees no pattern."""
        return no_pattern(self.path)


def list_files(spark: SparkSession, input_uri: str) -> list[SourceFile]:
    """Return every non-empty file below `<input_uri>/<system>/`, sorted by path; none when it is absent.

    Hidden files (`_x`, `.x`) and files of zero bytes are left out, as in all of Spark's readers.
    """
    found = _files_below(spark, input_uri)
    if found is None:
        return []
    uri = F.col("_metadata.file_path").alias("uri")
    # Bounded by the number of files; their content is not read, because no column asks for it.
    rows = found.select("path", "length", "modificationTime", uri).collect()
    root = _common_root(input_uri, [row["path"] for row in rows])
    listed = []
    for row in sorted(rows, key=lambda row: str(row["path"])):
        system, _, name = str(row["path"])[len(root) :].partition("/")
        if name:
            listed.append(SourceFile(row["path"], row["uri"], name, system, row["length"], row["modificationTime"]))
    return listed


def look_of(spark: SparkSession, uri: str) -> str:
    """Return paths, sizes and times of all files at or below a place as a digest; nothing is read."""
    found = _files_below(spark, uri)
    if found is None:
        return "absent"
    # Bounded by the number of files.
    rows = sorted(found.select("path", "length", F.unix_millis("modificationTime")).collect())
    return hashlib.sha256("\n".join(map(str, rows)).encode()).hexdigest()


def _files_below(spark: SparkSession, uri: str) -> DataFrame | None:
    """Return the files below a folder, whose name is no pattern, with their content, read only where it is used."""
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        return analysed(reader.load(no_pattern(uri.rstrip("/"))))
    except AnalysisException:
        return None


def _common_root(input_uri: str, paths: Sequence[str]) -> str:
    # Spark writes `file:/tmp/x` for `/tmp/x`, `s3a://b/x` for itself: only what precedes differs.
    tail = posixpath.normpath(input_uri.split("://", 1)[-1].removeprefix("file:")).strip("/") + "/"
    if tail == "./":
        tail = ""
    for path in paths:
        return path[: path.index(tail) + len(tail)] if tail in path else ""
    return ""


def select_files(files: Iterable[SourceFile], patterns: Sequence[str]) -> list[SourceFile]:
    """Return the files whose name fits one of the globs; `*` stays within one folder."""
    return [file for file in files if any(fits(file.name, pattern) for pattern in patterns)]


def fits(name: str, pattern: str) -> bool:
    """Tell whether a relative name fits a glob, folder by folder."""
    folders, wanted = name.split("/"), pattern.split("/")
    return len(folders) == len(wanted) and all(map(fnmatch.fnmatchcase, folders, wanted))


def is_present(spark: SparkSession, path: str) -> bool:
    """Tell whether a path or glob names anything, be it empty."""
    try:
        # The columns of plain text are known, so this looks at names only and reads nothing.
        analysed(spark.read.text(path))
    except AnalysisException:
        return False
    return True


@dataclass(frozen=True)
class FileHashes:
    """The content hashes of files that were read before, as `ops.source_file` keeps them.

    A file whose size, modification time and reading options are those of its last reading is taken for the same.
    """

    rows: Mapping[tuple[str, str], tuple[str, list[str]]]

    @classmethod
    def read(cls, lake: Lakehouse) -> FileHashes:
        """Read what is known."""
        if not lake.exists(*MEMORY):
            return cls({})
        # Bounded by the number of files.
        found = lake.read(*MEMORY).select("bronze", "path", "size", "modified", "reading", "hashes").collect()
        return cls({(row[0], row[1]): (f"{row[2]} {row[3]} {row[4]}", list(row[5])) for row in found})

    def of(self, table: str, files: Iterable[SourceFile], reading: str) -> dict[SourceFile, list[str]]:
        """Return the hashes of those files of a bronze table that need not be read again."""
        known = {file: self.rows.get((table, file.path), ("", [])) for file in files}
        return {
            file: hashes
            for file, (look, hashes) in known.items()
            if look == f"{file.size} {file.modified.isoformat()} {reading}"
        }


def remember_hashes(
    lake: Lakehouse, read: Mapping[tuple[str, str], Mapping[SourceFile, Sequence[str]]], listed: datetime, run_id: str
) -> None:
    """Keep the hashes of files, by bronze table and reading options, that were older than a tick when `listed`."""
    at = datetime.now(UTC)
    rows = [
        (table, file.path, file.size, file.modified.isoformat(), reading, list(hashes), run_id, at)
        for (table, reading), files in read.items()
        for file, hashes in files.items()
        if file.modified < listed - TICK
    ]
    if rows:
        lake.merge(*MEMORY, frame_of(lake.spark, rows, MEMORY_SCHEMA), ["bronze", "path"])
