"""How does what a run decided reach silver, quarantine and the gates' results?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.storagelevel import StorageLevel

from tieout.conform.accounts import observed, tally_from
from tieout.conform.bronze import Bronze
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED
from tieout.conform.lent import lent_rejects
from tieout.conform.silver import KEYS, changed_rows, silver_rows, withdrawn_rows
from tieout.conform.suspects import SUSPECTS, suspects_seen
from tieout.conform.work import Work
from tieout.context import Context
from tieout.lakehouse import SMALL_DICTIONARIES, Lakehouse
from tieout.quality import quarantine, results
from tieout.quality.gate import Gate, Outcome
from tieout.quality.orphans import count_orphans
from tieout.quality.references import Reference
from tieout.rows import frame_of

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
    """What a run writes: the entities' works, to which tallies and outcomes are added where they come up here.

    `known` is quarantine as it was; a `partial` run, of some shares only, leaves rows that are only joined alone.
    """

    context: Context
    bronze: Bronze
    works: dict[str, Work]
    outcomes: dict[str, list[Outcome]]
    known: DataFrame | None
    partial: bool

    def write(self, pool: ThreadPoolExecutor) -> dict[str, int]:
        """Write everything, side by side where it can be; return how many records changed, by entity."""
        # Where all rows are counted already, quarantine need not wait for silver.
        early = pool.submit(self._write_quarantine) if all(work.is_counted for work in self.works.values()) else None
        written = {name: pool.submit(self._write_silver, work) for name, work in self.works.items()}
        changed = {name: future.result() for name, future in written.items()}
        quarantined = early or pool.submit(self._write_quarantine)
        # The gates are asked about silver meanwhile; what they say is written after what it is about.
        rows = self._results()
        quarantined.result()
        if rows:
            self.context.lake.append("silver", "quality_result", frame_of(self.context.spark, rows, results.SCHEMA))
        return changed

    def _write_silver(self, work: Work) -> int:
        """Write what changed; return how many records did."""
        lake, name = self.context.lake, work.name
        if work.lane is not None:
            work.lane.commit()
            return _records(work)
        seen = Observation(f"conform {name}")
        rows = self._watched(work, seen)
        if not in_silver(lake, work):
            lake.append("silver", name, rows)
            count = None
        else:
            silver = lake.read("silver", name).where(_one_of(work.systems))
            changed = changed_rows(rows, silver).persist(StorageLevel.MEMORY_AND_DISK)
            count = changed.count()
            if count:
                lake.merge("silver", name, changed, KEYS)
            changed.unpersist()
        _note(work, seen)
        if count is not None and work.tally.total(QUARANTINED):
            withdrawn = withdrawn_rows(work.end(), work.rejected(), silver)
            lake.merge("silver", name, withdrawn, KEYS, delete_when="new._record_hash IS NULL")
        return _records(work) if count is None else count

    def _watched(self, work: Work, seen: Observation) -> DataFrame:
        """Return the rows for silver; `seen` gets their counts as they are written, unless they are counted already."""
        ended = work.end()
        if not work.kept:
            # The exported values are for quarantine, and what is watched is carried along whether needed or not.
            metrics = [*observed(work.objects, work.rules), suspects_seen()]
            ended = ended.drop("_raw").observe(seen, *metrics)
        return silver_rows(ended, work.entity, self.context.run.run_id)

    def _write_quarantine(self) -> None:
        """Bring quarantine up to date with every share of the run, in one commit."""
        lake, run_id = self.context.lake, self.context.run.run_id
        frames = []
        for work in self.works.values():
            if work.tally.total(QUARANTINED):
                frames.append(quarantine.rejected_rows(work.rejected(), work.name, work.rules, run_id))
        frames += lent_rejects(self.context.config, self.bronze, run_id) if not self.partial else []
        covered = [(work.name, system) for work in self.works.values() for system in work.systems]
        empty = frame_of(self.context.spark, [], quarantine.SCHEMA)
        rejected = reduce(DataFrame.unionByName, frames) if frames else empty
        if self.known is None:
            if frames:
                total = sum(work.tally.total(QUARANTINED) for work in self.works.values())
                lake.append("silver", "quarantine", rejected.coalesce(1 + total // ROWS_A_FILE))
            return
        changes = quarantine.changes(rejected, self.known, covered).persist(StorageLevel.MEMORY_AND_DISK)
        if not changes.isEmpty():
            lake.merge("silver", "quarantine", changes, ["quarantine_id"])
        changes.unpersist()

    def _results(self) -> list[tuple[Any, ...]]:
        """Return the gates' answers; large entities are asked here, on silver, what does not stop a run."""
        run_id = self.context.run.run_id
        rows: list[tuple[Any, ...]] = []
        for name, work in self.works.items():
            if not work.kept:
                gate = Gate(self.context.config.directory)
                later = [expectation for expectation in work.expectations if expectation.on_fail != "stop"]
                self.outcomes[name] += gate.validate(self._silver_of(work), name, later)
            tally = work.tally
            rows += results.result_rows(run_id, name, work.rules, self.outcomes[name], tally.broken, tally.judged)
        return rows + self._orphan_results()

    def _silver_of(self, work: Work) -> DataFrame:
        """Return silver's rows of a work's systems."""
        if work.lane is not None and work.lane.made_table:
            # It has no others: not to look for them spares Spark to read a column, and to read any to count rows.
            return self.context.lake.read("silver", work.name, version=0)
        return self.context.lake.read("silver", work.name).where(_one_of(work.systems))

    def _orphan_results(self) -> list[tuple[Any, ...]]:
        references = [
            Reference(name, field_name, work.entity.references()[field_name], rule)
            for name, work in self.works.items()
            for field_name, rule in (work.quality.references.items() if work.quality else ())
            if rule.on_fail == "warn" and field_name in work.entity.references()
        ]
        rows = []
        for reference, count in count_orphans(self.context.lake, references):
            tally = self.works[reference.entity].tally
            rows += results.result_rows(
                self.context.run.run_id, reference.entity, [reference.rule], [], {0: count}, tally.judged
            )
        return rows


def in_silver(lake: Lakehouse, work: Work) -> bool:
    """Tell whether silver has records of the work's systems."""
    if not lake.exists("silver", work.name):
        return False
    return not lake.read("silver", work.name).where(_one_of(work.systems)).isEmpty()


def _records(work: Work) -> int:
    return work.tally.total(CURRENT) + work.tally.total(DELETED)


def _note(work: Work, seen: Observation) -> None:
    """Give a work that was not counted before the tally and the suspects that were seen as its rows were written."""
    if not work.kept:
        work.tally = tally_from(seen.get, work.objects, work.rules)
        work.suspects = list(seen.get[SUSPECTS])


def _one_of(systems: list[str]) -> str:
    return "source_system IN (" + ", ".join(f"'{system}'" for system in systems) + ")"
