"""What does the lakehouse hold now? Bounded queries that only read."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.lakehouse.tables import Lakehouse
from tieout.report.frames import rows
from tieout.report.gather.lineage import table_commits
from tieout.report.gather.quality import gate_results
from tieout.report.status.observed import Observed
from tieout.report.tables import Tables, small

RUNS, ENTITIES = 20, 100
PARALLEL = 4


def observe(lake: Lakehouse, entities: list[str]) -> Observed:
    """Look at runs, commits, silver `entities`, gates, quarantine, review queue and tie-out."""
    tables = Tables(lake)
    with ThreadPoolExecutor(PARALLEL) as pool:
        commits = pool.submit(table_commits, lake)
        seen = pool.submit(_entities, tables, entities)
        runs = pool.submit(_runs, tables)
        gates = pool.submit(gate_results, tables)
        return Observed(
            tables={f"{row['layer']}.{row['table']}": _utc(row["at"]) for row in rows(commits.result())},
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


def _entities(tables: Tables, entities: list[str]) -> dict[str, tuple[int, datetime | None]]:
    parts = [_entity(name, found) for name in entities[:ENTITIES] if (found := tables.find("silver", name)) is not None]
    if not parts:
        return {}
    union = parts[0]
    for part in parts[1:]:
        union = union.unionByName(part)
    return {row["entity"]: (int(row["rows"]), _utc(row["changed"])) for row in rows(small(union, ENTITIES))}


def _entity(name: str, frame: DataFrame) -> DataFrame:
    counted = frame.agg(F.count("*").alias("rows"), F.max("_modified_at").alias("changed"))
    return counted.select(F.lit(name).alias("entity"), "rows", "changed")


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
