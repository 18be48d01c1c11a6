"""Where does each mapped row end: current, superseded, soft-deleted or quarantined?

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
ENDS = (CURRENT, SUPERSEDED, DELETED, QUARANTINED)
ARRIVAL = ("_ingested_at", "_file", "_row", "_position")


def judged(mapped: DataFrame, rules: list[Rule]) -> DataFrame:
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


def with_ends(rows: DataFrame) -> DataFrame:
    """Add `_end`, one of ENDS, to judged rows, by one window over the rows of each record.

    `_stands` tells whether a row is a record's version that counts, good or not.
    A row without a key or whose list of elements is empty stands alone; the latter is not
    applicable, like rows that belong to another entity.
    """
    record = Window.partitionBy("source_system", _record()).orderBy(*newest_first())
    before = record.rowsBetween(Window.unboundedPreceding, -1)
    ranked = rows.withColumn("_replaced", F.coalesce(F.max("_good").over(before), F.lit(False))).withColumn(
        "_version", F.row_number().over(record)
    )
    ended = ranked.withColumn("_end", _end()).drop("_replaced", "_version")
    return ended.withColumn("_stands", ~F.col("_end").isin(SUPERSEDED, NOT_APPLICABLE))


def repeated_keys(rows: DataFrame) -> DataFrame:
    """Return the keys (source_system, source_id) that several rows have: `_key`, `_rows`, `_first` and `_last`.

    `_key` is the key's hash, whose false alarms do no harm; `_rows` counts its rows, `_first` and `_last` are the
    smallest and largest `_rejected_id` of them: where no key has more than two, all of them.
    """
    first, last = F.min("_rejected_id").alias("_first"), F.max("_rejected_id").alias("_last")
    return _keyed(rows).groupBy("_key").agg(F.count(F.lit(1)).alias("_rows"), first, last).where("_rows > 1")


def rows_with(repeated: DataFrame, rows: DataFrame, most: int) -> DataFrame:
    """Return `_rejected_id` of the rows with `repeated` keys (see `repeated_keys`); no key has more than `most`."""
    if most <= 2:
        return repeated.select(F.explode(F.array("_first", "_last")).alias("_rejected_id"))
    return _keyed(rows).join(repeated.select("_key"), "_key", "left_semi").select("_rejected_id")


def key_hash() -> Column:
    """Return the hash of a record's key; two keys of some millions rarely have the same one."""
    return F.xxhash64("source_system", "source_id")


def _keyed(rows: DataFrame) -> DataFrame:
    return rows.where("source_id IS NOT NULL").select(key_hash().alias("_key"), "_rejected_id")


def losers(rows: DataFrame) -> DataFrame:
    """Return `_rejected_id` and `_end` of rows that share their key with others among them.

    Needed columns: source_system, source_id, `_good`, `_deleted`, `_modified_at`, arrival.
    """
    return with_ends(rows).select("_rejected_id", "_end")


def with_ends_but_for(rows: DataFrame, decided: DataFrame | None) -> DataFrame:
    """Add `_end` to judged rows whose repeated keys are `decided` already (see `losers`); no shuffle of whole rows.

    `_stands` is as in `with_ends`, and found without any rule.
    """
    alone = rows.withColumn("_replaced", F.lit(False)).withColumn("_version", F.lit(1)).withColumn("_single", _end())
    single = alone.drop("_replaced", "_version")
    if decided is None:
        return single.withColumnRenamed("_single", "_end").withColumn("_stands", F.col("_position").isNotNull())
    joined = single.join(decided.withColumnRenamed("_end", "_decided"), "_rejected_id", "left")
    stands = F.col("_position").isNotNull() & ~F.col("_decided").eqNullSafe(SUPERSEDED)
    ended = joined.withColumn("_stands", stands).withColumn("_end", F.coalesce("_decided", "_single"))
    return ended.drop("_decided", "_single")


def newest_first() -> list[Column]:
    """Return the order in which versions of one record win."""
    return [F.col("_modified_at").desc_nulls_last(), *(F.col(name).desc() for name in ARRIVAL)]


def _record() -> Column:
    return F.coalesce(F.col("source_id"), F.col("_bronze_ref"))


def _end() -> Column:
    """Return the end by `_replaced` (a newer good row exists) and `_version` (1 is the newest)."""
    return (
        F.when(F.col("_position").isNull(), NOT_APPLICABLE)
        .when(F.col("_replaced"), SUPERSEDED)
        .when(~F.col("_good"), F.when(F.col("_version") == 1, QUARANTINED).otherwise(SUPERSEDED))
        .when(F.col("_deleted"), DELETED)
        .otherwise(CURRENT)
    )
