"""Where do systems contradict each other about one customer, and what should each system be told?"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.survivorship import FieldRule
from tieout.gold.choices import owner_rank
from tieout.gold.records import TIEOUT_ID, live

NOT_LETTER_OR_DIGIT = r"[^\p{L}\p{N}]+"
KEY_SEPARATOR = "\u001f"


def compared_fields(rules: Mapping[str, FieldRule], fields: list[str]) -> dict[str, FieldRule]:
    """Return the fields whose differences matter: `compare` is text or exact, or unset with an owner."""
    return {
        name: rule
        for name, rule in rules.items()
        if name in fields and rule.compare != "no" and (rule.compare or rule.owner)
    }


def field_values(
    records: DataFrame,
    golden: DataFrame,
    rules: Mapping[str, FieldRule],
    kinds: Mapping[str, str],
    entity: str,
) -> DataFrame:
    """Return one row per record and compared field, beside the golden value.

    Needs the records of one entity with `tieout_id` and its golden records. Only golden records with
    several source records are looked at. Returns `entity, tieout_id, source_system, source_id, field,
    value, comparable, golden_value, golden_comparable, winner` (`system:source_id`), `rank` and
    `winner_rank` (int: the owner's rank of the system, higher is better). Values are text.
    """
    kept = golden.where("record_count > 1").select(TIEOUT_ID, "_sources", F.struct(*rules).alias("_golden"))
    joined = live(records).join(kept, TIEOUT_ID)
    entries = [_entry(name, rule, kinds) for name, rule in rules.items()]
    return (
        joined.select(TIEOUT_ID, "source_system", "source_id", F.explode(F.array(*entries)).alias("one"))
        .select(F.lit(entity).alias("entity"), TIEOUT_ID, "source_system", "source_id", "one.*")
        .where("value IS NOT NULL OR golden_value IS NOT NULL")
    )


def _entry(name: str, rule: FieldRule, kinds: Mapping[str, str]) -> Column:
    value, golden_value = F.col(name), F.col(f"_golden.{name}")
    winner = F.element_at("_sources", F.lit(name))
    owners = rule.owner or []
    winner_system = F.substring_index(winner, ":", 1)
    return F.struct(
        F.lit(name).alias("field"),
        _text(value).alias("value"),
        _comparable(value, rule).alias("comparable"),
        _text(golden_value).alias("golden_value"),
        _comparable(golden_value, rule).alias("golden_comparable"),
        winner.alias("winner"),
        owner_rank(owners, kinds).alias("rank"),
        owner_rank(owners, kinds, winner_system).alias("winner_rank"),
    )


def _text(value: Column) -> Column:
    text = value.cast("string")
    return F.when(F.trim(text) != "", text)


def _comparable(value: Column, rule: FieldRule) -> Column:
    """Return the form in which values are compared; null for none."""
    text = value.cast("string")
    if rule.compare == "text":
        text = F.lower(F.regexp_replace(text, NOT_LETTER_OR_DIGIT, ""))
    return F.when(text != "", text)


def discrepancies(values: DataFrame) -> DataFrame:
    """Return `tieout_id, entity, field, owner_system, values`: fields on which systems contradict each other.

    Needs `field_values`. There are at least two values, from at least two systems. `owner_system` is
    the system whose value won; `values` maps `system:source_id` to the value.
    """
    origin = F.concat_ws(":", "source_system", "source_id")
    entry = F.struct(origin.alias("key"), F.col("value").alias("value"))
    grouped = (
        values.where("comparable IS NOT NULL")
        .groupBy(TIEOUT_ID, "entity", "field")
        .agg(
            F.count_distinct("comparable").alias("different"),
            F.count_distinct("source_system").alias("systems"),
            F.first("winner").alias("winner"),
            F.array_sort(F.collect_list(entry)).alias("entries"),
        )
    )
    return grouped.where("different > 1 AND systems > 1").select(
        TIEOUT_ID,
        "entity",
        "field",
        F.substring_index("winner", ":", 1).alias("owner_system"),
        F.map_from_entries("entries").alias("values"),
    )


def outbox(values: DataFrame, carried: Mapping[str, Mapping[str, set[str]]]) -> DataFrame:
    """Return the changes to send to each system, so that it agrees with the golden record.

    Needs `field_values`; `carried` is entity → system → canonical fields that it has at all. A change
    is proposed where the system's value differs from the golden one, or is missing, and a system that
    owns the field better gave the golden one.

    Returns `event_id, tieout_id, target_system, source_id, entity, field, current_value,
    proposed_value, reason` (differs, missing). The same difference has the same id in every run.
    """
    has_field = F.lit(False)
    for entity, systems in carried.items():
        for system, names in systems.items():
            record = (F.col("entity") == entity) & (F.col("source_system") == system)
            has_field = has_field | (record & F.col("field").isin(sorted(names)))
    differs = ~F.col("comparable").eqNullSafe(F.col("golden_comparable"))
    owned = F.col("golden_value").isNotNull() & (F.col("winner_rank") > F.col("rank"))
    events = values.where(differs & owned & has_field).select(
        TIEOUT_ID,
        F.col("source_system").alias("target_system"),
        "source_id",
        "entity",
        "field",
        F.col("value").alias("current_value"),
        F.col("golden_value").alias("proposed_value"),
        F.when(F.col("value").isNull(), "missing").otherwise("differs").alias("reason"),
    )
    return events.select(_event_id().alias("event_id"), "*")


def _event_id() -> Column:
    parts = ["entity", "target_system", "source_id", "field", "current_value", "proposed_value"]
    filled = [F.coalesce(part, F.lit("")) for part in parts]
    return F.sha2(F.concat_ws(KEY_SEPARATOR, *filled), 256).substr(1, 32)
