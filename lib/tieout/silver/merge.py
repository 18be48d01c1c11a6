"""Silver tables, which change only where a record changed."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.models.entity import EntityConfig
from tieout.platform.sql import literal
from tieout.silver.row_status import CURRENT, DELETED

KEYS = ["source_system", "source_id"]
# Control characters, of which no field has any.
BETWEEN, NOTHING = "\\u001f", "\\u0000"


def silver_rows(staged: DataFrame, entity: EntityConfig, run_id: str) -> DataFrame:
    """Return rows of `silver.<entity>`: keys, the entity's fields and the system columns, one a record."""
    return staged.where(F.col("_status").isin(CURRENT, DELETED)).selectExpr(*silver_columns(entity, run_id))


def silver_columns(entity: EntityConfig, run_id: str) -> list[str]:
    """Return SQL of the columns of `silver.<entity>`, of rows with their status."""
    return [
        *KEYS,
        *entity.fields,
        "_bronze_ref",
        "_modified_at",
        "_deleted",
        f"xxhash64({_content(entity)}) AS _record_hash",
        f"{literal(run_id)} AS _run_id",
        "current_timestamp() AS _updated_at",
    ]


def _content(entity: EntityConfig) -> str:
    """Return SQL of all that a record's hash is over: every field with its being there or not.

    So a value that moves from one field to the next changes the hash. Texts are hashed as one: many short ones
    take longer.
    """
    kinds = {name: field.type for name, field in entity.fields.items()}
    texts = [f"coalesce({name}, '{NOTHING}')" for name, kind in kinds.items() if kind == "string"]
    others = [*(name for name, kind in kinds.items() if kind != "string"), "_deleted", "_modified_at"]
    parts = [part for name in others for part in (name, f"isnull({name})")]
    return ", ".join([f"concat_ws('{BETWEEN}', {', '.join(texts)})", *parts])


def changed_rows(rows: DataFrame, silver: DataFrame) -> DataFrame:
    """Return the rows that silver does not have as they are; an older version never wins over a newer one."""
    old = silver.select(*KEYS, F.col("_record_hash").alias("_old_hash"), F.col("_modified_at").alias("_old_at"))
    late = F.coalesce(F.col("_modified_at") < F.col("_old_at"), F.lit(False))
    same = F.col("_record_hash").eqNullSafe(F.col("_old_hash"))
    return rows.join(old, KEYS, "left").where(~same & ~late).drop("_old_hash", "_old_at")


def withdrawn_rows(staged: DataFrame, rejected: DataFrame, silver: DataFrame) -> DataFrame:
    """Return rows of silver whose record now has no version that passes its rules, `_record_hash` NULL.

    `rejected` are those of the `staged` rows that end in quarantine.
    """
    good = staged.where(F.col("_status").isin(CURRENT, DELETED)).select(*KEYS)
    bad = rejected.where("source_id IS NOT NULL").select(*KEYS)
    lost = bad.join(good, KEYS, "left_anti").distinct()
    return silver.join(lost, KEYS, "left_semi").withColumn("_record_hash", F.lit(None).cast("bigint"))
