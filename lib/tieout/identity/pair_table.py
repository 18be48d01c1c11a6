"""The rows of match.pair and of match.review_queue."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.clustering.solve import DECIDED
from tieout.identity.decisions import MONEY_REASON

PAIR_SCHEMA = (
    "entity string, source_system_l string, source_id_l string, source_system_r string, source_id_r string, "
    "rule string, match_weight double, match_probability double, levels map<string,int>, status string, "
    "cut_reason string, model_version string, run_id string, _fingerprint bigint"
)
REVIEW_SCHEMA = (
    "entity string, source_system_l string, source_id_l string, source_system_r string, source_id_r string, "
    "match_probability double, reason string, value double, amount double, evidence string, run_id string"
)
# Money that agrees between the two records' documents, in the reporting currency, and which documents.
MONEY = {"amount": "double", "evidence": "string"}
ENDS = ("source_system_l", "source_id_l", "source_system_r", "source_id_r")
GAMMA = "gamma_"
# The rule of pairs that no blocking rule proposes and that documents link: their money agrees.
MONEY_RULE = "money"
# An oversize cluster is shown by so many of its least probable pairs.
SHOWN_OF_OVERSIZE = 5


def pairs_with_status(
    pairs: DataFrame,
    placed: DataFrame,
    cut: DataFrame,
    decisions: DataFrame | None,
    settings: ClusterSettings,
    linked: DataFrame | None = None,
) -> DataFrame:
    """Say what became of each scored pair.

    `pairs` are scored pairs; `placed` has record_id, source_system, source_id, cluster_id, cluster_size
    and value double (money at stake); `cut` has id_l, id_r, reason; `decisions` id_l, id_r, match; `linked`
    id_l, id_r, amount, evidence (see `money.linked_pairs`). Adds the keys of both records, value (of both),
    together boolean, size (of the left one's cluster), status (accepted, review, rejected, cut), cut_reason,
    amount, evidence.
    """
    known = _with_money(_with_ends(pairs, placed), linked).join(cut, ["id_l", "id_r"], "left")
    if decisions is None:
        decided = known.withColumn("match", F.lit(None).cast("boolean"))
    else:
        decided = known.join(decisions, ["id_l", "id_r"], "left")
    rated = decided.withColumn("status", _status(settings))
    reason = F.when(F.col("match").isNotNull(), DECIDED).when(F.col("status") == "cut", F.col("reason"))
    return rated.withColumn("cut_reason", reason).drop("reason")


def _with_money(pairs: DataFrame, linked: DataFrame | None) -> DataFrame:
    if linked is None:
        return pairs.withColumns({name: F.lit(None).cast(kind) for name, kind in MONEY.items()})
    return pairs.join(linked.select("id_l", "id_r", *MONEY), ["id_l", "id_r"], "left")


def _with_ends(pairs: DataFrame, placed: DataFrame) -> DataFrame:
    columns = ("source_system", "source_id", "cluster_id", "cluster_size", "value")
    for side in "lr":
        ends = placed.select(
            F.col("record_id").alias(f"id_{side}"), *(F.col(name).alias(f"{name}_{side}") for name in columns)
        )
        pairs = pairs.join(ends, f"id_{side}")
    together = F.col("cluster_id_l") == F.col("cluster_id_r")
    value = F.coalesce("value_l", F.lit(0.0)) + F.coalesce("value_r", F.lit(0.0))
    return pairs.select("*", together.alias("together"), value.alias("value"), F.col("cluster_size_l").alias("size"))


def _status(settings: ClusterSettings) -> Column:
    probability = F.col("match_probability")
    return (
        F.when(~F.coalesce("match", F.lit(True)), "rejected")
        .when(F.coalesce("match", F.lit(False)), "accepted")
        .when((probability >= settings.accept) & F.col("together"), "accepted")
        .when(probability >= settings.accept, "cut")
        .when((probability >= settings.review) | F.col("amount").isNotNull(), "review")
        .otherwise("rejected")
    )


def pair_rows(rated: DataFrame, rules: Sequence[str], entity: str, model_version: str) -> DataFrame:
    """Return rows of match.pair, without run_id and _fingerprint; `rules` are the names of the blocking rules."""
    gammas = [name for name in rated.columns if name.startswith(GAMMA)]
    levels = [part for name in gammas for part in (F.lit(name.removeprefix(GAMMA)), F.col(name).cast("int"))]
    names = F.array(*map(F.lit, [*rules, MONEY_RULE]))
    return rated.select(
        F.lit(entity).alias("entity"),
        *ENDS,
        F.get(names, F.col("rule")).alias("rule"),
        "match_weight",
        "match_probability",
        (F.create_map(*levels) if levels else F.lit(None)).cast("map<string,int>").alias("levels"),
        "status",
        "cut_reason",
        F.lit(model_version).alias("model_version"),
    )


def review_rows(rated: DataFrame, entity: str, settings: ClusterSettings) -> DataFrame:
    """Return rows of match.review_queue, without run_id, and id_l, id_r: what a steward should look at.

    That is: pairs of two customers whose documents agree in money, pairs between the two thresholds whose
    records other pairs have not joined, accepted pairs that were parted, and the least probable pairs of clusters
    above `settings.max_size`.
    """
    weakest = F.row_number().over(Window.partitionBy("cluster_id_l").orderBy("match_probability", "id_l", "id_r"))
    likely = F.col("match_probability") >= settings.review
    oversize = F.col("together") & (F.col("size") > settings.max_size) & (F.col("status") == "accepted")
    reason = (
        F.when(F.col("status") == "cut", F.concat(F.lit("parted: "), "cut_reason"))
        .when((F.col("status") == "review") & likely & ~F.col("together"), "between the thresholds")
        .when(oversize, F.concat(F.lit("cluster of "), F.col("size"), F.lit(" records")))
    )
    money = F.when(F.col("amount").isNotNull() & ~F.col("together"), MONEY_REASON)
    reasons = F.concat_ws("; ", money, reason)
    open_pairs = rated.where(F.col("match").isNull()).withColumn("reason", reasons).where("reason <> ''")
    shown = open_pairs.withColumn("weakest", F.when(oversize, weakest).otherwise(1))
    return shown.where(F.col("weakest") <= SHOWN_OF_OVERSIZE).select(
        F.lit(entity).alias("entity"),
        *ENDS,
        "match_probability",
        "reason",
        "value",
        *MONEY,
        "id_l",
        "id_r",
    )
