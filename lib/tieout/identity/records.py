"""Silver records as records to match, and back."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

KEY = ("source_system", "source_id")


def record_id(entity: str, system: str | Column = "source_system", source_id: str | Column = "source_id") -> Column:
    """Return the 64-bit id of a source record: xxhash64 of entity, system and source id."""
    return F.xxhash64(F.lit(entity), system, source_id)


def records(silver: DataFrame, entity: str, columns: Sequence[str] | None = None) -> DataFrame:
    """Turn one entity's silver rows into records to match; deleted rows are left out.

    Needs source_system, source_id and, where present, `_deleted`. Returns record_id bigint, source
    (the system), source_system, source_id and the attributes: `columns`, or every canonical field.
    """
    if "_deleted" in silver.columns:
        silver = silver.where("NOT coalesce(_deleted, false)")
    fields = [name for name in silver.columns if not name.startswith("_") and name not in KEY]
    chosen = [name for name in (columns if columns is not None else fields) if name not in (*KEY, "source")]
    return silver.select(record_id(entity).alias("record_id"), F.col("source_system").alias("source"), *KEY, *chosen)
