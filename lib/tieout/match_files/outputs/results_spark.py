"""Results of `tieout match` that may not fit the driver: measured, selected and written by Spark."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd
from pyspark.sql import Column, DataFrame
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
from tieout.match_files.outputs.selection import NOTHING_FITS, Records, Selection, Some
from tieout.matching.scoring.questions import worth_asking
from tieout.matching.scoring.truth import Truth
from tieout.matching.training.charts import weight_histogram


@dataclass(frozen=True)
class ResultsOnSpark:
    """Clusters (record_id, source, _id, cluster_id, confidence), persisted, scored pairs and the truth."""

    clusters: DataFrame
    pairs: DataFrame
    truth: Truth | None

    def measure(self, two: bool) -> tuple[ClusterScores, Histogram]:
        """Compare clusters and pairs with the truth; `two` says that it lists pairs of two files only.

        Raises UsageError where the truth has no record of these files.
        """
        truth = self.truth
        assert truth is not None
        if not self._fits(truth):
            raise UsageError(NOTHING_FITS)
        pairs = self.pairs.select("id_l", "id_r", F.col("match_probability").alias("probability"))
        if truth.pairs is not None:
            scores = linked_scores(self.clusters, truth.pairs, between_sources=two)
            chosen = self._between(pairs) if two else pairs
            return scores, histogram(label_pairs_by_list(chosen, truth.pairs))
        assert truth.clusters is not None
        known = truth.clusters.dropDuplicates(["record_id"]).persist()
        return cluster_scores(self.clusters, known), histogram(label_pairs(pairs, known))

    def _fits(self, truth: Truth) -> bool:
        keys = self.clusters.select("record_id")
        if truth.pairs is None:
            assert truth.clusters is not None
            return not truth.clusters.join(keys, "record_id", "left_semi").isEmpty()
        left, right = keys.toDF("id_l"), keys.toDF("id_r")
        return not truth.pairs.join(left, "id_l", "left_semi").join(right, "id_r", "left_semi").isEmpty()

    def _between(self, pairs: DataFrame) -> DataFrame:
        sources = self.clusters.select("record_id", "source")
        left, right = sources.toDF("id_l", "source_l"), sources.toDF("id_r", "source_r")
        joined = pairs.join(left, "id_l").join(right, "id_r").where("source_l <> source_r")
        return joined.select("id_l", "id_r", "probability")

    @cached_property
    def _numbered(self) -> DataFrame:
        """Return the clusters by number, from 1 in the order of their first records' source and id.

        Columns: cluster_id, cluster bigint, size bigint; persisted.
        """
        first = self.clusters.groupBy("cluster_id").agg(
            F.min(F.struct("source", "_id")).alias("first"), F.count("*").alias("size")
        )
        # The numbers that Spark gives rows have the partition in the upper bits, the row in it in the lower ones.
        placed = (
            first.orderBy("first", "cluster_id")
            .select("*", F.spark_partition_id().alias("part"), F.monotonically_increasing_id().alias("place"))
            .persist()
        )
        # Bounded: a row a partition.
        counts = dict(placed.groupBy("part").count().toArrow().to_pandas().sort_values("part").itertuples(index=False))
        before, total = {}, 0
        for part, rows in counts.items():
            before[part], total = total, total + rows
        offset = F.lit(0)
        if before:
            pairs: list[Column] = [F.lit(one) for item in before.items() for one in item]
            offset = F.create_map(*pairs)[F.col("part")]
        row = F.col("place").bitwiseAND(F.lit((1 << 33) - 1))
        return placed.select("cluster_id", (offset + row + 1).cast("bigint").alias("cluster"), "size")

    @cached_property
    def _records(self) -> DataFrame:
        return self.clusters.join(self._numbered, "cluster_id")

    def pairs_of(self, wanted: Selection) -> Some:
        """Return scored pairs; see `Selection` for which, in which order, and the columns."""
        keys = self._records.select("record_id", "cluster")
        found = self.pairs.where(F.col("match_probability").between(wanted.least, wanted.highest))
        found = found.join(keys.toDF("id_l", "one"), "id_l").join(keys.toDF("id_r", "other"), "id_r")
        if wanted.linked is not None:
            found = found.where("one = other" if wanted.linked else "one <> other")
        cluster = F.when(F.col("one") == F.col("other"), F.col("one")).otherwise(0).alias("cluster")
        rows = found.orderBy(*wanted.spark_order(), "id_r").select(*self.pairs.columns, cluster).limit(wanted.most)
        return Some(rows.toArrow().to_pandas(), found.count())  # bounded by the selection

    def records_of(self, wanted: Records) -> Some:
        """Return records with their clusters; see `Records` for which, and the columns."""
        found = self._records.where("size > 1" if wanted.linked else "size = 1")
        rows = found.orderBy("cluster", "source", "_id").limit(wanted.most)
        own = F.col("_id").alias("id")
        shown = rows.select("record_id", "source", own, "confidence", "cluster", "size")
        return Some(shown.toArrow().to_pandas(), found.count())  # bounded by the selection

    def sizes(self) -> dict[str, int]:
        """Return the number of records by source."""
        rows = self.clusters.groupBy("source").count().orderBy("source").collect()  # a row a source
        return {row["source"]: row["count"] for row in rows}

    def write(self, out: Path) -> None:
        """Write clusters, pairs, and pairs worth asking about, as Parquet folders."""
        number = F.col("cluster").alias("cluster_id")
        clusters = self._records.select("source", F.col("_id").alias("id"), number, "confidence")
        _write_parquet(clusters, out / "clusters.parquet")
        _write_parquet(self._named(self.pairs), out / "pairs.parquet")
        _write_parquet(self._named(worth_asking(self.pairs)), out / "questions.parquet")

    def _named(self, pairs: DataFrame) -> DataFrame:
        """Return pairs with source and the file's own id of both records in place of our ids."""
        keys = self.clusters.select("record_id", "source", "_id")
        for end in "lr":
            own = keys.toDF(f"id_{end}", f"source_{end}", f"own_{end}")
            pairs = pairs.join(own, f"id_{end}").drop(f"id_{end}").withColumnRenamed(f"own_{end}", f"id_{end}")
        first = ["source_l", "id_l", "source_r", "id_r"]
        return pairs.select(*first, *(name for name in pairs.columns if name not in first))

    def weights(self, thresholds: Thresholds) -> pd.DataFrame:
        """Return the pairs by weight, see `charts.weight_histogram`."""
        return weight_histogram(self.pairs, thresholds)


def _write_parquet(frame: DataFrame, path: Path) -> None:
    frame.write.mode("overwrite").parquet(str(path))
