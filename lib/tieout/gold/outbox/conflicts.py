"""Fields in which the records of one customer, contact or product differ, and which differences contradict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.survivorship import FieldRule, GroupRule, SurvivorshipConfig
from tieout.gold.records import TIEOUT_ID, live

RANKS = "map<string,int>"


@dataclass(frozen=True)
class Compared:
    """A field whose differences matter: how it is compared, and the rule that says which value is right."""

    field: str
    compare: str
    rule: str
    group: str | None
    ranks: Mapping[str, int]
    """System → how far up it is among the field's owners; the best has the highest number, others are left out."""
    even_if_newer: bool = False


def compared_fields(
    rules: Mapping[str, FieldRule], fields: list[str], config: SurvivorshipConfig, kinds: Mapping[str, str]
) -> list[Compared]:
    """Return the fields whose differences matter: `compare` is not `no`, or unset with an owner.

    `rules` is field → rule with its owner (see `field_rules`), `kinds` system → kind.
    """
    groups = {field: name for name, group in config.together.items() for field in group.fields}
    found = []
    for name, rule in rules.items():
        compare = rule.compare_fields.get(name, rule.compare) if isinstance(rule, GroupRule) else rule.compare
        if name in fields and compare != "no" and (compare or rule.owner):
            group = groups.get(name)
            found.append(
                Compared(
                    name, compare or "exact", rule.rule or _named(group or name, rule), group,
                    _ranks(rule.owner or [], kinds), rule.even_if_newer,
                )
            )  # fmt: skip
    return found


def _named(what: str, rule: FieldRule) -> str:
    return f"{what}: {', then '.join(rule.owner)}" if rule.owner else f"{what}: {(rule.order or ['most_recent'])[0]}"


def _ranks(owners: list[str], kinds: Mapping[str, str]) -> dict[str, int]:
    ranks = {
        system: max((len(owners) - i for i, owner in enumerate(owners) if owner in (system, kind)), default=0)
        for system, kind in kinds.items()
    }
    return {system: rank for system, rank in ranks.items() if rank}


def contested(records: DataFrame, golden: DataFrame, fields: list[Compared], entity: str) -> DataFrame:
    """Return one row per record and field in which any record of its customer differs from the golden one.

    Needs the records of one entity with `tieout_id` and its golden records; customers with one record
    take no part. Records of a customer meet once, and only fields that differ are looked at further.

    Returns `entity, tieout_id, field, compare, rule, group, even_if_newer, ranks` (map system → owner's
    rank), `golden_value, reference` (the golden value, else the first there is), `winner`
    (`system:source_id`), `winner_time, source_system, source_id, object, modified_at, value`. Values are
    text; `with_differences` tells their differences.
    """
    several = golden.where("record_count > 1").select(
        TIEOUT_ID, "_sources", F.struct(*[one.field for one in fields]).alias("_golden")
    )
    members = live(records).join(several.select(TIEOUT_ID), TIEOUT_ID, "left_semi")
    met = members.groupBy(TIEOUT_ID).agg(F.array_sort(F.collect_list(_record(records, fields))).alias("_records"))
    met = met.join(several, TIEOUT_ID)
    differing = F.array_compact(F.array(*[_differing(one) for one in fields]))
    found = met.select(TIEOUT_ID, F.explode(differing).alias("one")).select(TIEOUT_ID, "one.*")
    each = found.select("*", F.explode("entries").alias("entry")).select("*", "entry.*").drop("entries", "entry")
    return each.select(F.lit(entity).alias("entity"), "*")


def _record(records: DataFrame, fields: list[Compared]) -> Column:
    came_from = F.substring_index("_bronze_ref", "/", 1) if "_bronze_ref" in records.columns else F.lit(None)
    return F.struct(
        "source_system",
        "source_id",
        came_from.cast("string").alias("object"),
        F.col("_modified_at").alias("modified_at"),
        *[_text(F.col(one.field)).alias(f"f_{one.field}") for one in fields],
    )


def _differing(one: Compared) -> Column:
    """Return the field's struct where any record differs from the golden value, else null."""
    value, name = _text(F.col(f"_golden.{one.field}")), f"f_{one.field}"
    winner = F.element_at("_sources", F.lit(one.field))
    entries = F.transform("_records", _entry(name))
    won = F.get(
        F.filter("_records", lambda r: F.concat_ws(":", r["source_system"], r["source_id"]) == winner), F.lit(0)
    )
    filled = F.filter(F.transform("_records", lambda r: r[name]), lambda text: text.isNotNull())
    ranks = [F.lit(part) for pair in one.ranks.items() for part in pair]
    struct = F.struct(
        F.lit(one.field).alias("field"),
        F.lit(one.compare).alias("compare"),
        F.lit(one.rule).alias("rule"),
        F.lit(one.group).cast("string").alias("group"),
        F.lit(one.even_if_newer).alias("even_if_newer"),
        (F.create_map(*ranks) if ranks else F.create_map()).cast(RANKS).alias("ranks"),
        value.alias("golden_value"),
        F.coalesce(value, F.get(filled, F.lit(0))).alias("reference"),
        winner.alias("winner"),
        won["modified_at"].alias("winner_time"),
        entries.alias("entries"),
    )
    return F.when(F.exists("_records", lambda record: ~record[name].eqNullSafe(value)), struct)


def _entry(name: str):  # type: ignore[no-untyped-def]
    return lambda record: F.struct(
        record["source_system"].alias("source_system"),
        record["source_id"].alias("source_id"),
        record["object"].alias("object"),
        record["modified_at"].alias("modified_at"),
        record[name].alias("value"),
    )


def _text(value: Column) -> Column:
    text = value.cast("string")
    return F.when(F.trim(text) != "", text)


def discrepancies(values: DataFrame) -> DataFrame:
    """Return `tieout_id, entity, field, owner_system, values`: fields on which systems contradict each other.

    Needs `contested` with `with_differences`. There are values from at least two systems, and one of them is neither a
    form nor a part of the golden one: a company name without its legal form contradicts nothing. `owner_system` is
    the system whose value won; `values` maps `system:source_id` to the value.
    """
    origin = F.concat_ws(":", "source_system", "source_id")
    entry = F.struct(origin.alias("key"), F.col("value").alias("value"))
    completes = F.col("value_is_part") | F.col("reference_is_part")
    contradicts = F.col("value").isNotNull() & ~F.coalesce("same_form", F.lit(True)) & ~completes
    grouped = (
        values.where("value IS NOT NULL")
        .groupBy(TIEOUT_ID, "entity", "field")
        .agg(
            F.bool_or(contradicts).alias("contradicted"),
            F.count_distinct("source_system").alias("systems"),
            F.first("winner").alias("winner"),
            F.array_sort(F.collect_list(entry)).alias("entries"),
        )
    )
    return grouped.where("contradicted AND systems > 1").select(
        TIEOUT_ID,
        "entity",
        "field",
        F.substring_index("winner", ":", 1).alias("owner_system"),
        F.map_from_entries("entries").alias("values"),
    )
