"""Rows in quarantine listed, released with corrected values, or discarded."""

from __future__ import annotations

import json
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.base import nearest
from tieout.errors import UsageError
from tieout.lakehouse.audit import record_audit
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import user_name
from tieout.quality.quarantine import DISCARDED, OPEN, RELEASED
from tieout.silver.conform import conform


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


def quarantined(context: Context, entity: str | None = None, system: str | None = None) -> DataFrame:
    """Return the rows of `silver.quarantine`, of all entities and systems or of one. Raises UsageError without any."""
    if not context.lake.exists("silver", "quarantine"):
        raise UsageError("There is no quarantine: run `tieout conform` first, or nothing was ever rejected.")
    rows = context.lake.read("silver", "quarantine")
    for column, wanted in (("entity", entity), ("source_system", system)):
        if wanted:
            rows = rows.where(F.col(column) == wanted)
    return rows


def _found(rows: DataFrame, ids: list[str]) -> dict[str, tuple[str, str]]:
    """Return id → (entity, system) of the open rows named; raise UsageError for one that is not there."""
    # Bounded by the ids that the command names.
    named = (
        rows.where((F.col("state") == OPEN) & F.col("quarantine_id").isin(ids))
        .select("quarantine_id", "entity", "source_system")
        .collect()
    )
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


def listed(rows: DataFrame, state: str, limit: int) -> dict[str, Any]:
    """Return `count`, the rows in that state, and `rows`, the first `limit` of them."""
    rows = rows.where(F.col("state") == state)
    names = ("quarantine_id", "entity", "source_system", "object", "source_id", "rule", "reason", "bronze_ref")
    shown = rows.orderBy("entity", "source_system", "bronze_ref").limit(limit).select(*names).collect()
    return {"count": rows.count(), "rows": [row.asDict() for row in shown]}
