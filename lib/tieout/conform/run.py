"""How does a run go? Plan, judge, pass the gates, write silver and quarantine, record the accounts."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

from pyspark.sql import DataFrame, Observation
from pyspark.storagelevel import StorageLevel

from tieout.config.quality import ExpectationConfig
from tieout.conform.accounts import Tally, balanced, observed, tally_from, tally_of
from tieout.conform.bronze import Bronze
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED, SUPERSEDED
from tieout.conform.fingerprint import STEP, Before, fingerprint, lists_digest, recorded, released
from tieout.conform.lent import ENTITY as JOINED_ONLY
from tieout.conform.lent import lent_objects, lent_rejects, lent_tally
from tieout.conform.order import in_order
from tieout.conform.silver import KEYS, changed_rows, silver_rows, withdrawn_rows
from tieout.conform.suspects import SUSPECTS, suspects_seen
from tieout.conform.work import Target, Work, mapped_objects, planned
from tieout.context import AT_A_TIME, Context
from tieout.lakehouse import SMALL_DICTIONARIES
from tieout.quality import quarantine, results
from tieout.quality.gate import Gate, Outcome, stop_if_failed
from tieout.quality.orphans import Reference, count_orphans
from tieout.rows import frame_of
from tieout.session import settings

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
TOTALS = {"silver": CURRENT, "quarantined": QUARANTINED, "superseded": SUPERSEDED, "soft_deleted": DELETED}


@dataclass
class Conform:
    """One run over the entities of a config; `only` limits it to some (entity, system) shares."""

    context: Context
    dry_run: bool = False
    full: bool = False
    only: list[tuple[str, str]] | None = None
    works: dict[str, Work] = field(default_factory=dict)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Future[None]] = field(default_factory=dict)
    targets: dict[tuple[str, bool], Target | None] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        """Do everything; return the figures."""
        self.bronze.open()
        try:
            with ThreadPoolExecutor(AT_A_TIME) as pool:
                self._plan(pool)
                self._judge()
                stop_if_failed(self.outcomes)
                if not self.dry_run:
                    with settings(self.context.spark, TABLE_SETTINGS):
                        self._write(pool)
            return self._figures()
        finally:
            for work in self.works.values():
                work.release()

    # --- what there is to do

    @cached_property
    def bronze(self) -> Bronze:
        """Return the bronze tables."""
        return Bronze(self.context.lake, self.context.config)

    @cached_property
    def known(self) -> DataFrame | None:
        """Return quarantine as it is before the run."""
        lake = self.context.lake
        return lake.read("silver", "quarantine") if lake.exists("silver", "quarantine") else None

    @cached_property
    def before(self) -> dict[tuple[str, str, str], Before]:
        """Return what the last run recorded."""
        return recorded(self.context.lake)

    @cached_property
    def fingerprints(self) -> dict[tuple[str, str], str]:
        """Return the fingerprint of each share that has bronze rows, by (entity, system)."""
        config = self.context.config
        lists = lists_digest(config)
        corrected = released(self.known) if self.known is not None else {}
        return {
            (entity, system): fingerprint(
                config, self.bronze, entity, system, lists, corrected.get((entity, system), 0)
            )
            for entity in config.entities
            for system in config.sources
            if mapped_objects(config, self.bronze, entity, [system])
        }

    def _plan(self, pool: ThreadPoolExecutor) -> None:
        """Compile every share that is to be done; all config errors come up here, before any write.

        What is compiled is decided and counted (see `_count`) while the next one is compiled.
        """
        stale: dict[str, set[str]] = {}
        for entity in in_order(self.context.config.entities):
            systems = [system for name, system in self.fingerprints if name == entity]
            stale[entity] = {system for system in systems if self._is_stale(entity, system, stale)}
            if stale[entity]:
                work = planned(
                    self.context.config, self.bronze, entity, sorted(stale[entity]), self.known, self._targets(entity)
                )
                if work is not None:
                    self.works[entity] = work
                    if work.kept:
                        work.end()
                    self.counted[entity] = pool.submit(self._count, work)

    def _is_stale(self, entity: str, system: str, stale: dict[str, set[str]]) -> bool:
        if self.only is not None:
            return (entity, system) in self.only
        if self.full or not self.context.lake.exists("silver", entity):
            return True
        quality = self.context.config.quality.get(entity)
        for name, target in self.context.config.entities[entity].references().items():
            rule = quality.references.get(name) if quality is not None else None
            if rule is not None and rule.on_fail == "quarantine" and system in stale.get(target, ()):
                return True
        mark = self.fingerprints[entity, system]
        objects = mapped_objects(self.context.config, self.bronze, entity, [system])
        last = [self.before.get((entity, system, name)) for _, name in objects]
        return any(before is None or before.fingerprint != mark for before in last)

    def _targets(self, entity: str) -> dict[str, Target]:
        """Return the records that the entity's references may point to, by entity."""
        found = {}
        for name in set(self.context.config.entities[entity].references().values()):
            # What is not planned yet, as an entity that refers to itself, has more records once it is.
            key = name, name in self.works
            if key not in self.targets:
                self.targets[key] = self._target(name)
            target = self.targets[key]
            if target is not None:
                found[name] = target
        return found

    def _target(self, entity: str) -> Target | None:
        """Return an entity's records of this run, of silver and in quarantine; None where no system has any."""
        systems = [system for name, system in self.fingerprints if name == entity]
        frames = [self.works[entity].keys()] if entity in self.works else []
        if self.context.lake.exists("silver", entity):
            frames.append(self.context.lake.read("silver", entity).select(*KEYS))
        if self.known is not None:
            frames.append(self.known.where(self.known["entity"] == entity).select(*KEYS))
        if not frames or not systems:
            return None
        # Cut off from the plan that made them: every object that refers to them would hold all of it, and what
        # refers to that object again, until plans of twelve systems fill the driver's memory.
        return Target(reduce(DataFrame.union, frames).distinct().localCheckpoint(eager=False), systems)

    # --- judging

    def _judge(self) -> None:
        """Ask the gates about each entity whose rows are decided."""
        if not self.works:
            return
        gate = Gate(self.context.config.directory)
        for name, work in self.works.items():
            self.counted[name].result()
            self.outcomes[name] = self._ask(gate, work)

    def _count(self, work: Work) -> None:
        """Decide where each row ends; rows that are kept in memory are counted here."""
        ended = work.end()
        if work.kept:
            work.tally = tally_of(ended, work.rules)

    def _ask(self, gate: Gate, work: Work) -> list[Outcome]:
        """Ask all expectations where rows are kept; else, before writing, only those that stop."""
        asked = expectations_of(work)
        if not work.kept:
            asked = [expectation for expectation in asked if expectation.on_fail == "stop"]
        rows = work.end().where("_stands AND _corrupt IS NULL")
        return gate.validate(rows.select(*KEYS, *work.entity.fields), work.name, asked)

    # --- writing

    def _write(self, pool: ThreadPoolExecutor) -> None:
        # Where all rows are counted already, quarantine need not wait for silver.
        early = pool.submit(self._write_quarantine) if all(work.kept for work in self.works.values()) else None
        written = {name: pool.submit(self._write_silver, work) for name, work in self.works.items()}
        self.changed = {name: future.result() for name, future in written.items()}
        quarantined = early or pool.submit(self._write_quarantine)
        # The gates are asked about silver meanwhile; what they say is written after what it is about.
        rows = self._results()
        quarantined.result()
        if rows:
            self.context.lake.append("silver", "quality_result", frame_of(self.context.spark, rows, results.SCHEMA))
        self._record()

    def _write_silver(self, work: Work) -> int:
        """Write what changed; return how many records did."""
        lake, name = self.context.lake, work.name
        seen = Observation(f"conform {name}")
        ended = work.end()
        if not work.kept:
            # The exported values are for quarantine, and what is watched is carried along whether needed or not.
            metrics = [*observed(work.objects, work.rules), suspects_seen()]
            ended = ended.drop("_raw").observe(seen, *metrics)
        rows = silver_rows(ended, work.entity, self.context.run.run_id)
        if not self._in_silver(work):
            lake.append("silver", name, rows)
            count = None
        else:
            silver = lake.read("silver", name).where(_one_of(work.systems))
            changed = changed_rows(rows, silver).persist(StorageLevel.MEMORY_AND_DISK)
            count = changed.count()
            if count:
                lake.merge("silver", name, changed, KEYS)
            changed.unpersist()
        if not work.kept:
            work.tally = tally_from(seen.get, work.objects, work.rules)
            work.suspects = list(seen.get[SUSPECTS])
        if count is not None and work.tally.total(QUARANTINED):
            withdrawn = withdrawn_rows(work.end(), work.rejected(), silver)
            lake.merge("silver", name, withdrawn, KEYS, delete_when="new._record_hash IS NULL")
        return work.tally.total(CURRENT) + work.tally.total(DELETED) if count is None else count

    def _in_silver(self, work: Work) -> bool:
        lake = self.context.lake
        if not lake.exists("silver", work.name):
            return False
        return not lake.read("silver", work.name).where(_one_of(work.systems)).isEmpty()

    def _write_quarantine(self) -> None:
        """Bring quarantine up to date with every share of the run, in one commit."""
        lake, run_id = self.context.lake, self.context.run.run_id
        frames = []
        for work in self.works.values():
            if work.tally.total(QUARANTINED):
                frames.append(quarantine.rejected_rows(work.rejected(), work.name, work.rules, run_id))
        frames += lent_rejects(self.context.config, self.bronze, run_id) if self.only is None else []
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
        lake, run_id = self.context.lake, self.context.run.run_id
        rows: list[tuple[Any, ...]] = []
        for name, work in self.works.items():
            if not work.kept:
                gate = Gate(self.context.config.directory)
                later = [expectation for expectation in expectations_of(work) if expectation.on_fail != "stop"]
                silver = lake.read("silver", name).where(_one_of(work.systems))
                self.outcomes[name] += gate.validate(silver, name, later)
            tally = work.tally
            rows += results.result_rows(run_id, name, work.rules, self.outcomes[name], tally.broken, tally.judged)
        return rows + self._orphan_results()

    def _orphan_results(self) -> list[tuple[Any, ...]]:
        lake, config = self.context.lake, self.context.config
        references = [
            Reference(name, field_name, work.entity.references()[field_name], rule)
            for name, work in self.works.items()
            for field_name, rule in (work.quality.references.items() if work.quality else ())
            if rule.on_fail == "warn" and field_name in work.entity.references()
        ]
        silver = {name: lake.read("silver", name) for name in config.entities if lake.exists("silver", name)}
        rows = []
        for reference, count in count_orphans(references, silver):
            tally = self.works[reference.entity].tally
            rows += results.result_rows(
                self.context.run.run_id, reference.entity, [reference.rule], [], {0: count}, tally.judged
            )
        return rows

    # --- accounts

    def _record(self) -> None:
        """Check that rows in are rows out for every object, and record it."""
        for (entity, system, name), counts in self.accounts.items():
            mark = {"fingerprint": self.fingerprints[entity, system]} if entity is not None else None
            self.context.run.step(STEP, system=system, object=name, entity=entity, details=mark, **counts)

    @cached_property
    def accounts(self) -> dict[tuple[str | None, str, str], dict[str, int]]:
        """Return the counts of every object by (entity, system, object); what was skipped as it was before."""
        config = self.context.config
        found: dict[tuple[str | None, str, str], dict[str, int]] = {}
        for entity, system in self.fingerprints:
            for _, name in mapped_objects(config, self.bronze, entity, [system]):
                work = self.works.get(entity)
                if work is not None and system in work.systems:
                    mapping = config.sources[system].objects[name].to[entity]
                    rows = self.bronze.rows(system, name)
                    found[entity, system, name] = balanced(rows, work.tally, (system, name), mapping.where is None)
                elif (entity, system, name) in self.before:
                    found[entity, system, name] = self.before[entity, system, name].counts
        lent = lent_objects(config, self.bronze)
        tally: Tally = lent_tally(config, self.bronze, lent) if lent and self.only is None else Tally()
        for system, name in tally.ends:
            found[None, system, name] = balanced(self.bronze.rows(system, name), tally, (system, name), True)
        return found

    def _figures(self) -> dict[str, Any]:
        if self.dry_run and not all(work.kept for work in self.works.values()):
            for work in self.works.values():
                work.tally = work.tally if work.kept else tally_of(work.end(), work.rules)
        bronze: dict[str, dict[str, int]] = {}
        totals: dict[str, dict[str, int]] = {total: {} for total in TOTALS}
        for (entity, system, name), counts in self.accounts.items():
            bronze.setdefault(system, {})[name] = counts["bronze"]
            for total, end in TOTALS.items():
                # Rows that are only joined become no record, but wait in quarantine like others.
                if entity is not None or (end == QUARANTINED and counts.get(end)):
                    owner = entity or JOINED_ONLY
                    totals[total][owner] = totals[total].get(owner, 0) + counts.get(end, 0)
        unchanged = sorted(entity for entity, _ in self.fingerprints if entity not in self.works)
        return {"bronze": bronze, **totals, "changed": self.changed, "unchanged": list(dict.fromkeys(unchanged))}


def expectations_of(work: Work) -> list[ExpectationConfig]:
    """Return the entity's expectations, `value_set_from` resolved."""
    return list(work.quality.expectations) if work.quality is not None else []


def _one_of(systems: list[str]) -> str:
    return "source_system IN (" + ", ".join(f"'{system}'" for system in systems) + ")"
