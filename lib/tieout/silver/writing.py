"""Writing: staged rows into silver and quarantine, the gates' answers into silver.quality_result."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.storagelevel import StorageLevel

from tieout.lakehouse.context import Context
from tieout.lakehouse.tables import SMALL_DICTIONARIES, Lakehouse
from tieout.platform.rows import frame_of
from tieout.quality import quarantine, results
from tieout.quality.gate import Outcome
from tieout.quality.orphans import count_orphans
from tieout.quality.references import Reference
from tieout.silver.bronze_tables import Bronze
from tieout.silver.entity_plan import EntityPlan
from tieout.silver.join_only import join_only_rejects
from tieout.silver.merge import KEYS, changed_rows, silver_rows, withdrawn_rows
from tieout.silver.row_status import CURRENT, DELETED, QUARANTINED

# Silver is searched by its keys, which come first; of other columns files have about the same smallest and largest.
TABLE_SETTINGS = {
    "spark.databricks.delta.properties.defaults.dataSkippingNumIndexedCols": str(len(KEYS)),
    **SMALL_DICTIONARIES,
    # Groups of rows cannot be told apart by columns that they are not ordered by.
    "parquet.column.statistics.enabled": "false",
    **{f"parquet.column.statistics.enabled#{key}": "true" for key in KEYS},
}
# Of rows in quarantine.
ROWS_A_FILE = 50_000


@dataclass(frozen=True)
class Writer:
    """What a run writes: the entities' staged rows, and the gates' outcomes about them.

    `known` is quarantine as it was; a `partial` run, of some shares only, leaves rows that are only joined alone.
    """

    context: Context
    bronze: Bronze
    plans: dict[str, EntityPlan]
    outcomes: dict[str, list[Outcome]]
    known: DataFrame | None
    partial: bool

    def write(self, pool: ThreadPoolExecutor) -> dict[str, int]:
        """Write everything, side by side where it can be; return how many records changed, by entity."""
        quarantined = pool.submit(self._write_quarantine)
        written = {name: pool.submit(self._write_silver, plan) for name, plan in self.plans.items()}
        changed = {name: future.result() for name, future in written.items()}
        quarantined.result()
        # What the gates say is written after what it is about.
        rows = self._results()
        if rows:
            self.context.lake.append("silver", "quality_result", frame_of(self.context.spark, rows, results.SCHEMA))
        return changed

    def _write_silver(self, plan: EntityPlan) -> int:
        """Write what changed; return how many records did."""
        lake, name = self.context.lake, plan.name
        self.context.progress.now(f"writing silver.{name}")
        rows = silver_rows(plan.staged, plan.entity, self.context.run.run_id)
        if not in_silver(lake, plan):
            lake.append("silver", name, rows)
            return plan.tally.total(CURRENT) + plan.tally.total(DELETED)
        silver = lake.read("silver", name).where(_one_of(plan.systems))
        changed = changed_rows(rows, silver).persist(StorageLevel.MEMORY_AND_DISK)
        count = changed.count()
        if count:
            lake.merge("silver", name, changed, KEYS)
        changed.unpersist()
        if plan.tally.total(QUARANTINED):
            withdrawn = withdrawn_rows(plan.staged, plan.rejected(), silver)
            lake.merge("silver", name, withdrawn, KEYS, delete_when="new._record_hash IS NULL")
        return count

    def _write_quarantine(self) -> None:
        """Bring quarantine up to date with every share of the run, in one commit."""
        lake, run_id = self.context.lake, self.context.run.run_id
        frames = []
        for plan in self.plans.values():
            if plan.tally.total(QUARANTINED):
                frames.append(quarantine.rejected_rows(plan.rejected(), plan.name, plan.rules, run_id))
        frames += join_only_rejects(self.context.config, self.bronze, run_id) if not self.partial else []
        covered = [(plan.name, system) for plan in self.plans.values() for system in plan.systems]
        empty = frame_of(self.context.spark, [], quarantine.SCHEMA)
        rejected = reduce(DataFrame.unionByName, frames) if frames else empty
        if self.known is None:
            if frames:
                total = sum(plan.tally.total(QUARANTINED) for plan in self.plans.values())
                lake.append("silver", "quarantine", rejected.coalesce(1 + total // ROWS_A_FILE))
            return
        changes = quarantine.changes(rejected, self.known, covered).persist(StorageLevel.MEMORY_AND_DISK)
        if not changes.isEmpty():
            lake.merge("silver", "quarantine", changes, ["quarantine_id"])
        changes.unpersist()

    def _results(self) -> list[tuple[Any, ...]]:
        """Return the gates' answers as rows of silver.quality_result."""
        run_id = self.context.run.run_id
        rows: list[tuple[Any, ...]] = []
        for name, plan in self.plans.items():
            tally = plan.tally
            rows += results.result_rows(run_id, name, plan.rules, self.outcomes[name], tally.broken, tally.checked)
        return rows + self._orphan_results()

    def _orphan_results(self) -> list[tuple[Any, ...]]:
        references = [
            Reference(name, field_name, plan.entity.references()[field_name], rule)
            for name, plan in self.plans.items()
            for field_name, rule in (plan.quality.references.items() if plan.quality else ())
            if rule.on_fail == "warn" and field_name in plan.entity.references()
        ]
        rows = []
        for reference, count in count_orphans(self.context.lake, references):
            tally = self.plans[reference.entity].tally
            rows += results.result_rows(
                self.context.run.run_id, reference.entity, [reference.rule], [], {0: count}, tally.checked
            )
        return rows


def in_silver(lake: Lakehouse, plan: EntityPlan) -> bool:
    """Tell whether silver has records of the plan's systems."""
    if not lake.exists("silver", plan.name):
        return False
    return not lake.read("silver", plan.name).where(_one_of(plan.systems)).isEmpty()


def _one_of(systems: list[str]) -> str:
    return "source_system IN (" + ", ".join(f"'{system}'" for system in systems) + ")"
