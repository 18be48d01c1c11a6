"""Quality of clusters and probabilities against the truth, as counts, never lists of pairs."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from tieout.identity.clustering.components import components
from tieout.identity.evaluation.scores import ClusterScores, Histogram

# Log2 odds beyond which no difference between probabilities is told.
FURTHEST, STEPS_A_BIT = 20.0, 4.0
BINS = 20


def cluster_scores(clusters: DataFrame, truth: DataFrame, *, between_sources: bool = False) -> ClusterScores:
    """Compare clusters with the truth, by pairs and by records (B-cubed; Bagga and Baldwin 1998).

    `clusters` has record_id, cluster_id; `truth` has record_id, true_id, one row a record; only records
    in both count. With `between_sources`, `clusters` has source too, and only pairs of records from
    different sources count. Runs one Spark job.
    """
    known = clusters.join(truth, "record_id")
    entity = F.xxhash64("true_id").alias("entity")
    source = [F.xxhash64("source").alias("source")] if between_sources else []
    cells = known.groupBy("cluster_id", entity, *source).agg(F.count("*").alias("n"))
    here = ["source"] if between_sources else []
    sizes = cells.select(
        "*",
        _sum_over("cluster_id").alias("in_cluster"),
        _sum_over("entity").alias("in_entity"),
        (_sum_over("cluster_id", "entity") if between_sources else F.col("n")).alias("together"),
        # The records that a record makes no pair with: itself, or all those of its source.
        *(
            (_sum_over(name, *here) if between_sources else F.lit(1)).alias(f"{name}_not")
            for name in ("cluster_id", "entity")
        ),
        (F.col("n") if between_sources else F.lit(1)).alias("together_not"),
    )
    row = sizes.agg(
        F.sum("n").alias("records"),
        _pairs("together", "together_not").alias("correct"),
        _pairs("in_cluster", "cluster_id_not").alias("predicted"),
        _pairs("in_entity", "entity_not").alias("actual"),
        F.sum(F.col("n") * F.col("together") / F.col("in_cluster")).alias("b3_precision"),
        F.sum(F.col("n") * F.col("together") / F.col("in_entity")).alias("b3_recall"),
    ).first()
    return ClusterScores.of(row.asDict() if row else {})


def _sum_over(*columns: str) -> Column:
    return F.sum("n").over(Window.partitionBy(*columns))


def _pairs(together: str, not_with: str) -> Column:
    """Return the number of unordered pairs: each record with those of its group but some."""
    return F.sum(F.col("n") * (F.col(together) - F.col(not_with))) / 2


def linked_scores(clusters: DataFrame, truth_pairs: DataFrame, *, between_sources: bool = False) -> ClusterScores:
    """Compare clusters with a truth that is a list of pairs (id_l, id_r), which need not be transitive.

    `clusters` has record_id, cluster_id (and source, with `between_sources`) and holds every record.
    B-cubed figures are those of the entities that the pairs chain together. Runs three Spark jobs.
    """
    entities = components(truth_pairs).withColumnRenamed("component", "true_id")
    everybody = clusters.join(entities, "record_id", "left").select(
        "record_id", F.coalesce("true_id", "record_id").alias("true_id")
    )
    scores = cluster_scores(clusters, everybody, between_sources=between_sources)
    correct = _same_cluster(truth_pairs, clusters).agg(F.count("*"), F.count_if("same")).first()
    actual, found = (int(correct[0]), int(correct[1])) if correct else (0, 0)
    return scores.with_pairs(correct=found, actual=actual)


def _same_cluster(pairs: DataFrame, clusters: DataFrame) -> DataFrame:
    left = clusters.select(F.col("record_id").alias("id_l"), F.col("cluster_id").alias("cluster_l"))
    right = clusters.select(F.col("record_id").alias("id_r"), F.col("cluster_id").alias("cluster_r"))
    return pairs.join(left, "id_l").join(right, "id_r").withColumn("same", F.expr("cluster_l = cluster_r"))


def label_pairs(pairs: DataFrame, truth: DataFrame) -> DataFrame:
    """Add `same` boolean: whether a pair (id_l, id_r) is one entity; pairs outside truth are left out.

    `truth` has record_id, true_id.
    """
    left = truth.select(F.col("record_id").alias("id_l"), F.col("true_id").alias("true_l"))
    right = truth.select(F.col("record_id").alias("id_r"), F.col("true_id").alias("true_r"))
    labelled = pairs.join(left, "id_l").join(right, "id_r")
    return labelled.withColumn("same", F.expr("true_l = true_r")).drop("true_l", "true_r")


def label_pairs_by_list(pairs: DataFrame, truth_pairs: DataFrame) -> DataFrame:
    """Add `same` boolean: whether a pair (id_l < id_r) is listed in `truth_pairs` (id_l, id_r)."""
    listed = truth_pairs.select(
        F.least("id_l", "id_r").alias("id_l"),
        F.greatest("id_l", "id_r").alias("id_r"),
        F.lit(True).alias("same"),
    ).distinct()
    return pairs.join(listed, ["id_l", "id_r"], "left").fillna(False, ["same"])


def record_outcomes(clusters: DataFrame, truth: DataFrame) -> DataFrame:
    """Say for each record whether its cluster is right for it.

    `clusters` has record_id, cluster_id, confidence; `truth` has record_id, true_id. Returns
    record_id, probability (the confidence), same boolean: a record in company is right when at least
    half of the others are of its entity; a record alone is right when its entity has no other record.
    """
    known = clusters.join(truth, "record_id")
    in_cluster = F.count("*").over(Window.partitionBy("cluster_id"))
    in_entity = F.count("*").over(Window.partitionBy("true_id"))
    together = F.count("*").over(Window.partitionBy("cluster_id", "true_id"))
    in_company = (together - 1) * 2 >= in_cluster - 1
    right = F.when(in_cluster == 1, in_entity == 1).otherwise(in_company)
    return known.select("record_id", F.col("confidence").alias("probability"), right.alias("same"))


def histogram(labelled: DataFrame) -> Histogram:
    """Count `labelled` rows (probability double, same boolean) by probability.

    Runs one Spark job, which returns at most a few hundred rows whatever the size.
    """
    probability = F.col("probability")
    weight = F.log2(probability) - F.log2(1 - probability)
    bounded = F.coalesce(F.greatest(F.lit(-FURTHEST), F.least(F.lit(FURTHEST), weight)), _extreme(probability))
    counted = (
        labelled.select(
            F.least(F.floor(probability * BINS), F.lit(BINS - 1)).alias("bin"),
            (F.floor(bounded * STEPS_A_BIT) / STEPS_A_BIT).alias("weight"),
            probability.alias("probability"),
            F.col("same").cast("int").alias("same"),
        )
        .groupBy("bin", "weight")
        .agg(
            F.count("*").alias("rows"),
            F.sum("same").alias("same"),
            F.sum("probability").alias("probability"),
        )
    )
    return Histogram(counted.toPandas().sort_values(["bin", "weight"], ignore_index=True))


def _extreme(probability: Column) -> Column:
    return F.when(probability >= 1, FURTHEST).otherwise(-FURTHEST)
