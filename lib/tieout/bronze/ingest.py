"""Ingest: the rows of exports, as they came, to bronze; each file once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from tieout.bronze.drift.record import find_drift, record_drift
from tieout.bronze.exported import Export, Readable, bronze_table
from tieout.bronze.files import FileHashes, SourceFile, list_files, remember_hashes
from tieout.bronze.landing import Landed, bronze_settings, known_hashes, land, landed, with_run
from tieout.bronze.plan import plan_exports
from tieout.bronze.readers.jdbc import Extract, extract
from tieout.bronze.readers.registry import Content, hash_files, inspect_files, read_files
from tieout.bronze.rejects import with_reject_reasons
from tieout.bronze.text.lines import one_split_per_partition
from tieout.bronze.unchanged import changed_files, is_settled
from tieout.errors import SourceError
from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental.digests import digest
from tieout.lakehouse.incremental.finished import Mark
from tieout.lakehouse.tables import Table
from tieout.platform.session import local_path

STEP = "ingest"
# Small objects wait for Spark's planning more than for its work.
PARALLEL_OBJECTS = 4

Fresh = list[tuple[Export, list[Readable]]]
# Content hashes of files by (bronze table, reading options).
Read = dict[tuple[str, str], dict[SourceFile, list[str]]]
# What landed by table and content hash.
Counts = dict[tuple[str, str], Landed]
Commits = Mapping[Table, str]
# Exported columns by system and object.
Columns = Mapping[tuple[str, str], Sequence[str]]


def ingest(
    context: Context,
    input_uri: str,
    *,
    dry_run: bool = False,
    full: bool = False,
    check: Callable[[Columns], None] | None = None,
) -> dict[str, Any]:
    """Check every file of the input, then append the new ones to bronze, one commit for each object.

    A file of the size and time at which it was read before is not read again, unless `full`.
    Returns `rows`, `corrupt`, `files_new`, `files_skipped`, `files_unread` (of those skipped), `drift` and of it
    `warnings` (policy `warn`, said on stderr too), the first two by system and object. Raises SourceError, before
    anything is written, when a file is missing, cut short, wrongly encoded or changes while it is read, when a
    table cannot be read, or when columns drifted against the policy. `check` is asked about the columns, and may
    raise, before that too.
    """
    spark = context.spark
    finished, before = context.run.finished, context.run.finished.commits
    input_uri = local_path(input_uri)
    with one_split_per_partition(spark), bronze_settings(spark), context.lake.recording() as touched:
        listed = datetime.now()
        exports = plan_exports(
            context.config,
            list_files(spark, input_uri),
            input_uri,
            lambda file, options: is_settled(spark, file, options),
        )
        fresh, read = _fresh(context, exports, full)
        drift = find_drift(context.lake, fresh)
        _require_unchanged(context, input_uri, fresh)
        if check is not None and any(files for _, files in fresh):
            check(_columns(context, fresh))
        if not dry_run:
            at = datetime.now(UTC)
            record_drift(context.lake, drift, context.run.run_id, at)
            _write(context, fresh, at)
            _undo_changed(context, input_uri, fresh)
        figures = _figures(context, fresh, None if dry_run else _landed(context, fresh))
        if not dry_run:
            remember_hashes(context.lake, read, listed, context.run.run_id)
    finished.refresh({layer for layer, _ in touched.written})
    if not dry_run:
        _mark(context, exports, before, touched.written)
    unread = sum(len(export.files) for export in exports) - sum(map(len, read.values()))
    warned = [str(change) for change in drift if change.export.options.drift == "warn"]
    for line in warned:
        print(f"warning: {line}", file=sys.stderr)  # noqa: T201
    return figures | {"files_unread": unread, "drift": [str(change) for change in drift], "warnings": warned}


def _columns(context: Context, fresh: Fresh) -> Columns:
    """Return the columns that bronze has, or will have, of every object of the input's systems.

    Objects without a file in this input count too: mappings join what was ingested before.
    """
    arriving = {(export.system, export.object): [name for file in files for name in file.columns]
                for export, files in fresh}  # fmt: skip
    found: dict[tuple[str, str], list[str]] = {}
    for system in {export.system for export, _ in fresh}:
        for name in context.config.sources[system].objects:
            table = bronze_table(system, name)
            known = context.lake.read("bronze", table).columns if context.lake.exists("bronze", table) else []
            names = [*known, *arriving.get((system, name), [])]
            if names:
                found[system, name] = list({column.lower(): column for column in reversed(names)}.values())
    return found


def _mark(context: Context, exports: Sequence[Export], before: Commits, written: Collection[Table]) -> None:
    """Take note of the commits at which the tables hold all files of the input."""
    finished, last = context.run.finished, context.run.finished.last(STEP)
    tables = dict(last.tables) if last is not None else {}
    for export in exports:
        commits = finished.commits if ("bronze", export.table) in written else before
        tables[export.table] = commits.get(("bronze", export.table))
    if last is None or tables != last.tables:
        finished.add(Mark(STEP, context.run.run_id, {}, tables, None, {}))


def _fresh(context: Context, exports: Sequence[Export], full: bool) -> tuple[Fresh, Read]:
    """Return what is new of each object, and the hashes of the files that were read to find out."""
    tables = [export for export in exports if export.options.format == "jdbc"]
    exported = [export for export in exports if export not in tables]
    unread = {} if full else _unread(context, exported)
    left = [
        replace(export, files=tuple(file for file in export.files if file not in unread.get(export.table, ())))
        for export in exported
    ]
    context.progress.now(f"checking {sum(len(export.files) for export in left)} files")
    hashed = hash_files(context.spark, [export for export in left if export.files])
    files = _fresh_files(context, exported, hashed)
    read: Read = {}
    for export in left:
        by_file = read.setdefault((export.table, _reading(export)), {file: [] for file in export.files})
        for content in hashed.get(export.table, ()):
            by_file[content.file].append(content.hash)
    return [*files, *((export, _fresh_rows(context, export)) for export in tables)], read


def _unread(context: Context, exports: Sequence[Export]) -> dict[str, set[SourceFile]]:
    """Return, by table, the files that need not be read: known by size and time, and in bronze.

    Bronze is asked, unless its table is at the commit at which the last finished run left it.
    """
    hashes, last = FileHashes.read(context.lake), context.run.finished.last(STEP)
    commits = context.run.finished.commits

    def unread(export: Export) -> set[SourceFile]:
        known = hashes.of(export.table, export.files, _reading(export))
        commit = commits.get(("bronze", export.table))
        if known and (commit is None or last is None or last.tables.get(export.table) != commit):
            there = known_hashes(context.lake, export.table, {key for keys in known.values() for key in keys})
            return {file for file, keys in known.items() if there.issuperset(keys)}
        return set(known)

    with ThreadPoolExecutor(PARALLEL_OBJECTS) as pool:
        return dict(zip([export.table for export in exports], pool.map(unread, exports), strict=True))


def _reading(export: Export) -> str:
    """Return a digest of how the object's files are read."""
    return digest(export.options.model_dump_json())


def _fresh_rows(context: Context, export: Export) -> list[Readable]:
    """Return what a database table has that bronze has not, as if it were a file, or nothing."""
    found = extract(context.spark, context.lake, export)
    if found is None:
        return []
    if known_hashes(context.lake, export.table, [found.hash]):
        found.release()
        return []
    return [found]


def _fresh_files(context: Context, exports: Sequence[Export], hashed: Mapping[str, Sequence[Content]]) -> Fresh:
    new: list[tuple[Export, list[Content]]] = []
    for export in exports:
        first_of = {content.hash: content for content in reversed(hashed.get(export.table, ()))}
        known = known_hashes(context.lake, export.table, first_of)
        new.append((export, [content for key, content in first_of.items() if key not in known]))
    fresh = inspect_files(context.spark, new)
    for export, files in fresh:
        for file in files:
            _require_key(export, file)
    return fresh


def _require_key(export: Export, file: Readable) -> None:
    present = {name.lower() for name in file.columns}
    missing = [key for key in export.keys if "." not in key and key.lower() not in present]
    if export.options.format == "csv" and missing:
        raise SourceError(
            f"{file.file.path}: line {export.options.skip_lines + 1}: no key column {', '.join(missing)}; found "
            f"{len(file.columns)} columns: {', '.join(file.columns)[:200]}. Is the file {export.object}, and its "
            f"delimiter {export.options.delimiter!r}?"
        )


def _changed(context: Context, input_uri: str, fresh: Fresh) -> dict[str, str]:
    """Return the paths of files that changed since they were listed, by their content hash."""
    # What was taken from a database is kept as it was when it was counted.
    listed = [files for export, files in fresh if export.options.format != "jdbc"]
    by_file = {file.file: file.hash for files in listed for file in files}
    changed = changed_files(context.spark, input_uri, list(by_file)) if by_file else []
    return {by_file[file]: file.path for file in changed}


def _require_unchanged(context: Context, input_uri: str, fresh: Fresh) -> None:
    changed = _changed(context, input_uri, fresh)
    if changed:
        raise SourceError(f"{', '.join(changed.values())}: changed while it was checked; nothing was read. Run again.")


def _undo_changed(context: Context, input_uri: str, fresh: Fresh) -> None:
    changed = _changed(context, input_uri, fresh)
    for export, files in fresh:
        hashes = [f"'{file.hash}'" for file in files if file.hash in changed]
        if hashes:
            none = context.lake.read("bronze", export.table).limit(0)
            rows = f"_run_id = '{context.run.run_id}' AND _file_hash IN ({', '.join(hashes)})"
            context.lake.replace_where("bronze", export.table, none, rows)
    if changed:
        raise SourceError(
            f"{', '.join(changed.values())}: changed while it was read; its rows were taken out. Run again."
        )


def _write(context: Context, fresh: Fresh, at: datetime) -> None:
    """Append the rows of each object that has new files, some objects side by side."""
    work = [item for item in fresh if item[1]]
    numbers = count(1)

    def write(export: Export, files: list[Readable]) -> None:
        context.progress.now(f"{next(numbers)} of {len(work)} objects: {export.system} {export.object}")
        rows = with_reject_reasons(read_files(context.spark, export, files), export)
        frame = with_run(rows, context.run.run_id, at)
        land(context.lake, export.table, frame, [file.hash for file in files])
        for file in files:
            if isinstance(file, Extract):
                file.release()

    with ThreadPoolExecutor(PARALLEL_OBJECTS) as pool:
        list(pool.map(lambda item: write(*item), work))


def _figures(context: Context, fresh: Fresh, counts: Counts | None) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": {}, "corrupt": {}, "files_new": 0, "files_skipped": 0}
    for export, files in fresh:
        mine = [counts[export.table, file.hash] for file in files] if counts is not None else []
        rows, corrupt = sum(c.rows for c in mine), sum(c.corrupt for c in mine)
        skipped = max(0, len(export.files) - len(files))
        figures["rows"].setdefault(export.system, {})[export.object] = rows
        figures["corrupt"].setdefault(export.system, {})[export.object] = corrupt
        figures["files_new"] += len(files)
        figures["files_skipped"] += skipped
        context.run.step(
            "ingest",
            system=export.system,
            object=export.object,
            rows=rows,
            corrupt=corrupt,
            files_new=len(files),
            files_skipped=skipped,
        )
    return figures


def _landed(context: Context, fresh: Fresh) -> Counts:
    """Return what landed by table and content hash; raises SourceError where that is not what was counted before."""
    counts = landed(context.lake, {export.table: [file.hash for file in files] for export, files in fresh if files})
    for export, files in fresh:
        for file in files:
            found = counts.setdefault((export.table, file.hash), Landed(0, 0)).rows
            if file.rows is not None and found != file.rows:
                raise SourceError(f"{file.file.path}: {file.rows} rows were counted but {found} landed in bronze")
    return counts
