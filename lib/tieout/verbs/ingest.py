"""`tieout ingest`: which rows do the exports hold? Copies them, as they came, to bronze."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from tieout.context import Context, open_context
from tieout.errors import SourceError
from tieout.session import local_path
from tieout.sources.bronze import Landed, bronze_settings, known_hashes, land, landed, with_run
from tieout.sources.drift import find_drift, record_drift
from tieout.sources.exported import Export, Readable, bronze_table
from tieout.sources.files import list_files
from tieout.sources.formats import Content, hash_files, inspect_files, read_files
from tieout.sources.jdbc import Extract, extract
from tieout.sources.judge import judged
from tieout.sources.lines import one_split_per_partition
from tieout.sources.plan import plan_exports
from tieout.sources.unchanged import changed_files, is_settled

# Small objects wait for Spark's planning more than for its work.
PARALLEL_OBJECTS = 4

Fresh = list[tuple[Export, list[Readable]]]
# What landed by table and content hash.
Counts = dict[tuple[str, str], Landed]
# Exported columns by system and object.
Columns = Mapping[tuple[str, str], Sequence[str]]


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    with open_context(args, "ingest", creates=True) as context:
        return ingest(context, args.input, dry_run=args.dry_run)


def ingest(
    context: Context, input_uri: str, *, dry_run: bool = False, check: Callable[[Columns], None] | None = None
) -> dict[str, Any]:
    """Check every file of the input, then append the new ones to bronze, one commit for each object.

    Returns `rows`, `corrupt`, `files_new`, `files_skipped`, `drift` and of it `warnings` (policy `warn`, said
    on stderr too), the first two by system and object. Raises SourceError, before anything is written, when
    a file is missing, cut short, wrongly encoded or changes while it is read, when a table cannot be read, or
    when columns drifted against the policy. `check` is asked about the columns, and may raise, before that too.
    """
    spark = context.spark
    input_uri = local_path(input_uri)
    with one_split_per_partition(spark), bronze_settings(spark):
        exports = plan_exports(
            context.config,
            list_files(spark, input_uri),
            input_uri,
            lambda file, options: is_settled(spark, file, options),
        )
        fresh = _fresh(context, exports)
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
    warned = [str(change) for change in drift if change.export.options.drift == "warn"]
    for line in warned:
        print(f"warning: {line}", file=sys.stderr)  # noqa: T201
    return figures | {"drift": [str(change) for change in drift], "warnings": warned}


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


def _fresh(context: Context, exports: Sequence[Export]) -> Fresh:
    tables = [export for export in exports if export.options.format == "jdbc"]
    files = _fresh_files(context, [export for export in exports if export not in tables])
    return [*files, *((export, _fresh_rows(context, export)) for export in tables)]


def _fresh_rows(context: Context, export: Export) -> list[Readable]:
    """Return what a database table has that bronze has not, as if it were a file, or nothing."""
    found = extract(context.spark, context.lake, export)
    if found is None:
        return []
    if known_hashes(context.lake, export.table, [found.hash]):
        found.release()
        return []
    return [found]


def _fresh_files(context: Context, exports: Sequence[Export]) -> Fresh:
    hashed = hash_files(context.spark, exports)
    new: list[tuple[Export, list[Content]]] = []
    for export in exports:
        first_of = {content.hash: content for content in reversed(hashed[export.table])}
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

    def write(export: Export, files: list[Readable]) -> None:
        rows = judged(read_files(context.spark, export, files), export)
        frame = with_run(rows, context.run.run_id, at)
        land(context.lake, export.table, frame, [file.hash for file in files])
        for file in files:
            if isinstance(file, Extract):
                file.release()

    with ThreadPoolExecutor(PARALLEL_OBJECTS) as pool:
        list(pool.map(lambda item: write(*item), [item for item in fresh if item[1]]))


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
