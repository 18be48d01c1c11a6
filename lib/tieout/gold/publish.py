"""Golden records, customer 360, metrics, tie-out and outbox from silver and the crosswalk."""

from __future__ import annotations

from datetime import date
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.gold.build import build
from tieout.gold.fingerprint import same_rows
from tieout.gold.inputs import read_inputs
from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import Step, run_step


def publish(
    context: Context, as_of: str | date | None = None, dry_run: bool = False, *, full: bool = False
) -> dict[str, Any]:
    """Write every gold table; a table whose rows would not change is not written.

    Nothing is computed where nothing has changed since the last finished run, unless `full`.
    Returns the figures: `as_of`, `customers`, `contacts`, `products`, `metrics` {metric.team: value},
    `tie_out` {tied, differing, by_reason}, `discrepancies`, `outbox`, `held_back` {reason: changes that
    the outbox leaves out}, `unconverted`, `written`, `unchanged`. Raises UsageError for a wrong date or
    when nothing is resolved yet, ConfigError for wrong definitions; nothing is written then.
    """
    day = _date(as_of)
    if dry_run:
        return _publish(context, day, dry_run)
    return run_step(context, step(day), lambda inner: _publish(inner, day, False), full=full, repeat=_unchanged)


def step(as_of: date | None) -> Step:
    """Return what the step depends on."""
    return Step("publish", ignores=("quality", "matching"), arguments={"as_of": as_of})


def _unchanged(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run as those of one that found nothing to do."""
    return figures | {"written": [], "unchanged": [*figures["written"], *figures["unchanged"]]}


def _publish(context: Context, as_of: date | None, dry_run: bool) -> dict[str, Any]:
    inputs = read_inputs(context.lake, context.config, as_of)
    keeper = Keeper(context, dry_run)
    try:
        build(inputs, keeper.keep)
        figures = _figures(keeper.tables)
        if not dry_run:
            held_back = {f"held_back_{reason}": rows for reason, rows in figures["held_back"].items()}
            context.run.step("publish", object="outbox", seconds=0, proposed=figures["outbox"], **held_back)
    finally:
        keeper.close()
    return {
        "as_of": inputs.as_of.isoformat(),
        **figures,
        "written": keeper.written,
        "unchanged": keeper.unchanged,
    }


def _date(text: str | date | None) -> date | None:
    if text is None or isinstance(text, date):
        return text
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"--as-of {text!r}: want a date such as 2026-03-31") from error


class Keeper:
    """Stores gold tables, leaving those whose rows are the same as they are."""

    def __init__(self, context: Context, dry_run: bool) -> None:
        self._context = context
        self._dry_run = dry_run
        self._cached: list[DataFrame] = []
        self.tables: dict[str, DataFrame] = {}
        self.written: list[str] = []
        self.unchanged: list[str] = []

    def keep(self, table: str, frame: DataFrame) -> DataFrame:
        """Store one table and return it as stored."""
        self._context.progress.now(f"gold.{table}")
        self.tables[table] = self._store(table, frame)
        return self.tables[table]

    def _store(self, table: str, frame: DataFrame) -> DataFrame:
        lake = self._context.lake
        exists = lake.exists("gold", table)
        if exists or self._dry_run:
            # Compared and perhaps written: computed once.
            frame = frame.persist()
            self._cached.append(frame)
        if exists and same_rows(frame, lake.read("gold", table)):
            self.unchanged.append(table)
            return lake.read("gold", table)
        self.written.append(table)
        if self._dry_run:
            return frame
        lake.overwrite("gold", table, frame)
        self._context.run.step("publish", object=table)
        return lake.read("gold", table)

    def close(self) -> None:
        """Let go of what was cached."""
        for frame in self._cached:
            frame.unpersist()


def _figures(tables: dict[str, DataFrame]) -> dict[str, Any]:
    # Bounded: one row per table, per metric, and per status and reason.
    counted = ("customer", "contact", "product", "discrepancy", "outbox")
    counts = [tables[name].agg(F.lit(name).alias("name"), F.count("*").alias("rows")) for name in counted]
    union = counts[0]
    for other in counts[1:]:
        union = union.unionByName(other)
    rows = {row["name"]: row["rows"] for row in union.collect()}
    metrics = tables["metric"].orderBy("metric", "team").collect()
    return {
        "customers": rows["customer"],
        "contacts": rows["contact"],
        "products": rows["product"],
        "metrics": {f"{row['metric']}.{row['team']}": float(row["value"]) for row in metrics},
        **({"tie_out": _tie_out_figures(tables)} if "tie_out" in tables else {}),
        "discrepancies": rows["discrepancy"],
        "outbox": rows["outbox"],
        "held_back": _held_back(tables["outbox_held_back"]),
    }


def _held_back(table: DataFrame) -> dict[str, int]:
    # Bounded: one row per reason.
    grouped = table.groupBy("reason").agg(F.sum("changes").alias("changes")).collect()
    counts = {row["reason"]: int(row["changes"]) for row in grouped}
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _tie_out_figures(tables: dict[str, DataFrame]) -> dict[str, Any]:
    grouped = (
        tables["tie_out"]
        .groupBy("status", "reason_code")
        .agg(F.count("*").alias("rows"), F.sum("unconverted").alias("unconverted"))
        .collect()
    )
    differing = {r["reason_code"]: r["rows"] for r in grouped if r["status"] == "differing"}
    return {
        "tied": sum(row["rows"] for row in grouped if row["status"] == "tied"),
        "differing": sum(differing.values()),
        "by_reason": dict(sorted(differing.items(), key=lambda item: (-item[1], item[0]))),
        "unconverted": sum(row["unconverted"] or 0 for row in grouped),
    }
