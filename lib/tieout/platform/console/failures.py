"""One sentence about an error that nobody foresaw, with the file that has its trace.

Errors that a user can act on are `TieoutError`s and say all themselves. These come from below: Spark, Delta, the file
system, the JVM, MLflow. They are told by what they say, without importing any of that.
"""

from __future__ import annotations

import os
import re
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path

from tieout import __version__

LONGEST = 300
# What the error or one of its causes says → what that means for a person. The first that fits is taken.
FAMILIES: tuple[tuple[str, str], ...] = (
    (
        r"No space left on device|Errno 28|Disk quota exceeded",
        "the disk is full; make room (also in the temporary folder, where Spark keeps its own files) and run it again",
    ),
    (
        r"Permission denied|Errno 13|AccessDenied|AccessControlException|Read-only file system|403 Forbidden",
        "it may not read or write what it needs",
    ),
    (
        r"OutOfMemoryError|Java heap space|GC overhead limit",
        "Spark's memory is not enough; give it more, such as TIEOUT_DRIVER_MEMORY=4g, and run it again",
    ),
    (
        r"Py4JNetworkError|Answer from Java side is empty|ConnectionRefusedError|SparkContext was shut down",
        "Spark's Java process has ended (killed, or out of memory); run it again",
    ),
    (
        r"ConcurrentModification|ConcurrentAppend|ConcurrentWrite|ConcurrentTransaction|DELTA_CONCURRENT|"
        r"MetadataChangedException|ProtocolChangedException",
        "another job wrote to the same table at the same time; run it again when that has ended",
    ),
    (
        r"DELTA_TRUNCATED_TRANSACTION_LOG|DELTA_LOG_FILE_NOT_FOUND|DELTA_STATE_RECOVER|DELTA_FILE_NOT_FOUND|"
        r"DELTA_VERSIONS_NOT_CONTIGUOUS|is not a Parquet file|FAILED_READ_FILE|FileNotFoundException|CORRUPT",
        "a file of a table is missing or damaged; restore the lakehouse's folder from a copy, or run into a new --root",
    ),
    (
        r"PATH_NOT_FOUND|DELTA_TABLE_NOT_FOUND|DELTA_MISSING_DELTA_TABLE|TABLE_OR_VIEW_NOT_FOUND|"
        r"DELTA_PATH_DOES_NOT_EXIST",
        "a table that it reads is not there; run the step that writes it, or `tieout run`, first",
    ),
    (
        r"UNRESOLVED_COLUMN|DELTA_SCHEMA|DELTA_FAILED_TO_MERGE|DATATYPE_MISMATCH|CANNOT_UP_CAST|DELTA_METADATA_MISMATCH",
        "a table has other columns or types than this version of Tieout and its config expect; "
        "run into a new --root, or with the version that wrote it",
    ),
    (r"database is locked|unable to open database file|OperationalError", "MLflow's database cannot be used"),
    (r"UnknownHostException|gaierror|Name or service not known|NoRouteToHost", "a host cannot be reached"),
)
NOISE = re.compile(r"^(An error occurred while calling \S+\.?\s*:?\s*|\[?\w*Exception\]?: )+")


def explained(error: BaseException, argv: Sequence[str]) -> str:
    """Return one sentence about the error, after its trace was written to a file that the sentence names."""
    said = _said(error)
    what = next((meaning for pattern, meaning in FAMILIES if re.search(pattern, said)), None)
    detail = _detail(error)
    sentence = f"{what}: {detail}" if what else f"failed in a way that was not foreseen: {detail}"
    place = _write_trace(error, argv)
    return f"{sentence}. {place}"


def _said(error: BaseException) -> str:
    """Return what the error and all that caused it say."""
    texts: list[str] = []
    seen: BaseException | None = error
    while seen is not None and len(texts) < 20:
        texts.append(f"{type(seen).__name__}: {seen}")
        seen = seen.__cause__ or seen.__context__
    return "\n".join(texts)


def _detail(error: BaseException) -> str:
    """Return the error's first line that says something, shortened; an I/O error with its file."""
    lines = [NOISE.sub("", line).strip() for line in str(error).splitlines()]
    first = next((line for line in lines if line), "")
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    return text.rstrip(".")[:LONGEST]


def _write_trace(error: BaseException, argv: Sequence[str]) -> str:
    name = f"tieout-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}.txt"
    head = f"tieout {__version__}\narguments: {list(argv)}\nfolder: {Path.cwd()}\n\n"
    trace = head + "".join(traceback.format_exception(error))
    path = Path(tempfile.gettempdir()) / name
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(trace)
    except OSError:
        return "Its trace could not be written to the temporary folder"
    return f"The trace is in {path}"
