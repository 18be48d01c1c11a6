"""`tieout ingest`: which rows do the exports hold? Copies them, as they came, to bronze."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from tieout.context import Context, local_path, open_context
from tieout.errors import SourceError
from tieout.sources.bronze import Landed, bronze_settings, known_hashes, land, landed, with_run
from tieout.sources.exported import Export
from tieout.sources.files import list_files
from tieout.sources.judge import judged
from tieout.sources.lines import one_split_per_partition
from tieout.sources.plan import plan_exports
from tieout.sources.text import TextFile, hash_text, inspect_text
from tieout.sources.text_rows import read_text

HELP = "read the exports of every configured system into bronze, each file once"
# Small objects wait for Spark's planning more than for its work.
PARALLEL_OBJECTS = 4

Fresh = list[tuple[Export, list[TextFile]]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument(
        "--input", required=True, metavar="URI", help="folder with one folder for each system"
    )
    parser.add_argument("--systems", metavar="A,B", help="only these systems, each of which must be there")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    with open_context(args, "ingest") as context:
        return ingest(context, args.input, dry_run=args.dry_run)


def ingest(context: Context, input_uri: str, *, dry_run: bool = False) -> dict[str, Any]:
    """Check every file of the input, then append the new ones to bronze, one commit for each object.

    Returns `rows`, `corrupt`, `files_new` and `files_skipped` by system and object. Raises SourceError,
    before anything is written, when a file is missing, cut short or wrongly encoded.
    """
    spark = context.spark
    input_uri = local_path(input_uri)
    with one_split_per_partition(spark), bronze_settings(spark):
        exports = plan_exports(context.config, list_files(spark, input_uri), input_uri)
        fresh = _fresh(context, exports)
        if not dry_run:
            _write(context, fresh)
        return _figures(context, fresh, written=not dry_run)


def _fresh(context: Context, exports: Sequence[Export]) -> Fresh:
    hashed = hash_text(context.spark, exports)
    new = []
    for export in exports:
        first_of = {hashed[file].hash: hashed[file] for file in reversed(export.files)}
        known = known_hashes(context.lake, export.table, first_of)
        new.append((export, [checked for key, checked in first_of.items() if key not in known]))
    readable = inspect_text(context.spark, new)
    return [(export, [readable[checked.file] for checked in files]) for export, files in new]


def _write(context: Context, fresh: Fresh) -> None:
    at = datetime.now(UTC)

    def write(export: Export, files: list[TextFile]) -> None:
        rows = judged(read_text(context.spark, export, files), export)
        frame = with_run(rows, context.run.run_id, at)
        land(context.lake, export.table, frame, [file.hash for file in files])

    with ThreadPoolExecutor(PARALLEL_OBJECTS) as pool:
        list(pool.map(lambda item: write(*item), [item for item in fresh if item[1]]))


def _figures(context: Context, fresh: Fresh, written: bool) -> dict[str, Any]:
    figures: dict[str, Any] = {"rows": {}, "corrupt": {}, "files_new": 0, "files_skipped": 0}
    for export, files in fresh:
        counts = _landed(context, export, files) if written and files else {}
        rows, corrupt = sum(c.rows for c in counts.values()), sum(c.corrupt for c in counts.values())
        skipped = len(export.files) - len(files)
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


def _landed(context: Context, export: Export, files: Sequence[TextFile]) -> dict[str, Landed]:
    counts = landed(context.lake, export.table, [file.hash for file in files])
    for file in files:
        found = counts.get(file.hash, Landed(0, 0)).rows
        if file.rows is not None and found != file.rows:
            raise SourceError(f"{file.file.path}: {file.rows} rows were counted but {found} landed in bronze")
    return counts
