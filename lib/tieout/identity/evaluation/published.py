"""Quality of an entity's published identities, measured against known truth."""

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.identity.evaluation.measures import cluster_scores, histogram, label_pairs, record_outcomes
from tieout.identity.evaluation.scores import ratio
from tieout.identity.records import record_id

DIGITS = 6


def evaluate_entity(crosswalk: DataFrame, pairs: DataFrame | None, truth: DataFrame, entity: str) -> dict[str, Any]:
    """Measure one entity's crosswalk rows and pairs against `truth` (source_system, source_id, true_id).

    Only records that both know count. Returns precision, recall, f1 (by pairs of records in the final
    clusters), b3_precision, b3_recall, b3_f1, counts, coverage; `ece` and `calibration` of the records'
    confidence; with pairs: `blocking_recall` (true pairs that are in match.pair), `ece_pairs`,
    `calibration_pairs` and the threshold `curve`. Runs half a dozen Spark jobs.
    """
    clusters = crosswalk.select(
        record_id(entity).alias("record_id"), F.xxhash64("tieout_id").alias("cluster_id"), "confidence"
    ).persist()
    answers = truth.select(record_id(entity).alias("record_id"), "true_id").dropDuplicates(["record_id"]).persist()
    try:
        scores = cluster_scores(clusters, answers)
        outcomes = histogram(record_outcomes(clusters, answers))
        figures: dict[str, Any] = scores.figures()
        figures["coverage"] = _coverage(scores.records, clusters, answers)
        figures["ece"] = round(outcomes.calibration_error(), DIGITS)
        figures["calibration"] = _rows(outcomes.calibration())
        return figures | (_pair_figures(pairs, answers, entity, scores.actual) if pairs is not None else {})
    finally:
        clusters.unpersist()
        answers.unpersist()


def _coverage(both: int, clusters: DataFrame, answers: DataFrame) -> dict[str, int]:
    return {
        "in_both": both,
        "only_in_crosswalk": clusters.count() - both,
        "only_in_truth": answers.count() - both,
    }


def _pair_figures(pairs: DataFrame, answers: DataFrame, entity: str, actual: int) -> dict[str, Any]:
    ends = {f"id_{side}": record_id(entity, f"source_system_{side}", f"source_id_{side}") for side in "lr"}
    # Pairs that money proposes are for stewards; the figures are the model's.
    proposed = pairs.where("rule IS NULL OR rule <> 'money'") if "rule" in pairs.columns else pairs
    scored = proposed.select(
        *(end.alias(name) for name, end in ends.items()), F.col("match_probability").alias("probability")
    )
    found = histogram(label_pairs(scored, answers))
    return {
        "blocking_recall": round(ratio(found.same(), actual), DIGITS),
        "ece_pairs": round(found.calibration_error(), DIGITS),
        "calibration_pairs": _rows(found.calibration()),
        "curve": _rows(found.curve(actual)),
    }


def _rows(frame: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = frame.round(DIGITS).to_dict("records")
    return rows
