"""Clusters of records with a confidence for each, from scored pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout import limits
from tieout.identity.clustering.distributed import solve_by_bucket
from tieout.identity.clustering.figures import Figures
from tieout.identity.clustering.graph import Ints
from tieout.identity.clustering.reconsider import Reconsider
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.clustering.solve import Evidence, Solution, solve
from tieout.platform.rows import arrow_frame


@dataclass(frozen=True)
class Clustering:
    """The outcome of clustering.

    `assignments` have a row per record: record_id bigint, cluster_id bigint (the smallest record_id of the cluster),
    confidence double, and what was to be carried along. `cut`: id_l, id_r, reason string, the accepted pairs that
    ended in different clusters. `report`: figures for people and for `ops.step`.
    """

    assignments: DataFrame
    cut: DataFrame
    report: dict[str, Any]


def cluster(
    records: DataFrame,
    pairs: DataFrame,
    settings: ClusterSettings,
    decisions: DataFrame | None = None,
    reconsider: Reconsider | None = None,
    carry: Sequence[str] = (),
    total: int | None = None,
    pairs_at_most: int | None = None,
) -> Clustering:
    """Cluster `records` by their scored `pairs`.

    `records` has record_id (and source and the constraints' columns, when constraints are set);
    `pairs` has id_l, id_r, match_probability, each pair once, and is read two or three times, so
    persist it or read it from a table. `decisions` (id_l, id_r, match boolean) outrank the scores.
    Pairs below the accepting threshold are evidence against: pass those that there are, and
    `reconsider` to have every pair inside doubtful components scored. `carry` names columns of `records`
    that the assignments should have, too; `total` is their number, and `pairs_at_most` a bound on that of the pairs,
    where these are known: else they are counted.

    The driver clusters up to `limits.PAIRS_ON_DRIVER` plausible pairs, executors cluster more of them in buckets;
    `solved_on` of the report says which.
    """
    attributes = records.select("record_id", *_attributes(settings))
    told = _collect_decisions(decisions)
    known = pairs.select("id_l", "id_r", F.col("match_probability").cast("double").alias("probability"))
    few = _plausible(known, settings, pairs_at_most)
    if few is None:
        linked, cut, figures = solve_by_bucket(attributes, known, told, settings, reconsider)
    else:
        linked, cut, figures = _on_driver(attributes, known, few, told, settings, reconsider)
    total = records.count() if total is None else total
    report = figures.report(total, settings.max_size) | {"solved_on": "executors" if few is None else "driver"}
    carried = records.select("record_id", *carry)
    return Clustering(_for_all(carried, linked, figures.alone(total), figures.nodes), cut, report)


def _plausible(pairs: DataFrame, settings: ClusterSettings, at_most: int | None) -> pd.DataFrame | None:
    """Return the pairs that may be matches; None where they are too many for the driver."""
    most = limits.PAIRS_WITH_ATTRIBUTES_ON_DRIVER if settings.constrained else limits.PAIRS_ON_DRIVER
    plausible = pairs.where(F.col("probability") >= settings.plausible)
    fits = (at_most is not None and at_most <= most) or plausible.count() <= most
    return _fetched(plausible) if fits else None


def _attributes(settings: ClusterSettings) -> list[Column]:
    """Return what constraints read, so written that punctuation and case make no difference."""
    bare = [_bare(name).alias(name) for name in settings.attribute_columns]
    return [F.col("source"), *bare] if settings.one_to_one else bare


def _bare(column: str) -> Column:
    letters = F.regexp_replace(F.col(column).cast("string"), r"[^\p{L}\p{N}]", "")
    return F.nullif(F.upper(letters), F.lit(""))


def _collect_decisions(decisions: DataFrame | None) -> pd.DataFrame:
    if decisions is None:
        return pd.DataFrame({"id_l": [], "id_r": [], "match": []})
    # Bounded: one row for each answer that a person gave.
    return decisions.select("id_l", "id_r", "match").toPandas()


def _on_driver(
    attributes: DataFrame,
    pairs: DataFrame,
    edges: pd.DataFrame,
    decisions: pd.DataFrame,
    settings: ClusterSettings,
    reconsider: Reconsider | None,
) -> tuple[DataFrame, DataFrame, Figures]:
    def fetch(members: pd.DataFrame, linked: Ints) -> Evidence:
        inside = _inside(attributes, pairs, members, settings, reconsider)
        return Evidence(_attributes_of(attributes, linked), inside)

    found: Solution = solve(edges, decisions, settings, fetch)
    spark = attributes.sparkSession
    return _frame(spark, found.assignments), _frame(spark, found.cut), found.figures


def _attributes_of(attributes: DataFrame, linked: Ints) -> pd.DataFrame:
    if not len(linked):
        return pd.DataFrame({name: [] for name in attributes.columns})
    ids = _frame(attributes.sparkSession, pd.DataFrame({"record_id": linked}))
    # Bounded: records that have an accepted pair, of which there are no more than the driver may have.
    return _fetched(attributes.join(_small(ids, len(linked)), "record_id", "left_semi"))


def _inside(
    attributes: DataFrame,
    pairs: DataFrame,
    members: pd.DataFrame,
    settings: ClusterSettings,
    reconsider: Reconsider | None,
) -> pd.DataFrame:
    """Return the pairs whose records are in one component of `members`: all of them, or the known ones."""
    if not len(members):
        return pd.DataFrame({"id_l": [], "id_r": [], "probability": []})
    spark = attributes.sparkSession
    if reconsider is not None:
        sizes = members["component"].map(members["component"].value_counts())
        chosen = members[sizes <= settings.reconsidered_size]
        scored = reconsider(_frame(spark, chosen), len(chosen))
        # Bounded: no component above `reconsidered_size`, and these records have accepted pairs.
        return _fetched(scored).rename(columns={"match_probability": "probability"})
    left, right = (
        _small(_frame(spark, members.rename(columns={"record_id": end})), len(members)) for end in ("id_l", "id_r")
    )
    weak = pairs.where(F.col("probability") < settings.plausible)
    # Bounded: blocking limits the pairs of one record, and these records have accepted pairs.
    return _fetched(weak.join(left, "id_l").join(right, ["id_r", "component"]).select(*pairs.columns))


def _for_all(records: DataFrame, linked: DataFrame, alone: float, nodes: int) -> DataFrame:
    """Return all records with their clusters.

    `linked` are those with a plausible pair: record_id, cluster_id, confidence, single boolean (a cluster of one).
    `alone` is the confidence of the others, which blocking may have missed a pair of.
    """
    joined = records.join(_small(linked, nodes), "record_id", "left")
    chance = F.when(F.coalesce("single", F.lit(True)), alone).otherwise(1.0)
    confidence = F.coalesce("confidence", F.lit(1.0)) * chance
    cluster_id = F.coalesce("cluster_id", "record_id").alias("cluster_id")
    return joined.select(*records.columns, cluster_id, confidence.alias("confidence"))


def _small(frame: DataFrame, rows: int) -> DataFrame:
    return F.broadcast(frame) if rows <= limits.ROWS_BROADCAST else frame


def _fetched(frame: DataFrame) -> pd.DataFrame:
    table: pd.DataFrame = frame.toArrow().to_pandas()
    return table


def _frame(spark: SparkSession, frame: pd.DataFrame) -> DataFrame:
    return arrow_frame(spark, pa.Table.from_pandas(frame, preserve_index=False))
