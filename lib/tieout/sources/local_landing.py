"""How do large plain CSV files of this machine reach a bronze table of this machine? Past the JVM.

Spark's Python workers read the files' splits, parse them, and write the table's Parquet files; Delta commits those.
Records that are not written plainly are parsed and judged as always, and go into the same commit. What the checks
counted must be there before it; where anything is out of the ordinary, nothing is committed and nothing is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from py4j.protocol import Py4JError

from tieout.delta_files import FileAppend
from tieout.lakehouse import Lakehouse
from tieout.session import local_path, workers_here
from tieout.sources import here, plain
from tieout.sources.bronze import Landed, landing_token
from tieout.sources.encoding import UTF8, is_wide
from tieout.sources.exported import INGESTED_AT, ROW, SYSTEM_COLUMNS, Export, Readable
from tieout.sources.here import is_here
from tieout.sources.landing_job import AllWritten, write_files
from tieout.sources.landing_task import Target
from tieout.sources.text import TextFile
from tieout.sources.text_rows import alike

BLOCK_BYTES = 4 * 2**20
# A file keeps a buffer for each of its columns.
MOST_COLUMNS = 2000


@dataclass(frozen=True)
class Landing:
    """Plain files of one object, in groups that are alike, on their way to its table."""

    lake: Lakehouse
    export: Export
    groups: list[list[TextFile]]
    run_id: str
    at: datetime

    @property
    def files(self) -> list[TextFile]:
        """Return all files, in the order in which they are numbered."""
        return [file for group in self.groups for file in group]

    @property
    def columns(self) -> list[str]:
        """Return the columns of any file, as tables tell them apart."""
        found: dict[str, str] = {}
        for name in (name for file in self.files for name in file.columns):
            found.setdefault(name.lower(), name)
        return list(found.values())


def land_here(
    lake: Lakehouse, export: Export, files: Sequence[Readable], run_id: str, at: datetime
) -> dict[str, Landed] | None:
    """Land files of at least `here.LEAST_BYTES` in one commit, if they and the table are plain and local.

    Returns what landed by content hash; nothing of files that somebody else landed at the same time; None when they
    are to be landed in another way.
    """
    texts = [file for file in files if isinstance(file, TextFile)]
    size = sum(file.file.size for file in files)
    if size < here.LEAST_BYTES or len(texts) < len(files):
        return None
    if not workers_here(lake.spark) or not lake.is_local or not _is_plain(export, texts):
        return None
    landing = Landing(lake, export, alike(export, texts), run_id, at)
    try:
        append = lake.append_files("bronze", export.table)
        token = landing_token(export.table, append.version, [file.hash for file in files])
        if append.is_done(token):
            return {}
        if not _fits(landing, append):
            return None
    except (Py4JError, TypeError):
        return None  # another Delta than the one that this was written for
    return _land(landing, append)


def _is_plain(export: Export, files: Sequence[TextFile]) -> bool:
    """Tell whether Arrow can be told all that the files' options say."""
    options, style = export.options, files[0].checked.style
    return (
        options.format == "csv"
        and UTF8 in options.encoding
        and not is_wide(options.encoding)
        and options.not_rows_when is None
        and plain.has_doubled_quotes(style)
        and style.quote != style.delimiter
        and all(0 < len(file.columns) <= MOST_COLUMNS and is_here(file.file) for file in files)
    )


def _fits(landing: Landing, append: FileAppend) -> bool:
    """Give the table the columns that it lacks; tell whether it then has all of them as they are written here."""
    kinds = {ROW: "long", INGESTED_AT: "timestamp"}
    wanted = {name: kinds.get(name, "string") for name in [*landing.columns, *SYSTEM_COLUMNS]}
    append.widen(wanted)
    known = {field.name.lower(): field.kind for field in append.fields()}
    return append.is_known() and all(known[name.lower()] == kind for name, kind in wanted.items())


def _land(landing: Landing, append: FileAppend) -> dict[str, Landed] | None:
    fields = {field.name.lower(): field for field in append.fields()}
    folder = local_path(landing.lake.path("bronze", landing.export.table))
    target = Target(folder, fields, landing.run_id, landing.at, BLOCK_BYTES)
    written = write_files(landing.lake.spark, landing.export, landing.groups, target)
    found = _counts(landing, written) if written.is_whole else {}
    if any(file.hash not in found or file.rows != found[file.hash].rows for file in landing.files):
        for file in written.files:
            Path(folder, file.name).unlink(missing_ok=True)
        return None
    append.commit(written.files)
    return found


def _counts(landing: Landing, written: AllWritten) -> dict[str, Landed]:
    counts = zip(landing.files, written.rows, written.corrupt, strict=True)
    return {file.hash: Landed(rows, corrupt) for file, rows, corrupt in counts}
