"""Rejected rows as `silver.quarantine`, and how a run changes it."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.platform.sql import literal
from tieout.quality.rules import BROKEN, Rule, mask

OPEN, RELEASED, DISCARDED = "open", "released", "discarded"
SCHEMA = (
    "quarantine_id string, entity string, source_system string, object string, source_id string, rule string, "
    "reason string, severity string, raw_json string, bronze_ref string, state string, run_id string, "
    "at timestamp, corrections map<string,string>, accepted boolean, note string, who string, resolved_at timestamp"
)
RESOLVED_NOTE = "a newer version or changed rules made it good"


def rejected_rows(quarantined: DataFrame, entity: str, rules: list[Rule], run_id: str) -> DataFrame:
    """Return rows of SCHEMA for checked rows that end in quarantine: each once, by its first broken rule.

    `quarantine_id` names the bronze row and the entity, so it is the same in every run.
    """
    quarantining = [(n, rule) for n, rule in enumerate(rules) if mask([rule])]
    broken = f"filter(array({', '.join(_told(n, rule) for n, rule in quarantining)}), told -> told IS NOT NULL)"
    return quarantined.withColumn("_told", F.expr(broken)).select(
        F.hex("_rejected_id").alias("quarantine_id"),
        F.lit(entity).alias("entity"),
        "source_system",
        F.col("_object").alias("object"),
        "source_id",
        F.expr("_told[0].rule").alias("rule"),
        F.expr("array_join(array_distinct(transform(_told, told -> told.reason)), '; ')").alias("reason"),
        F.expr("_told[0].severity").alias("severity"),
        F.col("_raw").alias("raw_json"),
        F.col("_bronze_ref").alias("bronze_ref"),
        F.lit(OPEN).alias("state"),
        F.lit(run_id).alias("run_id"),
        F.current_timestamp().alias("at"),
        *_unresolved(),
    )


def changes(rejected: DataFrame, known: DataFrame, covered: list[tuple[str, str]]) -> DataFrame:
    """Return the rows of quarantine that this run adds or changes.

    New rejects are added; one whose reason changed is updated; a released one that still breaks
    its rules is open again; an open one of the `covered` (entity, system) pairs that is no longer
    rejected is released by itself. Discarded rows stay as they are.
    """
    old = known.select("quarantine_id", *(F.col(name).alias(f"_{name}") for name in ("state", "rule", "reason")))
    fresh = rejected.join(old, "quarantine_id", "left").where(
        "_state IS NULL OR _state = 'released' OR (_state = 'open' AND (rule <> _rule OR NOT reason <=> _reason))"
    )
    pairs = " OR ".join(f"(entity = {literal(e)} AND source_system = {literal(s)})" for e, s in covered) or "FALSE"
    gone = known.where(f"state = 'open' AND ({pairs})").join(
        rejected.select("quarantine_id"), "quarantine_id", "left_anti"
    )
    resolved = (
        gone.withColumn("state", F.lit(RELEASED))
        .withColumn("note", F.lit(RESOLVED_NOTE))
        .withColumn("resolved_at", F.current_timestamp())
    )
    return fresh.drop("_state", "_rule", "_reason").unionByName(resolved)


def corrections(known: DataFrame, entity: str, systems: list[str]) -> DataFrame:
    """Return what stewards said of released rows: `_rejected_id`, `_fix` (field → text), `_accepted`."""
    mine = known.where((F.col("entity") == entity) & F.col("source_system").isin(systems))
    return mine.where("state = 'released' AND (corrections IS NOT NULL OR accepted)").selectExpr(
        "CAST(conv(quarantine_id, 16, -10) AS BIGINT) AS _rejected_id", "corrections AS _fix", "accepted AS _accepted"
    )


def _told(n: int, rule: Rule) -> str:
    reason = literal(rule.reason)
    if rule.name == "readable row":
        reason = f"coalesce(_corrupt_reason, {reason})"
    words = f"named_struct('rule', {literal(rule.name)}, 'reason', {reason}, 'severity', {literal(rule.severity)})"
    return f"CASE WHEN {BROKEN} & {1 << n}L <> 0 THEN {words} END"


def _unresolved() -> list[Column]:
    return [
        F.lit(None).cast("map<string,string>").alias("corrections"),
        F.lit(False).alias("accepted"),
        F.lit(None).cast("string").alias("note"),
        F.lit(None).cast("string").alias("who"),
        F.lit(None).cast("timestamp").alias("resolved_at"),
    ]
