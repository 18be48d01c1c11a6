"""Results of `tieout match`: clusters under numbers and pairs under the files' own ids, measured, selected, written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.config.models.matching import Thresholds
from tieout.errors import UsageError
from tieout.identity.evaluation.measures import (
    cluster_scores,
    histogram,
    label_pairs,
    label_pairs_by_list,
    linked_scores,
)
from tieout.identity.evaluation.scores import ClusterScores, Histogram
from tieout.match_files.outputs.selection import Records, Selection
from tieout.matching.scoring.questions import worth_asking
from tieout.matching.scoring.truth import Truth
from tieout.platform.rows import stacked

NOTHING_FITS = (
    "the truth names no record of these files, so that nothing can be measured; its ids must be those of the files' id "
    "column, written in the same way"
)
# Of a number that Spark gives a row, the lower bits have the row's place in its partition.
PLACE_BITS = 33


@dataclass(frozen=True)
class Results:
    """What a match has found, persisted.

    `clusters`: record_id, source, `_id` (the file's own id), cluster_id, confidence, cluster (its number, from 1) and
    size. `pairs`: the columns of scored pairs, of both records source_l, own_l, source_r and own_r, and cluster, 0
    where the records are in different ones.
    """

    clusters: DataFrame
    pairs: DataFrame

    @classmethod
    def of(cls, assignments: DataFrame, pairs: DataFrame, sources: Sequence[str]) -> Results:
        """Return the results of clusters (record_id, source, `_id`, cluster_id, confidence) and scored pairs."""
        clusters = numbered(assignments, sources).persist()
        keys = clusters.select("record_id", "source", F.col("_id").alias("own"), "cluster")
        left, right = (keys.toDF(*(f"{name}_{end}" for name in ("id", "source", "own", "cluster"))) for end in "lr")
        cluster = F.when(F.col("cluster_l") == F.col("cluster_r"), F.col("cluster_l")).otherwise(0)
        joined = pairs.join(left, "id_l").join(right, "id_r").withColumn("cluster", cluster)
        names = [*pairs.columns, "source_l", "own_l", "source_r", "own_r", "cluster"]
        return cls(clusters, joined.select(*names).persist())

    def release(self) -> None:
        """Free the memory that the results take."""
        self.clusters.unpersist()
        self.pairs.unpersist()

    def measure(self, truth: Truth, two: bool) -> tuple[ClusterScores, Histogram]:
        """Compare clusters and pairs with the truth; `two` says that it lists pairs of two files only.

        Raises UsageError where the truth has no record of these files.
        """
        pairs = self.pairs.withColumn("probability", F.col("match_probability"))
        if truth.pairs is not None:
            return self._measure_by_pairs(pairs.where("source_l <> source_r") if two else pairs, truth.pairs, two)
        assert truth.clusters is not None
        known = truth.clusters.dropDuplicates(["record_id"])
        scores = cluster_scores(self.clusters, known)
        if not scores.records:
            raise UsageError(NOTHING_FITS)
        return scores, histogram(label_pairs(pairs, known))

    def _measure_by_pairs(self, pairs: DataFrame, listed: DataFrame, two: bool) -> tuple[ClusterScores, Histogram]:
        left, right = (self.clusters.select("record_id").toDF(f"id_{end}") for end in "lr")
        if listed.join(left, "id_l", "left_semi").join(right, "id_r", "left_semi").isEmpty():
            raise UsageError(NOTHING_FITS)
        scores = linked_scores(self.clusters, listed, between_sources=two)
        return scores, histogram(label_pairs_by_list(pairs, listed))

    def counts(self, thresholds: Thresholds) -> pd.DataFrame:
        """Return how many pairs there are, by weight (whole bits), status and linked (in one cluster or not).

        Status: accepted, review or rejected, by probability. Runs one Spark job.
        """
        chance = F.col("match_probability")
        status = F.when(chance >= thresholds.accept, "accepted").when(chance >= thresholds.review, "review")
        counted = self.pairs.groupBy(
            F.floor("match_weight").alias("weight"),
            status.otherwise("rejected").alias("status"),
            (F.col("cluster") > 0).alias("linked"),
        ).agg(F.count("*").alias("pairs"))
        # Bounded: weights are some hundred whole numbers.
        return counted.toPandas().sort_values(["weight", "status", "linked"], ignore_index=True)

    def pairs_of(self, wanted: Mapping[str, Selection]) -> dict[str, pd.DataFrame]:
        """Return the pairs of each selection, by its name. Runs one Spark job."""
        return _by_name({name: one.of(self.pairs) for name, one in wanted.items()})

    def records_of(self, wanted: Mapping[str, Records]) -> dict[str, pd.DataFrame]:
        """Return the records of each selection, by its name. Runs one Spark job."""
        return _by_name({name: one.of(self.clusters) for name, one in wanted.items()})

    def write(self, out: Path) -> None:
        """Write clusters, pairs, and pairs worth asking about, as Parquet folders."""
        number, own = F.col("cluster").alias("cluster_id"), F.col("_id").alias("id")
        _write_parquet(self.clusters.select("source", own, number, "confidence"), out / "clusters.parquet")
        _write_parquet(_under_own_ids(self.pairs), out / "pairs.parquet")
        _write_parquet(_under_own_ids(worth_asking(self.pairs)), out / "questions.parquet")


def numbered(assignments: DataFrame, sources: Sequence[str]) -> DataFrame:
    """Add cluster bigint, a number from 1 in the order of the clusters' first records, and size.

    Records are in the order of their sources, shorter ids first. Runs three Spark jobs.
    """
    place = F.array_position(F.array(*map(F.lit, sources)), F.col("source"))
    first = F.min(F.struct(place, F.length("_id"), "_id")).alias("first")
    by_cluster = assignments.groupBy("cluster_id").agg(first, F.count("*").alias("size"))
    placed = (
        by_cluster.orderBy("first", "cluster_id")
        .select("cluster_id", "size", F.spark_partition_id().alias("part"), F.monotonically_increasing_id().alias("id"))
        .localCheckpoint()  # sorted again, the rows might be in other partitions
    )
    rows = placed.groupBy("part").count()
    before = F.sum("count").over(Window.orderBy("part").rowsBetween(Window.unboundedPreceding, -1))  # a row a partition
    offsets = rows.select("part", F.coalesce(before, F.lit(0)).alias("before"))
    row = F.col("id").bitwiseAND(F.lit((1 << PLACE_BITS) - 1))
    numbers = placed.join(F.broadcast(offsets), "part").select(
        "cluster_id", (F.col("before") + row + 1).cast("bigint").alias("cluster"), "size"
    )
    return assignments.join(numbers, "cluster_id")


def _by_name(chosen: Mapping[str, DataFrame]) -> dict[str, pd.DataFrame]:
    frames = stacked(frame.withColumn("selection", F.lit(name)) for name, frame in chosen.items())
    found: pd.DataFrame = frames.toArrow().to_pandas()  # bounded by the selections
    by_name = dict(tuple(found.groupby("selection", sort=False)))
    none = found.iloc[:0]
    return {name: by_name.get(name, none).drop(columns="selection").reset_index(drop=True) for name in chosen}


def _under_own_ids(pairs: DataFrame) -> DataFrame:
    """Return pairs with source and the file's own id of both records in place of our ids."""
    ends = [F.col(f"{name}_{end}") for end in "lr" for name in ("source", "own")]
    hidden = {"id_l", "id_r", "source_l", "own_l", "source_r", "own_r", "cluster"}
    rest = [name for name in pairs.columns if name not in hidden]
    return pairs.select(*ends, *rest).withColumnsRenamed({"own_l": "id_l", "own_r": "id_r"})


def _write_parquet(frame: DataFrame, path: Path) -> None:
    frame.write.mode("overwrite").parquet(str(path))
