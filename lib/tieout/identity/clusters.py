"""Which records are one thing? From scored pairs to clusters with a confidence for each record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.identity.distributed import solve_by_bucket
from tieout.identity.figures import Figures
from tieout.identity.graph import Ints
from tieout.identity.reconsider import MOST_BROADCAST, Reconsider
from tieout.identity.settings import ClusterSettings
from tieout.identity.solve import Evidence, Solution, solve


@dataclass(frozen=True)
class Clustering:
    """The outcome of clustering.

    `assignments`: record_id bigint, cluster_id bigint (the smallest record_id of the cluster),
    confidence double, and what was to be carried along, one row per record. `cut`: id_l, id_r, reason
    string, the accepted pairs that ended in different clusters. `report`: figures for people and for `ops.step`.
    `linked` are the assignments of the records with a plausible pair, with single boolean (a cluster of one), and
    `alone` is the confidence of those without.
    """

    assignments: DataFrame
    cut: DataFrame
    report: dict[str, Any]
    linked: DataFrame
    alone: float

    def of_all(self, records: pa.Table) -> pa.Table:
        """Return the assignments of `records` (record_id and more) in memory; the caller knows that they fit."""
        linked = self.linked.toArrow()
        ids = records.column("record_id").to_numpy()
        place = pd.Index(linked.column("record_id").to_numpy()).get_indexer(pd.Index(ids))
        known = place >= 0
        clusters, confidence = ids.copy(), np.full(len(ids), self.alone)
        clusters[known] = linked.column("cluster_id").to_numpy()[place[known]]
        chance = np.where(np.asarray(linked.column("single")), self.alone, 1.0)
        confidence[known] = (linked.column("confidence").to_numpy() * chance)[place[known]]
        return records.append_column("cluster_id", pa.array(clusters)).append_column("confidence", pa.array(confidence))


def cluster(
    records: DataFrame,
    pairs: DataFrame,
    settings: ClusterSettings,
    decisions: DataFrame | None = None,
    reconsider: Reconsider | None = None,
    carry: Sequence[str] = (),
) -> Clustering:
    """Cluster `records` by their scored `pairs`.

    `records` has record_id (and source and the constraints' columns, when constraints are set);
    `pairs` has id_l, id_r, match_probability, each pair once, and is read two or three times, so
    persist it or read it from a table. `decisions` (id_l, id_r, match boolean) outrank the scores.
    Pairs below the accepting threshold are evidence against: pass those that there are, and
    `reconsider` to have every pair inside doubtful components scored. `carry` names columns of `records`
    that the assignments should have, too.
    """
    pairs = pairs.select("id_l", "id_r", F.col("match_probability").cast("double").alias("probability"))
    attributes = records.select("record_id", *_attributes(settings))
    told = _collect_decisions(decisions)
    few = pairs.where(F.col("probability") >= settings.plausible).count() <= settings.most_edges
    solver = _on_driver if few else solve_by_bucket
    assignments, cut, figures = solver(attributes, pairs, told, settings, reconsider)
    total = records.count()
    alone = figures.alone(total)
    everybody = _for_all(records.select("record_id", *carry), assignments, alone, figures.nodes)
    return Clustering(everybody, cut, figures.report(total, settings.max_size), assignments, alone)


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
    decisions: pd.DataFrame,
    settings: ClusterSettings,
    reconsider: Reconsider | None,
) -> tuple[DataFrame, DataFrame, Figures]:
    spark = pairs.sparkSession

    def fetch(members: pd.DataFrame, linked: Ints) -> Evidence:
        return Evidence(_attributes_of(attributes, linked), _pairs_inside(pairs, members, settings, reconsider))

    # Bounded: the caller has counted no more than `most_edges` of them.
    edges = _arrow(pairs.where(F.col("probability") >= settings.plausible))
    found: Solution = solve(edges, decisions, settings, fetch)
    return _frame(spark, found.assignments), _frame(spark, found.cut), found.figures


def _attributes_of(attributes: DataFrame, linked: Ints) -> pd.DataFrame:
    if not len(linked):
        return pd.DataFrame({"record_id": []})
    ids = _frame(attributes.sparkSession, pd.DataFrame({"record_id": linked}))
    # Bounded: records that have an accepted pair, of which there are no more than `most_edges`.
    return _arrow(attributes.join(_small(ids, len(linked)), "record_id", "left_semi"))


def _pairs_inside(
    pairs: DataFrame, members: pd.DataFrame, settings: ClusterSettings, reconsider: Reconsider | None
) -> pd.DataFrame:
    """Return the pairs whose records are in one component of `members`: all of them, or the known ones."""
    if not len(members):
        return pd.DataFrame({"id_l": [], "id_r": [], "probability": []})
    if reconsider is not None:
        sizes = members["component"].map(members["component"].value_counts())
        chosen = members[sizes <= settings.reconsidered_size]
        scored = reconsider(_frame(pairs.sparkSession, chosen), len(chosen))
        # Bounded: no component above `reconsidered_size`, and these records have accepted pairs.
        return _arrow(scored).rename(columns={"match_probability": "probability"})
    left, right = (
        _small(_frame(pairs.sparkSession, members.rename(columns={"record_id": end})), len(members))
        for end in ("id_l", "id_r")
    )
    weak = pairs.where(F.col("probability") < settings.plausible)
    # Bounded: blocking limits the pairs of one record, and these records have accepted pairs.
    return _arrow(weak.join(left, "id_l").join(right, ["id_r", "component"]).select(*pairs.columns))


def _for_all(records: DataFrame, assignments: DataFrame, alone: float, nodes: int) -> DataFrame:
    """Add the records without any plausible pair, and what blocking may have missed."""
    joined = records.join(_small(assignments, nodes), "record_id", "left")
    chance = F.when(F.coalesce("single", F.lit(True)), alone).otherwise(1.0)
    confidence = F.coalesce("confidence", F.lit(1.0)) * chance
    cluster_id = F.coalesce("cluster_id", "record_id").alias("cluster_id")
    return joined.select(*records.columns, cluster_id, confidence.alias("confidence"))


def _small(frame: DataFrame, rows: int) -> DataFrame:
    return F.broadcast(frame) if rows <= MOST_BROADCAST else frame


def _arrow(frame: DataFrame) -> pd.DataFrame:
    table: pd.DataFrame = frame.toArrow().to_pandas()
    return table


def _frame(spark: SparkSession, frame: pd.DataFrame) -> DataFrame:
    return spark.createDataFrame(pa.Table.from_pandas(frame, preserve_index=False))
