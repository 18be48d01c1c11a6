"""Clustering of pairs that do not fit one machine: components are dealt into buckets.

A component lies wholly in one bucket, so each bucket is solved by itself, on an executor, in the
same way as a small graph is solved on the driver.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout import limits
from tieout.identity.clustering.components import components
from tieout.identity.clustering.figures import Figures
from tieout.identity.clustering.graph import Ints
from tieout.identity.clustering.reconsider import Reconsider
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.clustering.solve import Evidence, solve

ROW = "kind string, first bigint, second bigint, number double, flag boolean, text string"
COLUMNS = ["kind", "first", "second", "number", "flag", "text"]


def solve_by_bucket(
    attributes: DataFrame,
    pairs: DataFrame,
    decisions: pd.DataFrame,
    settings: ClusterSettings,
    reconsider: Reconsider | None,
) -> tuple[DataFrame, DataFrame, Figures]:
    """Cluster `pairs` (id_l, id_r, probability) on the executors.

    `attributes` has record_id and what constraints read; `decisions` are id_l, id_r, match. Returns
    assignments (record_id, cluster_id, confidence, single), cut (id_l, id_r, reason) and figures.
    One bucket must fit a worker's memory; it holds about `limits.PAIRS_A_BUCKET` pairs, or one
    component where that is larger.
    """
    edges = pairs.where(F.col("probability") >= settings.plausible)
    buckets = max(1, math.ceil(edges.count() / limits.PAIRS_A_BUCKET))
    accepted = _accepted(edges, decisions, settings)
    members = components(accepted).withColumn("bucket", _bucket("component", buckets))
    evidence = pairs.withColumn("proposed", F.lit(True))
    if reconsider is not None:
        scored = _reconsidered(members, accepted, settings, reconsider)
        evidence = evidence.unionByName(scored.withColumn("proposed", F.lit(False)))
    dealt = _deal(evidence, members, settings, buckets).groupBy("bucket")
    known = members.join(attributes, "record_id").groupBy("bucket")
    solved = dealt.cogroup(known).applyInPandas(_solver(decisions, settings), ROW).persist()
    assignments = solved.where("kind = 'record'").selectExpr(
        "first AS record_id", "second AS cluster_id", "number AS confidence", "flag AS single"
    )
    cut = solved.where("kind = 'cut'").selectExpr("first AS id_l", "second AS id_r", "text AS reason")
    # Bounded: one row of figures a bucket.
    figures = solved.where("kind = 'figures'").select("text").toPandas()["text"]
    return assignments, cut, Figures.total(figures.map(Figures.from_json))


def _reconsidered(
    members: DataFrame, accepted: DataFrame, settings: ClusterSettings, reconsider: Reconsider
) -> DataFrame:
    """Return id_l, id_r, probability of all pairs in components that lack accepted ones."""
    edges = accepted.join(members, F.col("id_l") == F.col("record_id")).groupBy("component")
    sizes = members.groupBy("component").agg(F.count("*").alias("size"))
    incomplete = sizes.join(edges.agg(F.count("*").alias("pairs")), "component").where(
        F.col("size").between(3, settings.reconsidered_size) & F.expr("pairs < size * (size - 1) / 2")
    )
    chosen = members.select("record_id", "component").join(incomplete.select("component"), "component").persist()
    scored = reconsider(chosen, chosen.count())
    return scored.select("id_l", "id_r", F.col("match_probability").alias("probability"))


def _accepted(edges: DataFrame, decisions: pd.DataFrame, settings: ClusterSettings) -> DataFrame:
    accepted = edges.where(F.col("probability") >= settings.accept).select("id_l", "id_r")
    told = decisions[decisions["match"].astype(bool)][["id_l", "id_r"]].astype("int64")
    if told.empty:
        return accepted
    return accepted.unionByName(edges.sparkSession.createDataFrame(told))


def _bucket(column: str, buckets: int) -> Column:
    return F.pmod(F.xxhash64(column), F.lit(buckets)).cast("int")


def _deal(pairs: DataFrame, members: DataFrame, settings: ClusterSettings, buckets: int) -> DataFrame:
    """Give each bucket the pairs that its records are in; a plausible one may go to two buckets."""
    place = members.select("record_id", "component", "bucket")
    left, right = (place.select(*(F.col(name).alias(f"{name}_{side}") for name in place.columns)) for side in "lr")
    known = pairs.join(left, F.col("id_l") == F.col("record_id_l"), "left").join(
        right, F.col("id_r") == F.col("record_id_r"), "left"
    )
    wanted = (F.col("probability") >= settings.plausible) | (F.col("component_l") == F.col("component_r"))
    # A record without an accepted pair is in no component; its own id says which bucket it is in.
    homes = [F.coalesce(f"bucket_{side}", _bucket(f"id_{side}", buckets)) for side in "lr"]
    everywhere = F.explode(F.array_distinct(F.array(*homes))).alias("bucket")
    return known.where(wanted).select(
        "id_l", "id_r", "probability", "proposed", everywhere,
        homes[0].alias("home_l"), homes[1].alias("home_r"),
    )  # fmt: skip


def _solver(decisions: pd.DataFrame, settings: ClusterSettings) -> Callable[[pd.DataFrame, pd.DataFrame], pd.DataFrame]:
    def one_bucket(pairs: pd.DataFrame, attributes: pd.DataFrame) -> pd.DataFrame:
        if pairs.empty:
            return pd.DataFrame(columns=COLUMNS)
        edges = pairs["proposed"] & (pairs["probability"] >= settings.plausible)

        def fetch(members: pd.DataFrame, linked: Ints) -> Evidence:
            inside = pairs["id_l"].isin(members["record_id"]) & pairs["id_r"].isin(members["record_id"])
            return Evidence(attributes, pairs[~edges & inside].drop_duplicates(["id_l", "id_r"]))

        bucket = pairs["bucket"].iloc[0]
        homes = [pairs.loc[pairs[f"home_{side}"] == bucket, f"id_{side}"] for side in "lr"]
        at_home = pd.concat([*homes, attributes["record_id"]])
        here = decisions[decisions["id_l"].isin(at_home) | decisions["id_r"].isin(at_home)]
        found = solve(pairs[edges], here, settings, fetch)
        records = found.assignments[found.assignments["record_id"].isin(at_home)]
        return _rows(records, found.cut, found.figures)

    return one_bucket


def _rows(records: pd.DataFrame, cut: pd.DataFrame, figures: Figures) -> pd.DataFrame:
    placed = pd.DataFrame(
        {
            "kind": "record",
            "first": records["record_id"],
            "second": records["cluster_id"],
            "number": records["confidence"],
            "flag": records["single"],
        }
    )
    parted = pd.DataFrame({"kind": "cut", "first": cut["id_l"], "second": cut["id_r"], "text": cut["reason"]})
    counted = pd.DataFrame({"kind": ["figures"], "text": [figures.to_json()]})
    rows = pd.concat([placed, parted, counted], ignore_index=True).reindex(columns=COLUMNS)
    # Spark's Arrow writer takes no chunked strings, which joining frames makes.
    return rows.astype({"kind": object, "text": object})
