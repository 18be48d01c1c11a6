"""How are the results of `tieout match` measured and written when they may not fit the driver? With Spark."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.matching import Thresholds
from tieout.identity.measures import cluster_scores, histogram, label_pairs, label_pairs_by_list, linked_scores
from tieout.identity.scores import ClusterScores, Histogram
from tieout.matching.charts import weight_histogram
from tieout.matching.questions import worth_asking
from tieout.matching.truth import Truth


@dataclass(frozen=True)
class ResultsOnSpark:
    """Clusters (record_id, source, _id, cluster_id, confidence), persisted, scored pairs and the truth."""

    clusters: DataFrame
    pairs: DataFrame
    truth: Truth | None

    def measure(self, two: bool) -> tuple[ClusterScores, Histogram]:
        """Compare clusters and pairs with the truth; `two` says that it lists pairs of two files only."""
        truth = self.truth
        assert truth is not None
        pairs = self.pairs.select("id_l", "id_r", F.col("match_probability").alias("probability"))
        if truth.pairs is not None:
            scores = linked_scores(self.clusters, truth.pairs, between_sources=two)
            chosen = self._between(pairs) if two else pairs
            return scores, histogram(label_pairs_by_list(chosen, truth.pairs))
        assert truth.clusters is not None
        known = truth.clusters.dropDuplicates(["record_id"]).persist()
        return cluster_scores(self.clusters, known), histogram(label_pairs(pairs, known))

    def _between(self, pairs: DataFrame) -> DataFrame:
        sources = self.clusters.select("record_id", "source")
        left, right = sources.toDF("id_l", "source_l"), sources.toDF("id_r", "source_r")
        joined = pairs.join(left, "id_l").join(right, "id_r").where("source_l <> source_r")
        return joined.select("id_l", "id_r", "probability")

    def write(self, out: Path) -> None:
        """Write clusters, pairs, and pairs worth asking about, as Parquet folders."""
        clusters = self.clusters.select("source", F.col("_id").alias("id"), "cluster_id", "confidence")
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
