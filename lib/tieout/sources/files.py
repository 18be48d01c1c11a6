"""Listing of files on every file system that Spark reads."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

GLOB_CHARACTERS = "[]{}*?\\"


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
        """Return the path for a Spark reader, which would else take brackets and stars for a pattern."""
        return "".join(f"\\{letter}" if letter in GLOB_CHARACTERS else letter for letter in self.path)


def list_files(spark: SparkSession, input_uri: str) -> list[SourceFile]:
    """Return every non-empty file below `<input_uri>/<system>/`, sorted by path; none when it is absent.

    Hidden files (`_x`, `.x`) and files of zero bytes are left out, as in all of Spark's readers.
    """
    reader = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
    try:
        found = reader.load(input_uri.rstrip("/"))
    except AnalysisException:
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
        spark.read.text(path).schema  # noqa: B018
    except AnalysisException:
        return False
    return True
