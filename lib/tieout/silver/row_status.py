"""Row status: whether a mapped row is current, superseded, soft-deleted or quarantined.

Of the rows of one record, the newest that breaks no quarantine rule is its current version. Rows that
are older than that are superseded, whether they are good or not: nobody needs to repair what has been
replaced. Of bad rows that are newer, the newest is quarantined. "Newest" is the latest change, in a tie
the latest arrival.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.quality.rules import BROKEN, Rule, broken, mask

CURRENT, SUPERSEDED, DELETED, QUARANTINED = "silver_current", "superseded", "soft_deleted", "quarantined"
NOT_APPLICABLE = "not_applicable"
STATUSES = (CURRENT, SUPERSEDED, DELETED, QUARANTINED)
ARRIVAL = ("_ingested_at", "_file", "_row", "_position")


def with_broken_rules(mapped: DataFrame, rules: list[Rule]) -> DataFrame:
    """Add `_broken` (see quality.rules), `_good`, and `_raw` as JSON for rows that are not good.

    A steward's `_accepted` row breaks no rule but those without which there is no record.
    """
    flagged = mapped.selectExpr("*", f"{broken(rules)} AS {BROKEN}")
    if "_accepted" in mapped.columns:
        vital = sum(1 << n for n, rule in enumerate(rules) if rule.name in ("readable row", "key"))
        accepted = F.coalesce(F.col("_accepted"), F.lit(False))
        flagged = flagged.withColumn(BROKEN, F.when(accepted, F.col(BROKEN).bitwiseAND(vital)).otherwise(F.col(BROKEN)))
        flagged = flagged.drop("_accepted", "_fix")
    good = F.col(BROKEN).bitwiseAND(F.lit(mask(rules))) == 0
    return flagged.withColumn("_good", good).withColumn("_raw", F.when(~F.col("_good"), F.to_json("_raw")))


def with_status(rows: DataFrame) -> DataFrame:
    """Add `_status`, one of STATUSES or NOT_APPLICABLE, to checked rows, by one window over the rows of each record.

    `_is_candidate` marks the version of each record that the gates are asked about, good or not. A row without a key
    is a record of its own; one whose list of elements is empty is not applicable, like rows of another entity.
    """
    record = Window.partitionBy("source_system", _record()).orderBy(*_newest_first())
    before = record.rowsBetween(Window.unboundedPreceding, -1)
    ranked = rows.withColumn("_replaced", F.coalesce(F.max("_good").over(before), F.lit(False))).withColumn(
        "_version", F.row_number().over(record)
    )
    decided = ranked.withColumn("_status", _status()).drop("_replaced", "_version")
    return decided.withColumn("_is_candidate", ~F.col("_status").isin(SUPERSEDED, NOT_APPLICABLE))


def _newest_first() -> list[Column]:
    return [F.col("_modified_at").desc_nulls_last(), *(F.col(name).desc() for name in ARRIVAL)]


def _record() -> Column:
    return F.coalesce(F.col("source_id"), F.col("_bronze_ref"))


def _status() -> Column:
    """Return the status by `_replaced` (a newer good row exists) and `_version` (1 is the newest)."""
    return (
        F.when(F.col("_position").isNull(), NOT_APPLICABLE)
        .when(F.col("_replaced"), SUPERSEDED)
        .when(~F.col("_good"), F.when(F.col("_version") == 1, QUARANTINED).otherwise(SUPERSEDED))
        .when(F.col("_deleted"), DELETED)
        .otherwise(CURRENT)
    )
