"""The job that makes sample exports: one Spark task a piece, each of which writes its own files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from difflib import get_close_matches
from typing import Any

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout_samples.files import absolute, exists, remove_folder, write
from tieout_samples.plan import Plan
from tieout_samples.systems import SYSTEMS, exporter
from tieout_samples.tables import Table, encode, rows_written
from tieout_samples.truth import identity_tables, relation_table, story_table
from tieout_samples.world import world

MARKER = "generated.json"


def generate(
    spark: SparkSession,
    customers: int,
    systems: Iterable[str],
    out: str,
    seed: int = 1,
    as_of: date = date(2026, 9, 30),
) -> dict[str, Any]:
    """Write `out/exports/<system>/<Object>/part-*` and `out/truth/<entity>/part-*.csv`.

    The same customers, systems, seed and as_of give the same bytes in the same files, on any cluster. What an
    earlier call wrote to `out` is replaced. Returns the figures: rows by system and object, truth, files.

    Raises UsageError on an unknown system, a number of customers below 1, or a folder `exports` that this
    function did not write.
    """
    plan = Plan(customers, check_systems(systems), absolute(out), seed, as_of)
    if customers < 1:
        raise UsageError(f"--customers {customers}: need at least 1.")
    _make_room(plan)
    written = (
        spark.range(plan.pieces, numPartitions=plan.pieces)
        .mapInPandas(lambda batches: _write_pieces(plan, batches), "system string, object string, rows long, files int")
        .groupBy("system", "object")
        .agg(F.sum("rows").alias("rows"), F.sum("files").alias("files"))
        .collect()  # one row per object of a system: a few dozen
    )
    records: dict[str, dict[str, int]] = {}
    for row in sorted(written, key=lambda r: (r["system"], r["object"])):
        records.setdefault(row["system"], {})[row["object"]] = row["rows"]
    truth = records.pop("truth", {})
    return {
        "customers": customers,
        "systems": list(plan.systems),
        "seed": seed,
        "as_of": as_of.isoformat(),
        "out": out,
        "records": records,
        "rows": sum(sum(objects.values()) for objects in records.values()),
        "truth": truth,
        "files": sum(row["files"] for row in written),
    }


def named_systems(text: str) -> tuple[str, ...]:
    """Return the systems of a list with commas, or all of them; raise UsageError on an unknown name."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    return check_systems(SYSTEMS if names == ["all"] else names)


def check_systems(systems: Iterable[str]) -> tuple[str, ...]:
    """Return the systems in their usual order, each once; raise UsageError on an unknown name."""
    chosen = list(systems)
    for name in chosen:
        if name not in SYSTEMS:
            near = get_close_matches(name, SYSTEMS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"--systems: unknown system '{name}'{hint} Known: {', '.join(SYSTEMS)}.")
    if not chosen:
        raise UsageError(f"--systems: name at least one of {', '.join(SYSTEMS)}.")
    return tuple(name for name in SYSTEMS if name in chosen)


def _make_room(plan: Plan) -> None:
    """Remove what an earlier call wrote; leave folders alone that are not ours."""
    for folder in ("exports", "truth"):
        if exists(plan.out, folder) and not exists(plan.out, MARKER):
            raise UsageError(f"{plan.out}/{folder} exists and was not written by generate; choose another --out.")
        remove_folder(plan.out, folder)
    note = {
        "customers": plan.customers,
        "systems": plan.systems,
        "seed": plan.seed,
        "as_of": plan.as_of.isoformat(),
    }
    write(plan.out, MARKER, (json.dumps(note) + "\n").encode())


def _write_pieces(plan: Plan, batches: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Write every piece whose number comes along; yield what was written."""
    for batch in batches:
        for number in batch["id"]:
            yield pd.DataFrame(list(write_piece(plan, int(number))), columns=["system", "object", "rows", "files"])


def write_piece(plan: Plan, number: int) -> Iterator[tuple[str, str, int, int]]:
    """Make and write one piece; yield system, object, rows and files."""
    truth = world(plan.piece(number))
    exports = {system: exporter(system)(truth) for system in plan.systems}
    for table in [*identity_tables(exports), relation_table(truth), story_table(truth)]:
        yield "truth", table.name, *_write_table(plan, f"truth/{table.name}", number, table)
    for system, export in exports.items():
        for table in export.tables:
            yield system, table.name, *_write_table(plan, f"exports/{system}/{table.name}", number, table)


def _write_table(plan: Plan, folder: str, number: int, table: Table) -> tuple[int, int]:
    files = encode(table)
    for end, content in files.items():
        write(plan.out, f"{folder}/part-{number:05d}{end}.{table.format.suffix}", content)
    return rows_written(table), len(files)
