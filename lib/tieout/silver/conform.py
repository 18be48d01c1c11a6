"""The use case conform: plan, stage, ask the gates, write silver and quarantine, record the accounts."""

from __future__ import annotations

import importlib
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property, reduce
from typing import Any

from pyspark.sql import DataFrame

from tieout.lakehouse.context import AT_A_TIME, Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.platform.connect import cut_off
from tieout.platform.session import settings
from tieout.quality.gate import Gate, Outcome, stop_if_failed
from tieout.silver.accounting import Tally, balanced
from tieout.silver.bronze_tables import Bronze
from tieout.silver.entity_order import in_order
from tieout.silver.entity_plan import EntityPlan, Target, mapped_objects, planned
from tieout.silver.fingerprint import STEP as NAME
from tieout.silver.fingerprint import Before, fingerprint, lists_digest, recorded, released
from tieout.silver.join_only import ENTITY as JOINED_ONLY
from tieout.silver.join_only import join_only_objects, join_only_tally
from tieout.silver.merge import KEYS
from tieout.silver.row_status import CURRENT, DELETED, QUARANTINED, SUPERSEDED
from tieout.silver.writing import TABLE_SETTINGS, Writer

TOTALS = {"silver": CURRENT, "quarantined": QUARANTINED, "superseded": SUPERSEDED, "soft_deleted": DELETED}
STEP = Step(NAME, ignores=("matching", "survivorship", "definitions"))


def load_gates() -> None:
    """Start to load Great Expectations, which takes seconds, while Spark starts or works."""
    threading.Thread(target=importlib.import_module, args=("great_expectations",), daemon=True).start()


def conform(
    context: Context,
    *,
    dry_run: bool = False,
    full: bool = False,
    only: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """Bring every entity's silver table up to date with bronze.

    Nothing is done where nothing has changed since the last finished run; and a system's share of an entity
    whose bronze rows, config and corrections have not changed is skipped. `full` does all, `only` names the
    (entity, system) shares to do. Returns `silver`,
    `quarantined`, `superseded`, `soft_deleted`, `changed` by entity and `bronze` by system and
    object. Raises ConfigError for a wrong mapping, QualityGateError when an expectation with
    `on_fail: stop` fails: then nothing is written.
    """
    if dry_run or only is not None:
        return Conform(context, dry_run=dry_run, full=full, only=only).run()
    return run_step(context, STEP, lambda inner: _conform(inner, full), full=full, repeat=_unchanged)


def _conform(context: Context, full: bool) -> dict[str, Any]:
    load_gates()
    return Conform(context, full=full).run()


def _unchanged(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run as those of one that found nothing to do."""
    return figures | {"changed": {}, "unchanged": sorted({*figures["changed"], *figures["unchanged"]})}


@dataclass
class Conform:
    """One run over the entities of a config; `only` limits it to some (entity, system) shares."""

    context: Context
    dry_run: bool = False
    full: bool = False
    only: list[tuple[str, str]] | None = None
    plans: dict[str, EntityPlan] = field(default_factory=dict)
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    counted: dict[str, Future[Tally]] = field(default_factory=dict)
    targets: dict[tuple[str, bool], Target | None] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        """Do everything; return the figures."""
        self.bronze.open()
        try:
            with settings(self.context.spark, TABLE_SETTINGS), ThreadPoolExecutor(AT_A_TIME) as pool:
                self._plan(pool)
                self._check_gates()
                stop_if_failed(self.outcomes)
                if not self.dry_run:
                    self.changed = self._writer.write(pool)
                    self._record()
            return self._figures()
        finally:
            for plan in self.plans.values():
                plan.release()

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

    @property
    def _writer(self) -> Writer:
        return Writer(self.context, self.bronze, self.plans, self.outcomes, self.known, self.only is not None)

    @cached_property
    def before(self) -> dict[tuple[str, str, str], Before]:
        """Return what the last run recorded."""
        return recorded(self.context.lake)

    @cached_property
    def disturbed(self) -> set[str]:
        """Return the tables that are not as the last finished run left or saw them."""
        return self.context.run.finished.disturbed(NAME)

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

        What is compiled is staged and counted while the next one is compiled.
        """
        stale: dict[str, set[str]] = {}
        for entity in in_order(self.context.config.entities):
            systems = [system for name, system in self.fingerprints if name == entity]
            stale[entity] = {system for system in systems if self._is_stale(entity, system, stale)}
            if stale[entity]:
                self.context.progress.now(f"mapping {entity}")
                plan = planned(
                    self.context.config, self.bronze, entity, sorted(stale[entity]), self.known, self._targets(entity)
                )
                if plan is not None:
                    self.plans[entity] = plan
                    plan.staged  # noqa: B018 - from here on, what refers to its keys reads what is kept
                    self.counted[entity] = pool.submit(lambda plan: plan.tally, plan)

    def _is_stale(self, entity: str, system: str, stale: dict[str, set[str]]) -> bool:
        if self.only is not None:
            return (entity, system) in self.only
        if self.full or not self.context.lake.exists("silver", entity):
            return True
        # Somebody has overwritten, restored or deleted what the last run left.
        if self.disturbed & {f"silver.{entity}", "silver.quarantine"}:
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
            key = name, name in self.plans
            if key not in self.targets:
                self.targets[key] = self._target(name)
            target = self.targets[key]
            if target is not None:
                found[name] = target
        return found

    def _target(self, entity: str) -> Target | None:
        """Return an entity's records of this run, of silver and in quarantine; None where no system has any."""
        systems = [system for name, system in self.fingerprints if name == entity]
        frames = [self.plans[entity].keys()] if entity in self.plans else []
        if self.context.lake.exists("silver", entity):
            frames.append(self.context.lake.read("silver", entity).select(*KEYS))
        if self.known is not None:
            frames.append(self.known.where(self.known["entity"] == entity).select(*KEYS))
        if not frames or not systems:
            return None
        # Cut off from the plan that made them: every object that refers to them would hold all of it, and what
        # refers to that object again, until plans of twelve systems fill the driver's memory.
        return Target(cut_off(reduce(DataFrame.union, frames).distinct()), systems)

    # --- judging

    def _check_gates(self) -> None:
        """Ask the gates about each entity whose rows are decided."""
        if not self.plans:
            return
        gate = Gate(self.context.config.directory)
        for name, plan in self.plans.items():
            self.context.progress.now(f"quality gates of {name}")
            self.counted[name].result()
            self.outcomes[name] = gate.validate(plan.candidates(), name, plan.expectations)

    # --- accounts

    def _record(self) -> None:
        """Check that rows in are rows out for every object, and record it."""
        for (entity, system, name), counts in self.accounts.items():
            details = self._recorded(entity, system, name, counts).details() if entity is not None else None
            self.context.run.step(NAME, system=system, object=name, entity=entity, details=details, **counts)

    def _recorded(self, entity: str, system: str, name: str, counts: dict[str, int]) -> Before:
        """Return what is recorded of an object and entity: of this run, or what an earlier one found."""
        plan, before = self.plans.get(entity), self.before.get((entity, system, name))
        if plan is not None and system in plan.systems:
            newest = plan.tally.newest.get((system, name))
        else:
            newest = before.newest if before is not None else None
        return Before(self.fingerprints[entity, system], counts, newest)

    @cached_property
    def accounts(self) -> dict[tuple[str | None, str, str], dict[str, int]]:
        """Return the counts of every object by (entity, system, object); what was skipped as it was before."""
        config = self.context.config
        found: dict[tuple[str | None, str, str], dict[str, int]] = {}
        for entity, system in self.fingerprints:
            for _, name in mapped_objects(config, self.bronze, entity, [system]):
                plan = self.plans.get(entity)
                if plan is not None and system in plan.systems:
                    mapping = config.sources[system].objects[name].to[entity]
                    rows = self.bronze.rows(system, name)
                    found[entity, system, name] = balanced(rows, plan.tally, (system, name), mapping.where is None)
                elif (entity, system, name) in self.before:
                    found[entity, system, name] = self.before[entity, system, name].counts
        join_only = join_only_objects(config, self.bronze)
        tally: Tally = join_only_tally(config, self.bronze, join_only) if join_only and self.only is None else Tally()
        for system, name in tally.statuses:
            found[None, system, name] = balanced(self.bronze.rows(system, name), tally, (system, name), True)
        return found

    def _figures(self) -> dict[str, Any]:
        bronze: dict[str, dict[str, int]] = {}
        totals: dict[str, dict[str, int]] = {total: {} for total in TOTALS}
        for (entity, system, name), counts in self.accounts.items():
            bronze.setdefault(system, {})[name] = counts["bronze"]
            for total, status in TOTALS.items():
                # Rows that are only joined become no record, but wait in quarantine like others.
                if entity is not None or (status == QUARANTINED and counts.get(status)):
                    owner = entity or JOINED_ONLY
                    totals[total][owner] = totals[total].get(owner, 0) + counts.get(status, 0)
        unchanged = sorted(entity for entity, _ in self.fingerprints if entity not in self.plans)
        return {"bronze": bronze, **totals, "changed": self.changed, "unchanged": list(dict.fromkeys(unchanged))}
