"""Clusters of records with a confidence for each, from scored pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.identity.clustering.distributed import solve_by_bucket
from tieout.identity.clustering.figures import Figures
from tieout.identity.clustering.graph import Ints
from tieout.identity.clustering.reconsider import MOST_BROADCAST, Reconsider
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.clustering.solve import Evidence, Solution, solve
from tieout.platform.rows import arrow_frame


@dataclass(frozen=True)
class Clustering:
    """The outcome of clustering.

    `cut`: id_l, id_r, reason string, the accepted pairs that ended in different clusters. `report`: figures for people
    and for `ops.step`. `records` have record_id and what was to be carried along, `linked` are the assignments of
    those with a plausible pair: record_id, cluster_id, confidence, single boolean (a cluster of one). `alone` is the
    confidence of the others.
    """

    records: DataFrame
    linked: DataFrame | pd.DataFrame
    alone: float
    nodes: int
    cut: DataFrame
    report: dict[str, Any]

    @cached_property
    def assignments(self) -> DataFrame:
        """Return a row per record.

        Columns: record_id bigint, cluster_id bigint (the smallest record_id of the cluster), confidence double, and
        what was to be carried along.
        """
        found, spark = self.linked, self.records.sparkSession
        linked = _frame(spark, found) if isinstance(found, pd.DataFrame) else found
        return _for_all(self.records, linked, self.alone, self.nodes)

    def of_all(self, records: pa.Table) -> pa.Table:
        """Return the assignments of `records` (record_id and more) in memory; the caller knows that they fit."""
        linked = self.linked if isinstance(self.linked, pd.DataFrame) else _arrow(self.linked)
        ids = records.column("record_id").to_numpy()
        place = pd.Index(linked["record_id"]).get_indexer(pd.Index(ids))
        known = place >= 0
        clusters, confidence = ids.copy(), np.full(len(ids), self.alone)
        clusters[known] = linked["cluster_id"].to_numpy()[place[known]]
        chance = np.where(linked["single"], self.alone, 1.0)
        confidence[known] = (linked["confidence"].to_numpy() * chance)[place[known]]
        return records.append_column("cluster_id", pa.array(clusters)).append_column("confidence", pa.array(confidence))


def cluster(
    records: DataFrame,
    pairs: DataFrame | pa.Table,
    settings: ClusterSettings,
    decisions: DataFrame | None = None,
    reconsider: Reconsider | None = None,
    carry: Sequence[str] = (),
    total: int | None = None,
) -> Clustering:
    """Cluster `records` by their scored `pairs`.

    `records` has record_id (and source and the constraints' columns, when constraints are set);
    `pairs` has id_l, id_r, match_probability, each pair once, and is read two or three times, so
    persist it, read it from a table or have it in memory. `decisions` (id_l, id_r, match boolean) outrank the scores.
    Pairs below the accepting threshold are evidence against: pass those that there are, and
    `reconsider` to have every pair inside doubtful components scored. `carry` names columns of `records`
    that the assignments should have, too; `total` is their number, where it is known.
    """
    attributes = records.select("record_id", *_attributes(settings))
    told = _collect_decisions(decisions)
    evidence = _evidence(records.sparkSession, pairs, settings)
    assignments: DataFrame | pd.DataFrame
    if isinstance(evidence, DataFrame):
        assignments, cut, figures = solve_by_bucket(attributes, evidence, told, settings, reconsider)
    else:
        assignments, cut, figures = _on_driver(attributes, pairs, evidence, told, settings, reconsider)
    total = records.count() if total is None else total
    report, alone = figures.report(total, settings.max_size), figures.alone(total)
    return Clustering(records.select("record_id", *carry), assignments, alone, figures.nodes, cut, report)


def _evidence(spark: SparkSession, pairs: DataFrame | pa.Table, settings: ClusterSettings) -> DataFrame | pd.DataFrame:
    """Return id_l, id_r, probability: of the plausible pairs, in memory, where these are few enough, else of all."""
    if isinstance(pairs, pa.Table):
        ends = {name: pairs.column(name) for name in ("id_l", "id_r")}
        known = pa.table(ends | {"probability": pairs.column("match_probability")})
        found = known.filter(pc.greater_equal(known.column("probability"), settings.plausible))
        if found.num_rows <= settings.most_edges:
            few: pd.DataFrame = found.to_pandas()
            return few
        return arrow_frame(spark, known)
    named = _named(pairs)
    plausible = named.where(F.col("probability") >= settings.plausible)
    # Bounded: no more than `most_edges` of them.
    return _arrow(plausible) if plausible.count() <= settings.most_edges else named


def _named(pairs: DataFrame) -> DataFrame:
    return pairs.select("id_l", "id_r", F.col("match_probability").cast("double").alias("probability"))


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
    pairs: DataFrame | pa.Table,
    edges: pd.DataFrame,
    decisions: pd.DataFrame,
    settings: ClusterSettings,
    reconsider: Reconsider | None,
) -> tuple[pd.DataFrame, DataFrame, Figures]:
    def fetch(members: pd.DataFrame, linked: Ints) -> Evidence:
        inside = _inside(attributes, pairs, members, settings, reconsider)
        return Evidence(_attributes_of(attributes, linked), inside)

    found: Solution = solve(edges, decisions, settings, fetch)
    return found.assignments, _frame(attributes.sparkSession, found.cut), found.figures


def _attributes_of(attributes: DataFrame, linked: Ints) -> pd.DataFrame:
    if not len(linked):
        return pd.DataFrame({name: [] for name in attributes.columns})
    ids = _frame(attributes.sparkSession, pd.DataFrame({"record_id": linked}))
    # Bounded: records that have an accepted pair, of which there are no more than `most_edges`.
    return _arrow(attributes.join(_small(ids, len(linked)), "record_id", "left_semi"))


def _inside(
    attributes: DataFrame,
    pairs: DataFrame | pa.Table,
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
        return _arrow(scored).rename(columns={"match_probability": "probability"})
    left, right = (
        _small(_frame(spark, members.rename(columns={"record_id": end})), len(members)) for end in ("id_l", "id_r")
    )
    known = _named(pairs if isinstance(pairs, DataFrame) else arrow_frame(spark, pairs))
    weak = known.where(F.col("probability") < settings.plausible)
    # Bounded: blocking limits the pairs of one record, and these records have accepted pairs.
    return _arrow(weak.join(left, "id_l").join(right, ["id_r", "component"]).select(*known.columns))


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
    return arrow_frame(spark, pa.Table.from_pandas(frame, preserve_index=False))
