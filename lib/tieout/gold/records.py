"""Silver records with the id of their customer, contact or product."""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

TIEOUT_ID = "tieout_id"
CONFIDENCE = "_confidence"
REFERENCE_SUFFIX = "_source_id"


def live(silver: DataFrame) -> DataFrame:
    """Return the records that their system has not deleted (`_deleted` is not true)."""
    return silver.where(~F.coalesce(F.col("_deleted"), F.lit(False)))


def identified(records: DataFrame, crosswalk: DataFrame, entity: str) -> DataFrame:
    """Add `tieout_id` (null where the record is in no cluster) and `_confidence` (double) to records.

    Needs `source_system, source_id`; the crosswalk has `entity, source_system, source_id, tieout_id,
    confidence`.
    """
    known = crosswalk.where(F.col("entity") == entity).select(
        "source_system", "source_id", TIEOUT_ID, F.col("confidence").cast("double").alias(CONFIDENCE)
    )
    return records.join(known, ["source_system", "source_id"], "left")


def resolve_reference(records: DataFrame, crosswalk: DataFrame, entity: str, reference: str, name: str) -> DataFrame:
    """Add `name`: the `tieout_id` of the record of the same system that `reference` names, or null."""
    known = crosswalk.where(F.col("entity") == entity).select(
        "source_system", F.col("source_id").alias(reference), F.col(TIEOUT_ID).alias(name)
    )
    return records.join(known, ["source_system", reference], "left")


def resolve_references(records: DataFrame, crosswalk: DataFrame, references: Mapping[str, str]) -> DataFrame:
    """Replace references to records by golden ids, for example `parent_source_id` by `parent_id`.

    `references` is field → entity; entities that have golden records are account, contact and
    product, and an account is called customer: `account_source_id` becomes `customer_id`.
    References to other entities stay as they are.
    """
    for field, entity in references.items():
        if field in records.columns and entity in ("account", "contact", "product"):
            name = golden_reference(field)
            records = resolve_reference(records, crosswalk, entity, field, name).drop(field)
    return records


def golden_reference(field: str) -> str:
    """Return the golden name of a reference: `account_source_id` → `customer_id`, `x_source_id` → `x_id`."""
    what = field.removesuffix(REFERENCE_SUFFIX)
    return "customer_id" if what == "account" else f"{what}_id"
