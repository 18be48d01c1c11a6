"""`tieout quarantine list | release | discard`: repair the rows that failed their gates."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table

from tieout.config.base import nearest
from tieout.context import Context, open_context
from tieout.errors import UsageError
from tieout.governance.audit import record_audit
from tieout.quality.quarantine import DISCARDED, OPEN, RELEASED
from tieout.runs import user_name
from tieout.verbs.conform import conform


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the action; return its figures."""
    with open_context(args, "quarantine") as context:
        rows = _chosen(context, args)
        if args.action == "list":
            return _listed(rows.where(F.col("state") == args.state), args.limit)
        if not args.ids:
            raise UsageError(f"quarantine {args.action}: name the rows by the ids that `tieout quarantine list` shows.")
        open_rows = rows.where(F.col("state") == OPEN)
        if args.action == "discard":
            return discard(context, open_rows, args.ids, args.note, dry_run=args.dry_run)
        return release(context, open_rows, args.ids, _corrections(args.set), args.accept, args.note, args.dry_run)


def release(
    context: Context,
    rows: DataFrame,
    ids: list[str],
    corrections: dict[str, str],
    accept: bool,
    note: str | None,
    dry_run: bool = False,
) -> dict[str, Any]:
    """Release open rows with corrected values and run their gates again; what passes lands in silver.

    The corrections stay with the row, so a later conform does not undo them. Returns `released`
    ids, `still_open` for rows that break a rule all the same (as a row that cannot be read or has no key
    does, accepted or not), and `reasons` by their ids. Raises UsageError for an unknown id or field, or when
    there is nothing that could make the rows pass.
    """
    found = _found(rows, ids)
    if not corrections and not accept:
        raise UsageError("quarantine release: give corrected values by --set FIELD=VALUE, or --accept the row as is.")
    for entity in {entity for entity, _ in found.values()}:
        if entity not in context.config.entities:
            raise UsageError(f"quarantine release: rows of {entity} are only read by others; discard them instead.")
        fields = list(context.config.entities[entity].fields)
        for name in corrections:
            if name not in fields:
                raise UsageError(f"--set {name}: {entity} has no such field.{nearest(name, fields)}")
    if dry_run:
        return {"would_release": sorted(found)}
    fix = F.from_json(F.lit(json.dumps(corrections)), "map<string,string>") if corrections else F.lit(None)
    settled = _settled(rows, ids, RELEASED, note)
    settled = settled.withColumn("corrections", fix.cast("map<string,string>")).withColumn("accepted", F.lit(accept))
    context.lake.merge("silver", "quarantine", settled, ["quarantine_id"])
    details = {"ids": ids, "corrections": corrections, "accepted": accept, "note": note}
    record_audit(context, "release", None, details)
    conform(context, only=sorted(set(found.values())))
    after = context.lake.read("silver", "quarantine").where(F.col("quarantine_id").isin(ids))
    # Bounded by the ids that the command names.
    states = {row["quarantine_id"]: row for row in after.select("quarantine_id", "state", "reason").collect()}
    still_open = sorted(name for name, row in states.items() if row["state"] == OPEN)
    return {
        "released": sorted(name for name, row in states.items() if row["state"] == RELEASED),
        "still_open": still_open,
        "reasons": {name: states[name]["reason"] for name in still_open},
    }


def discard(
    context: Context, rows: DataFrame, ids: list[str], note: str | None, *, dry_run: bool = False
) -> dict[str, Any]:
    """Mark open rows as discarded; they stay in quarantine, with who and why.

    Raises UsageError for an unknown id, and without a note.
    """
    found = _found(rows, ids)
    if not note:
        raise UsageError('quarantine discard: say why, by --note "...".')
    if dry_run:
        return {"would_discard": sorted(found)}
    context.lake.merge("silver", "quarantine", _settled(rows, ids, DISCARDED, note), ["quarantine_id"])
    record_audit(context, "discard", None, {"ids": ids, "note": note})
    return {"discarded": sorted(found)}


def _chosen(context: Context, args: argparse.Namespace) -> DataFrame:
    if not context.lake.exists("silver", "quarantine"):
        raise UsageError("There is no quarantine: run `tieout conform` first, or nothing was ever rejected.")
    rows = context.lake.read("silver", "quarantine")
    for column, wanted in (("entity", args.entity), ("source_system", args.system)):
        if wanted:
            rows = rows.where(F.col(column) == wanted)
    return rows


def _found(rows: DataFrame, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return id → (entity, system) of the open rows named; raise UsageError for one that is not there."""
    # Bounded by the ids that the command names.
    named = rows.where(F.col("quarantine_id").isin(ids)).select("quarantine_id", "entity", "source_system").collect()
    found = {row["quarantine_id"]: (row["entity"], row["source_system"]) for row in named}
    missing = [name for name in ids if name not in found]
    if missing:
        raise UsageError(f"no open row {', '.join(missing)} in quarantine; see `tieout quarantine list`.")
    return found


def _settled(rows: DataFrame, ids: list[str], state: str, note: str | None) -> DataFrame:
    return (
        rows.where(F.col("quarantine_id").isin(ids))
        .withColumn("state", F.lit(state))
        .withColumn("note", F.lit(note).cast("string"))
        .withColumn("who", F.lit(user_name()))
        .withColumn("resolved_at", F.current_timestamp())
    )


def _corrections(pairs: list[str]) -> dict[str, str]:
    corrections = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"--set {pair!r}: write FIELD=VALUE.")
        corrections[name] = value
    return corrections


def _listed(rows: DataFrame, limit: int) -> dict[str, Any]:
    names = ("quarantine_id", "entity", "source_system", "object", "source_id", "rule", "reason", "bronze_ref")
    shown = rows.orderBy("entity", "source_system", "bronze_ref").limit(limit).select(*names).collect()
    return {"count": rows.count(), "rows": [row.asDict() for row in shown]}


def render(figures: dict[str, Any], console: Console) -> None:
    """Print the rows, or what was done."""
    if "rows" not in figures:
        for name, value in figures.items():
            console.print(f"{name}: {', '.join(value) or 'none'}")
        return
    table = Table("id", "entity", "record", "rule", "reason", "where", box=None)
    for row in figures["rows"]:
        record = f"{row['source_system']}:{row['source_id'] or '-'}"
        table.add_row(row["quarantine_id"], row["entity"], record, row["rule"], row["reason"], row["bronze_ref"])
    console.print(table)
    console.print(f"{figures['count']:,} rows in all")
