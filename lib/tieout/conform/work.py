"""What is there to do for one entity? Its mapped and judged rows, from every system that changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.storagelevel import StorageLevel

from tieout.config import Config
from tieout.config.entity import EntityConfig
from tieout.config.quality import ExpectationConfig, QualityConfig
from tieout.conform.accounts import Tally
from tieout.conform.bronze import ONE_TASK_ROWS, Bronze
from tieout.conform.ends import QUARANTINED, judged, losers, repeated_keys, rows_with, with_ends, with_ends_but_for
from tieout.conform.lane import Lane
from tieout.conform.lookups import Lookups
from tieout.conform.mapped import Mapper
from tieout.conform.places import Place
from tieout.conform.silver import KEYS
from tieout.conform.suspects import PART
from tieout.quality.quarantine import corrections
from tieout.quality.rules import Rule, row_rules
from tieout.rows import frame_of, stacked

Spot = tuple[str, str]
Judge = Callable[[Spot, DataFrame | None, DataFrame | None], DataFrame]
# Up to here an entity's rows are kept in memory between counting, gates and writing. Beyond, they
# are computed as they are written, and only repeated keys are sorted.
KEPT_ROWS = 200_000
# Up to here the rows that a repeated key decides are sent to every task instead of being sorted.
SENT_ROWS = 2_000_000


@dataclass(frozen=True)
class Target:
    """Records that references may point to: their keys, each once, and the systems that have such records at all."""

    keys: DataFrame
    systems: list[str]


@dataclass
class Work:
    """One entity's share of a run: systems that changed, rows, rules and, later, the tally and the suspects.

    `judge_one` compiles the mapped and judged rows of one object: all or those that `suspects.among` leaves, of its
    bronze table or of other rows. `lane` has all rows where workers have mapped them.
    """

    entity: EntityConfig
    quality: QualityConfig | None
    objects: list[Spot]
    rows: int
    rules: list[Rule]
    judge_one: Judge
    tally: Tally = field(default_factory=Tally)
    suspects: list[int] | None = None
    lane: Lane | None = None
    _ended: DataFrame | None = None
    _cached: list[DataFrame] = field(default_factory=list)

    @cached_property
    def judged(self) -> DataFrame:
        """Return every mapped and judged row."""
        return self.judge(None)

    def judge(self, wanted: DataFrame | None) -> DataFrame:
        """Return mapped and judged rows, all or those that `suspects.among` leaves."""
        together = stacked(self.judge_one(spot, wanted, None) for spot in self.objects)
        return together.coalesce(1) if self.rows <= ONE_TASK_ROWS else together

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

    @property
    def is_counted(self) -> bool:
        """Tell whether it is known before anything is written where each row ends."""
        return self.kept or self.lane is not None

    @property
    def kept(self) -> bool:
        """Tell whether the rows are few enough to be kept in memory."""
        return self.rows <= KEPT_ROWS

    def end(self) -> DataFrame:
        """Decide where each row ends, once, and return the rows with `_end`, kept in memory where they are few."""
        if self._ended is not None:
            return self._ended
        if self.kept:
            self._ended = self._hold(with_ends(self.judged))
        else:
            self._ended = with_ends_but_for(self.judged, self._decided)
        return self._ended

    @cached_property
    def _decided(self) -> DataFrame | None:
        """Return the ends of the rows that share their key; None where none do."""
        repeated = self._hold(repeated_keys(self.judged))
        seen = repeated.agg(F.sum("_rows").alias("rows"), F.max("_rows").alias("most")).first()
        if seen is None or not seen["rows"]:
            return None
        contested = rows_with(repeated, self.judged, seen["most"])
        few = seen["rows"] <= SENT_ROWS
        decided = self._hold(losers(self.judge(F.broadcast(contested) if few else contested)))
        return F.broadcast(decided) if few else decided

    def standing(self) -> DataFrame:
        """Return the entity's keys and fields of rows that are their record's version that counts, and can be read."""
        columns = [*KEYS, *self.entity.fields]
        if self.lane is None:
            return self.end().where("_stands AND _corrupt IS NULL").select(*columns)
        return self.lane.rows().select(*columns).union(self.lane.rejected().where("_corrupt IS NULL").select(*columns))

    def rejected(self) -> DataFrame:
        """Return the rows that end in quarantine; where it is noted which may, only those are mapped for it."""
        if self.lane is not None:
            return self.lane.rejected()
        ended = self.end()
        if self.suspects is not None:
            parts = frame_of(ended.sparkSession, [(part,) for part in self.suspects], f"{PART} bigint")
            ended = with_ends_but_for(self.judge(F.broadcast(parts)), self._decided)
        return ended.where(f"_end = '{QUARANTINED}'")

    def _hold(self, rows: DataFrame) -> DataFrame:
        held = rows.persist(StorageLevel.MEMORY_AND_DISK)
        self._cached.append(held)
        return held

    def keys(self) -> DataFrame:
        """Return `source_system, source_id` of every record that its system has, good or not."""
        rows = self.end() if self.kept else self.judged
        return rows.where("source_id IS NOT NULL").select("source_system", "source_id")

    def release(self) -> None:
        """Forget rows kept in memory, and files that nothing was done with."""
        for rows in self._cached:
            rows.unpersist()
        if self.lane is not None:
            self.lane.discard()


def planned(
    config: Config, bronze: Bronze, entity: str, systems: list[str], known: DataFrame | None, targets: dict[str, Target]
) -> Work | None:
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

    def judge_one(spot: Spot, wanted: DataFrame | None, instead: DataFrame | None) -> DataFrame:
        system, name = spot
        place = Place(config.directory / "sources" / f"{system}.yml")
        mapper = Mapper(config.sources[system], bronze.reader(system), lookups, place)
        mapped = mapper.mapped(name, definition, fixes, wanted, instead)
        return judged(_known(mapped, definition, quality, targets), rules)

    return Work(definition, quality, objects, rows, rules, judge_one)


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
        raise Place(config.directory / "quality" / f"{entity}.yml", ("expectations",)).error(str(error)) from error


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
