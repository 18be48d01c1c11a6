"""Entity plan: the mapped and checked rows of one entity, from every system that changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from tieout.config import Config
from tieout.config.lookups import Lookups
from tieout.config.models.entity import EntityConfig
from tieout.config.models.quality import ExpectationConfig, QualityConfig
from tieout.config.sql_types import ConfigLocation
from tieout.platform.rows import stacked
from tieout.quality.quarantine import corrections
from tieout.quality.rules import Rule, row_rules
from tieout.silver.accounting import Tally, tally_of
from tieout.silver.bronze_tables import ONE_TASK_ROWS, Bronze
from tieout.silver.mapping.mapper import Mapper
from tieout.silver.merge import KEYS
from tieout.silver.row_status import QUARANTINED, with_broken_rules, with_status


@dataclass(frozen=True)
class Target:
    """Records that references may point to: their keys, each once, and the systems that have such records at all."""

    keys: DataFrame
    systems: list[str]


@dataclass
class EntityPlan:
    """One entity's share of a run: the systems that changed, their bronze objects, rules and staged rows.

    Each bronze row is mapped once: `staged` keeps the result, in memory as far as it fits and on disk beyond, for
    counting, the gates, silver and quarantine. `compiled` has no row computed yet.
    """

    entity: EntityConfig
    quality: QualityConfig | None
    objects: list[tuple[str, str]]
    rows: int
    rules: list[Rule]
    compiled: DataFrame
    _held: list[DataFrame] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Return the entity's name."""
        return self.entity.entity

    @property
    def expectations(self) -> list[ExpectationConfig]:
        """Return the entity's expectations, `value_set_from` resolved."""
        return list(self.quality.expectations) if self.quality is not None else []

    @property
    def systems(self) -> list[str]:
        """Return the systems whose rows these are."""
        return sorted({system for system, _ in self.objects})

    @cached_property
    def staged(self) -> DataFrame:
        """Return every mapped row with its status; computed by the first job that reads it, then kept."""
        rows = self.compiled.coalesce(1) if self.rows <= ONE_TASK_ROWS else self.compiled
        held = with_status(rows).persist(StorageLevel.MEMORY_AND_DISK)
        self._held.append(held)
        return held

    @cached_property
    def tally(self) -> Tally:
        """Return the counts of the staged rows by object and status; the first call runs a job."""
        return tally_of(self.staged, self.rules)

    def candidates(self) -> DataFrame:
        """Return keys and fields of the version of each record that counts, good or not: what the gates are asked."""
        return self.staged.where("_is_candidate AND _corrupt IS NULL").select(*KEYS, *self.entity.fields)

    def rejected(self) -> DataFrame:
        """Return the rows whose status is quarantined."""
        return self.staged.where(F.col("_status") == QUARANTINED)

    def keys(self) -> DataFrame:
        """Return `source_system, source_id` of every record that its system has, good or not."""
        return self.staged.where("source_id IS NOT NULL").select(*KEYS)

    def release(self) -> None:
        """Drop the staged rows."""
        for rows in self._held:
            rows.unpersist()


def planned(
    config: Config, bronze: Bronze, entity: str, systems: list[str], known: DataFrame | None, targets: dict[str, Target]
) -> EntityPlan | None:
    """Compile everything that one entity needs of these systems; no job runs.

    `known` is quarantine as it is, `targets` the keys that references may point to, by entity.
    Raises ConfigError for whatever is wrong in the mappings or the rules.
    """
    definition = config.entities[entity]
    quality = resolved(config, entity)
    objects = mapped_objects(config, bronze, entity, systems)
    if not objects:
        return None
    rules = _rules(config, entity, definition, quality)
    lookups = Lookups(config.directory / "lookups")
    fixes = corrections(known, entity, systems) if known is not None else None
    rows = sum(bronze.rows(system, name) for system, name in objects)

    def judge_one(system: str, name: str) -> DataFrame:
        location = ConfigLocation(config.directory / "sources" / f"{system}.yml")
        mapper = Mapper(config.sources[system], bronze.reader(system), lookups, location)
        mapped = mapper.mapped(name, definition, fixes)
        return with_broken_rules(_known(mapped, definition, quality, targets), rules)

    compiled = stacked(judge_one(system, name) for system, name in objects)
    return EntityPlan(definition, quality, objects, rows, rules, compiled)


def mapped_objects(config: Config, bronze: Bronze, entity: str, systems: list[str]) -> list[tuple[str, str]]:
    """Return (system, object) of every object that becomes the entity and is in bronze."""
    return [
        (system, name)
        for system in systems
        for name, item in config.sources[system].objects.items()
        if entity in item.to and bronze.read(system, name) is not None
    ]


def resolved(config: Config, entity: str) -> QualityConfig | None:
    """Return the entity's gate with the values of `value_set_from` read from its code list."""
    quality = config.quality.get(entity)
    if quality is None:
        return None
    lookups = Lookups(config.directory / "lookups")
    expectations = []
    for expectation in quality.expectations:
        if expectation.value_set_from is not None:
            lookup = lookups.get(expectation.value_set_from.table)
            values = sorted({row[lookup.column(expectation.value_set_from.column, 1)] for row in lookup.rows} - {""})
            kwargs = expectation.kwargs | {"value_set": values}
            expectation = expectation.model_copy(update={"kwargs": kwargs})
        expectations.append(expectation)
    return quality.model_copy(update={"expectations": expectations})


def _rules(config: Config, entity: str, definition: EntityConfig, quality: QualityConfig | None) -> list[Rule]:
    try:
        return row_rules(definition, quality)
    except ValueError as error:
        raise ConfigLocation(config.directory / "quality" / f"{entity}.yml", ("expectations",)).error(
            str(error)
        ) from error


def _known(
    frame: DataFrame, entity: EntityConfig, quality: QualityConfig | None, targets: dict[str, Target]
) -> DataFrame:
    """Add `_known_<field>` for each reference whose orphans are quarantined.

    A system that has no such records at all, as a CRM without orders, has no orphans either.
    """
    for field_name, target in entity.references().items():
        rule = quality.references.get(field_name) if quality is not None else None
        if rule is None or rule.on_fail != "quarantine":
            continue
        marker = f"_known_{field_name}"
        if target not in targets:
            frame = frame.withColumn(marker, F.lit(True))
            continue
        there = targets[target].keys.toDF("_target_system", "_target_id").withColumn(marker, F.lit(True))
        same = (F.col("source_system") == F.col("_target_system")) & (F.col(field_name) == F.col("_target_id"))
        unchecked = F.when(~F.col("source_system").isin(targets[target].systems), F.lit(True))
        frame = frame.join(there, same, "left").drop("_target_system", "_target_id")
        frame = frame.withColumn(marker, F.coalesce(marker, unchecked))
    return frame
