"""What each system should be told, in its own words, and how much is held back and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.models.definitions import Definition
from tieout.gold.outbox.targets import Targets
from tieout.gold.records import TIEOUT_ID, live

KEY_SEPARATOR = "\u001f"
RECORD = ["entity", "source_system", "source_id"]
# Why a change is not proposed; the first that holds.
SAME_SYSTEM, NO_FIELD, OWNED, READ_ONLY = "same_system", "no_field", "target_owns", "read_only"
CHANGED_LATER, LESS_COMPLETE, NO_CODE = "changed_later", "less_complete", "no_code"
TOO_LONG, GROUP_INCOMPLETE = "too_long", "group_incomplete"
CANDIDATE = (
    "entity", TIEOUT_ID, "field", "rule", "group", "source_system", "source_id", "object", "modified_at", "value",
    "golden_value", "winner", "winner_time", "by_rule", "newer_stays", "ranks", "golden_is_part",
)  # fmt: skip


def survivorship_candidates(values: DataFrame) -> DataFrame:
    """Return the records whose value is not the golden one, and no other form of it.

    Needs `contested` with `with_differences`.
    """
    differs = F.col("value").isNull() | ~F.coalesce("same_form", F.lit(True))
    return (
        values.where(F.col("golden_value").isNotNull() & differs)
        .withColumns(
            {
                "by_rule": F.lit(False),
                "newer_stays": ~F.col("even_if_newer"),
                "golden_is_part": F.col("reference_is_part"),
            }
        )
        .select(*CANDIDATE)
    )


def rule_candidates(
    definitions: Iterable[Definition],
    members: DataFrame,
    accounts: DataFrame,
    customer: DataFrame,
    kinds: Mapping[str, str],
    as_of: date,
) -> list[DataFrame]:
    """Return, for each business rule with `sends`, the account records that have not what it says.

    Needs `metric_members`, account records with `tieout_id` and the golden customers. The value comes
    from the golden record's evidence, as of the day of the rule, which no change is newer than.
    """
    return [_sent(one, members, accounts, customer, kinds, as_of) for one in definitions if one.sends is not None]


def _sent(
    rule: Definition,
    members: DataFrame,
    accounts: DataFrame,
    customer: DataFrame,
    kinds: Mapping[str, str],
    as_of: date,
) -> DataFrame:
    sends = rule.sends
    assert sends is not None
    systems = [name for name, kind in kinds.items() if name in sends.to or kind in sends.to]
    counted = members.where((F.col("metric") == rule.name) & (F.col("team") == rule.team)).select(TIEOUT_ID).distinct()
    evidence = [F.element_at("_sources", F.lit(name)) for name in sends.evidence]
    origin = F.coalesce(*evidence, F.lit(f"rule:{rule.name}"))
    whose = customer.select(TIEOUT_ID, origin.alias("winner")).join(counted, TIEOUT_ID)
    value = F.col(sends.field).cast("string")
    may_change = value.isNull() | (value.isin(sends.instead_of) if sends.instead_of else value != sends.value)
    came_from = F.substring_index("_bronze_ref", "/", 1) if "_bronze_ref" in accounts.columns else F.lit(None)
    records = live(accounts).where(F.col("source_system").isin(systems) & may_change)
    return records.join(whose, TIEOUT_ID).select(
        F.lit("account").alias("entity"),
        TIEOUT_ID,
        F.lit(sends.field).alias("field"),
        F.lit(rule.label).alias("rule"),
        F.lit(None).cast("string").alias("group"),
        "source_system",
        "source_id",
        came_from.cast("string").alias("object"),
        F.col("_modified_at").alias("modified_at"),
        value.alias("value"),
        F.lit(sends.value).alias("golden_value"),
        "winner",
        F.lit(f"{as_of} 23:59:59").cast("timestamp").alias("winner_time"),
        F.lit(True).alias("by_rule"),
        F.lit(False).alias("newer_stays"),
        F.create_map().cast("map<string,int>").alias("ranks"),
        F.lit(False).alias("golden_is_part"),
    )


def checked_against_targets(candidates: DataFrame, targets: Targets) -> DataFrame:
    """Add the target's own forms and `held_back`, the reason why a change is not proposed, null where it is.

    Needs the columns CANDIDATE. Adds `target_object, key_field, current_value, proposed_value, changes`
    (map own field → text) and `held_back`.
    """
    spark = candidates.sparkSession
    known = candidates.join(F.broadcast(targets.frame(spark)), ["entity", "source_system", "field"], "left")
    forms = targets.codes(spark)
    current = forms.select("code_list", F.col("code").alias("value"), F.col("form").alias("_current_form"))
    proposed = forms.select("code_list", F.col("code").alias("golden_value"), F.col("form").alias("_proposed_form"))
    known = known.join(F.broadcast(current), ["code_list", "value"], "left")
    known = known.join(F.broadcast(proposed), ["code_list", "golden_value"], "left")
    coded = F.col("code_list").isNotNull()
    shaped = known.withColumns(
        {
            "target_object": F.coalesce("target_object", "object"),
            "current_value": F.when(coded, F.coalesce("_current_form", "value")).otherwise(F.col("value")),
            "proposed_value": F.when(coded, F.col("_proposed_form")).otherwise(F.col("golden_value")),
        }
    )
    shaped = _in_pieces(shaped)
    reason = _reason(coded)
    held = shaped.withColumn("held_back", reason)
    return _whole_groups(held).where(~F.col("current_value").eqNullSafe(F.col("proposed_value")))


def _in_pieces(frame: DataFrame) -> DataFrame:
    """Add `changes`, and `_fits`: the text fits the target's field, or flows on at spaces in further ones."""
    piece = "regexp_extract({rest}, concat('^(.{{1,', length, '}})(?: |$)'), 1)"
    after = "ltrim(substr({rest}, length({piece}) + 1))"
    frame = frame.withColumn("_rest0", F.col("proposed_value"))
    for i in range(3):
        frame = frame.withColumn(f"_piece{i}", F.expr(piece.format(rest=f"_rest{i}")))
        frame = frame.withColumn(f"_rest{i + 1}", F.expr(after.format(rest=f"_rest{i}", piece=f"_piece{i}")))
    fields = F.size("target_fields")
    flows = F.slice(F.array("_piece0", "_piece1", "_piece2"), F.lit(1), fields)
    left = F.element_at(F.array("_rest1", "_rest2", "_rest3"), F.greatest(fields, F.lit(1)))
    fits = F.when(fields > 1, left == "").otherwise(F.char_length("proposed_value") <= F.col("length"))
    pieces = F.when(fields > 1, flows).when(fields == 1, F.array("proposed_value"))
    return frame.withColumns(
        {
            "changes": F.map_from_arrays("target_fields", pieces),
            "_fits": F.coalesce(fits, F.lit(True)),
        }
    )


def _reason(coded: Column) -> Column:
    survives = ~F.col("by_rule")
    winner_system = F.substring_index("winner", ":", 1)
    rank = F.coalesce(F.col("ranks")[F.col("source_system")], F.lit(0))
    winner_rank = F.coalesce(F.col("ranks")[winner_system], F.lit(0))
    later = F.coalesce(F.col("modified_at") > F.col("winner_time"), F.lit(False))
    return (
        F.when(F.col("key_field").isNull(), NO_FIELD)
        .when(survives & (winner_system == F.col("source_system")), SAME_SYSTEM)
        .when(survives & (winner_rank < rank), OWNED)
        .when(~F.col("writable"), READ_ONLY)
        .when(F.col("newer_stays") & later, CHANGED_LATER)
        .when(F.col("golden_is_part"), LESS_COMPLETE)
        .when(coded & F.col("_proposed_form").isNull(), NO_CODE)
        .when(~F.col("_fits"), TOO_LONG)
    )


def _whole_groups(held: DataFrame) -> DataFrame:
    """Hold back the rest of a group, such as an address, of which one part cannot be sent."""
    of_group = Window.partitionBy(*RECORD, "group")
    broken = F.max(F.col("held_back").isin(NO_CODE, TOO_LONG)).over(of_group)
    incomplete = F.col("group").isNotNull() & F.coalesce(broken, F.lit(False)) & F.col("held_back").isNull()
    return held.withColumn("held_back", F.when(incomplete, GROUP_INCOMPLETE).otherwise(F.col("held_back")))


def outbox(candidates: DataFrame) -> DataFrame:
    """Return the changes to send to each system, each in that system's own words; needs `checked_against_targets`.

    Returns `event_id, tieout_id, target_system, target_object, key_field, source_id` (the record's key
    there), `target_field` (own name; several joined by +), `changes` (map own field → text to set),
    `current_value, proposed_value` (own forms), `entity, field` (canonical), `rule, value_from`
    (`system:source_id` of the record that has the value), `value_time, target_time` (when that record and
    the target's last changed), `reason` (differs, missing). The same change has the same id in every run.
    """
    events = candidates.where("held_back IS NULL").select(
        TIEOUT_ID,
        F.col("source_system").alias("target_system"),
        "target_object",
        "key_field",
        "source_id",
        F.array_join("target_fields", "+").alias("target_field"),
        "changes",
        "current_value",
        "proposed_value",
        "entity",
        "field",
        "rule",
        F.col("winner").alias("value_from"),
        F.col("winner_time").alias("value_time"),
        F.col("modified_at").alias("target_time"),
        F.when(F.col("value").isNull(), "missing").otherwise("differs").alias("reason"),
    )
    return events.select(_event_id().alias("event_id"), "*")


def held_back(candidates: DataFrame) -> DataFrame:
    """Return `target_system, entity, field, reason, changes` (bigint): what is not proposed.

    Needs `checked_against_targets`.
    """
    return (
        candidates.where("held_back IS NOT NULL")
        .groupBy(F.col("source_system").alias("target_system"), "entity", "field", F.col("held_back").alias("reason"))
        .agg(F.count("*").alias("changes"))
    )


def _event_id() -> Column:
    parts = ["entity", "target_system", "source_id", "target_field", "current_value", "proposed_value"]
    filled = [F.coalesce(part, F.lit("")) for part in parts]
    return F.sha2(F.concat_ws(KEY_SEPARATOR, *filled), 256).substr(1, 32)
