"""Where does each mapped row end: current, superseded, soft-deleted or quarantined?"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.entity import EntityConfig
from tieout.config.quality import QualityConfig, ReferenceConfig
from tieout.quality.rules import failures, row_rules

CURRENT, SUPERSEDED, DELETED, QUARANTINED = "silver_current", "superseded", "soft_deleted", "quarantined"
FAILURE = "struct<rule:string,reason:string,severity:string>"


def with_ends(mapped: DataFrame, entity: EntityConfig, quality: QualityConfig | None) -> DataFrame:
    """Add `_failures` (array of FAILURE) and `_end` (one of the four ends) to mapped rows.

    A row that cannot be read, has no key, or breaks a rule with `on_fail: quarantine` is
    quarantined. Of the others, the one that changed last is the record's current version, in a
    tie the one that arrived last; the rest are superseded.
    """
    judged = mapped.withColumn("_failures", _all_failures(mapped, entity, quality))
    newest_first = Window.partitionBy("source_system", "source_id", "_good").orderBy(
        F.col("_modified_at").desc_nulls_last(),
        F.col("_ingested_at").desc(),
        F.col("_file").desc(),
        F.col("_row").desc(),
        F.col("_position").desc(),
    )
    ranked = judged.withColumn("_good", F.size("_failures") == 0).withColumn(
        "_version", F.row_number().over(newest_first)
    )
    end = (
        F.when(~F.col("_good"), QUARANTINED)
        .when(F.col("_version") > 1, SUPERSEDED)
        .when(F.col("_deleted"), DELETED)
        .otherwise(CURRENT)
    )
    return ranked.withColumn("_end", end).drop("_good", "_version")


def quarantine_orphans(
    ended: DataFrame, entity: EntityConfig, quality: QualityConfig | None, targets: Mapping[str, DataFrame]
) -> DataFrame:
    """Quarantine current rows that point to a record which their system does not have.

    `targets` holds, by entity, the rows that may be pointed to (`source_system`, `source_id`); a
    soft-deleted target still counts as there. References with `on_fail: warn` are left alone.
    """
    for field, target in entity.references().items():
        rule = quality.references.get(field) if quality else None
        if rule is None or rule.on_fail != "quarantine" or target not in targets:
            continue
        ended = _without_orphans(ended, field, rule, targets[target])
    return ended


def _without_orphans(ended: DataFrame, field: str, rule: ReferenceConfig, target: DataFrame) -> DataFrame:
    known = target.select(
        F.col("source_system").alias("_system"), F.col("source_id").alias("_id"), F.lit(True).alias("_there")
    )
    joined = ended.join(
        known, (F.col("source_system") == F.col("_system")) & (F.col(field) == F.col("_id")), "left"
    )
    lost = F.col(field).isNotNull() & F.col("_there").isNull() & F.col("_end").isin(CURRENT, DELETED)
    if rule.systems:
        lost = lost & F.col("source_system").isin(rule.systems)
    failure = _failure(f"{field}: no such record", rule.reason, "warning")
    return (
        joined.withColumn("_failures", F.when(lost, F.array(failure)).otherwise(F.col("_failures")))
        .withColumn("_end", F.when(lost, QUARANTINED).otherwise(F.col("_end")))
        .drop("_system", "_id", "_there")
    )


def _failure(rule: str, reason: str | Column, severity: str) -> Column:
    text = F.lit(reason) if isinstance(reason, str) else reason
    return F.struct(F.lit(rule).alias("rule"), text.alias("reason"), F.lit(severity).alias("severity"))


def _all_failures(mapped: DataFrame, entity: EntityConfig, quality: QualityConfig | None) -> Column:
    corrupt = F.when(F.col("_corrupt").isNotNull(), F.array(_failure("unreadable row", F.col("_corrupt"), "critical")))
    keyless = F.when(
        F.col("source_id").isNull(), F.array(_failure("no key", "a record without its key cannot be found again", "critical"))
    )
    unreadable = [
        F.when(
            F.col("_unreadable").bitwiseAND(F.lit(1 << position)) != 0,
            _failure(f"{name}: unreadable value", f"the text is not a {config.type}", "warning"),
        )
        for position, (name, config) in enumerate(entity.fields.items())
    ]
    rules = failures(row_rules(quality)) if quality else F.expr(f"CAST(array() AS array<{FAILURE}>)")
    return F.coalesce(corrupt, keyless, F.concat(F.array_compact(F.array(*unreadable)), rules))
