"""How do current rows become a silver table that only changes where a record changed?"""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.entity import EntityConfig
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED

KEYS = ["source_system", "source_id"]
QUARANTINE_SCHEMA = (
    "quarantine_id string, entity string, source_system string, object string, source_id string, rule string, "
    "reason string, severity string, raw_json string, bronze_ref string, state string, run_id string, at timestamp"
)


def silver_rows(ended: DataFrame, entity: EntityConfig, run_id: str) -> DataFrame:
    """Return rows of `silver.<entity>`: keys, the entity's fields and the system columns, one a record."""
    fields = list(entity.fields)
    content = F.to_json(F.struct(*fields, "_deleted", "_modified_at"))
    return ended.where(F.col("_end").isin(CURRENT, DELETED)).select(
        *KEYS,
        *fields,
        "_bronze_ref",
        "_modified_at",
        "_deleted",
        F.sha2(content, 256).alias("_record_hash"),
        F.lit(run_id).alias("_run_id"),
        F.current_timestamp().alias("_updated_at"),
    )


def changed_rows(rows: DataFrame, silver: DataFrame) -> DataFrame:
    """Return the rows that silver does not have as they are; an older version never wins over a newer one."""
    old = silver.select(*KEYS, F.col("_record_hash").alias("_old_hash"), F.col("_modified_at").alias("_old_at"))
    late = F.coalesce(F.col("_modified_at") < F.col("_old_at"), F.lit(False))
    same = F.col("_record_hash").eqNullSafe(F.col("_old_hash"))
    return rows.join(old, KEYS, "left").where(~same & ~late).drop("_old_hash", "_old_at")


def quarantine_rows(ended: DataFrame, entity: str, run_id: str) -> DataFrame:
    """Return rows of `silver.quarantine` (QUARANTINE_SCHEMA): each rejected row once, by its first broken rule.

    `quarantine_id` names the bronze row and the entity, so a row is never quarantined twice.
    """
    first = F.element_at("_failures", 1)
    reasons = F.array_join(F.transform("_failures", lambda failure: failure["reason"]), "; ")
    return ended.where(F.col("_end") == QUARANTINED).select(
        F.hex("_rejected_id").alias("quarantine_id"),
        F.lit(entity).alias("entity"),
        "source_system",
        F.col("_object").alias("object"),
        "source_id",
        first["rule"].alias("rule"),
        reasons.alias("reason"),
        first["severity"].alias("severity"),
        F.col("_raw").alias("raw_json"),
        F.col("_bronze_ref").alias("bronze_ref"),
        F.lit("open").alias("state"),
        F.lit(run_id).alias("run_id"),
        F.current_timestamp().alias("at"),
    )
