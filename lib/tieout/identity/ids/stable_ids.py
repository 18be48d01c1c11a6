"""Stable ids: the `tieout_id` of a cluster, today and after the next run.

A cluster keeps the id of the previous cluster with which it shares most records. A new id derives
from the record that founded the cluster, so a run that is repeated after a crash gives the same.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

PREFIXES = {"account": "C", "contact": "P", "product": "I"}
# Crockford's base 32 has no letters that are mistaken for digits.
PLAIN, READABLE = "IJKLMNOPQRSTUV", "JKMNPQRSTVWXYZ"
DIGITS = 13


def derived_id(entity: str, record_id: str | Column) -> Column:
    """Return the tieout_id that the record `record_id` (bigint) founds, such as `C-0A3F...`.

    The letter tells customers (C), persons (P) and items (I) apart; other entities have their initial.
    """
    return readable(PREFIXES.get(entity, entity[:1].upper()), record_id)


def readable(prefix: str, number: str | Column) -> Column:
    """Return a 64-bit number as a prefix and 13 letters and digits."""
    digits = F.lpad(F.translate(F.conv(F.hex(number), 16, 32), PLAIN, READABLE), DIGITS, "0")
    return F.concat(F.lit(f"{prefix}-"), digits)


def assign_ids(clustered: DataFrame, previous: DataFrame | None, entity: str) -> DataFrame:
    """Give each cluster its id.

    `clustered` has record_id, cluster_id (the smallest record_id of the cluster); `previous` has
    record_id, tieout_id as they were. Returns cluster_id, tieout_id, exactly one row per cluster.
    """
    if previous is None:
        return clustered.select("cluster_id").distinct().select("cluster_id", _founded(entity))
    kept = keep_ids(clustered, previous, entity)
    own = kept.select("cluster_id", F.col("tieout_id").alias("kept_id"))
    taken = kept.select(F.col("tieout_id").alias("derived"), F.lit(True).alias("taken"))
    members = clustered.select("cluster_id", "record_id", derived_id(entity, "record_id").alias("derived"))
    known = members.join(own, "cluster_id", "left").join(taken, "derived", "left")
    # A new id is that of the first record whose id no other cluster holds.
    candidate = F.when(F.col("taken").isNull(), F.struct("record_id", "derived"))
    # Should other clusters hold the ids of all its records, a second id of the first one serves.
    again = derived_id(entity, F.xxhash64(F.lit("again"), F.min("record_id")))
    tieout_id = F.coalesce(F.max("kept_id"), F.min(candidate)["derived"], again)
    return known.groupBy("cluster_id").agg(tieout_id.alias("tieout_id"))


def keep_ids(clustered: DataFrame, previous: DataFrame, entity: str) -> DataFrame:
    """Return cluster_id, tieout_id for the clusters that keep a previous id.

    The largest overlap is served first; of equal ones, the cluster that the id's founder is in.
    """
    rank = F.struct((-F.col("shared")).alias("most"), _not_founder(entity), "tieout_id", "cluster_id")
    overlaps = clustered.join(previous, "record_id").groupBy("cluster_id", "tieout_id")
    rest = overlaps.agg(F.count("*").alias("shared")).withColumn("rank", rank)
    kept, rest = _serve(rest)
    # Each round serves the largest overlap of every group that is left; most runs need no second one.
    while not rest.isEmpty():
        more, rest = _serve(rest)
        kept = kept.unionByName(more)
    return kept


def _serve(overlaps: DataFrame) -> tuple[DataFrame, DataFrame]:
    """Return the pairs of cluster and id that are each other's largest overlap, and what is left."""
    cluster, old = Window.partitionBy("cluster_id"), Window.partitionBy("tieout_id")
    ranked = overlaps.withColumn("best", (F.col("rank") == F.min("rank").over(cluster)))
    ranked = ranked.withColumn("served", F.col("best") & (F.col("rank") == F.min("rank").over(old)))
    settled = F.max("served").over(cluster) | F.max("served").over(old)
    marked = ranked.withColumn("settled", settled)
    left = marked.where("NOT settled").select("cluster_id", "tieout_id", "shared", "rank")
    return marked.where("served").select("cluster_id", "tieout_id"), left


def _founded(entity: str) -> Column:
    return derived_id(entity, "cluster_id").alias("tieout_id")


def _not_founder(entity: str) -> Column:
    return (derived_id(entity, "cluster_id") != F.col("tieout_id")).alias("not_founder")
