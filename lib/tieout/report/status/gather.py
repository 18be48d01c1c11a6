"""What the lakehouse holds now, by bounded queries that only read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse
from tieout.report.chapters.lineage import gate_results
from tieout.report.layout.frames import rows
from tieout.report.status.observed import Observed
from tieout.report.tables import Tables, small
from tieout.silver.fingerprint import recorded
from tieout.silver.row_status import CURRENT, DELETED

RUNS, ENTITIES = 20, 100
PARALLEL = 4


def observe(lake: Lakehouse) -> Observed:
    """Look at runs, commits, what conform recorded, gates, quarantine, review queue and tie-out."""
    tables = Tables(lake)
    with ThreadPoolExecutor(PARALLEL) as pool:
        commits = pool.submit(lake.commits)
        seen = pool.submit(_entities, lake)
        runs = pool.submit(_runs, tables)
        gates = pool.submit(gate_results, tables)
        return Observed(
            tables={f"{layer}.{table}": commit.at for (layer, table), commit in commits.result().items()},
            runs=runs.result(),
            entities=seen.result(),
            quarantine=_counts(tables, "silver", "quarantine", "state = 'open'"),
            reviews=_counts(tables, "match", "review_queue"),
            gates=rows(gates.result()),
            differing_percent=_differing(tables),
        )


def _runs(tables: Tables) -> list[dict[str, Any]]:
    table = tables.find("ops", "run")
    if table is None:
        return []
    newest = table.orderBy(F.desc("started_at")).select(
        "run_id", "verb", "user", "started_at", "finished_at", "status", "message"
    )
    found = rows(small(newest, RUNS))
    return [run | {key: _utc(run[key]) for key in ("started_at", "finished_at")} for run in found]


def _entities(lake: Lakehouse) -> dict[str, tuple[int, datetime | None]]:
    """Return the records and the newest change of every silver entity, as the last conform recorded them."""
    found: dict[str, tuple[int, datetime | None]] = {}
    for (entity, _, _), one in recorded(lake).items():
        rows, newest = found.get(entity, (0, None))
        rows += sum(one.counts.get(status, 0) for status in (CURRENT, DELETED))
        found[entity] = rows, max((at for at in (newest, one.newest) if at is not None), default=None)
    return found


def _counts(tables: Tables, layer: str, table: str, condition: str = "true") -> dict[str, int]:
    found = tables.find(layer, table)
    if found is None:
        return {}
    counted = found.where(condition).groupBy("entity").agg(F.count("*").alias("rows")).orderBy("entity")
    return {str(row["entity"]): int(row["rows"]) for row in rows(small(counted, ENTITIES))}


def _differing(tables: Tables) -> float | None:
    table = tables.find("gold", "tie_out")
    if table is None:
        return None
    share = table.agg(F.avg((F.col("status") == "differing").cast("double")).alias("share"))
    value = rows(small(share, 1))[0]["share"]
    return None if value is None or value != value else 100.0 * float(value)


def _utc(value: Any) -> Any:
    # The session's time zone is UTC, and pandas brings its times without a zone.
    if value is None or value != value:
        return None
    at: datetime = value.to_pydatetime() if hasattr(value, "to_pydatetime") else value
    return at if at.tzinfo else at.replace(tzinfo=UTC)
