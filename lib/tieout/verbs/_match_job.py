"""What does `tieout match` do once Spark runs? Profile, prepare, compare, train, score, cluster, measure, write."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from ruamel.yaml import YAML

from tieout.config.matching import MatchingConfig
from tieout.errors import ConfigError
from tieout.identity.clusters import Clustering, cluster
from tieout.identity.measures import cluster_scores, histogram, label_pairs, label_pairs_by_list, linked_scores
from tieout.identity.reconsider import reconsideration
from tieout.identity.scores import Histogram
from tieout.identity.settings import ClusterSettings
from tieout.matching import engine
from tieout.matching.charts import level_table, weight_histogram
from tieout.matching.inputs import Inputs, Truth, read_inputs, read_labels, read_truth, sample_of
from tieout.matching.labels import labelled_pairs
from tieout.matching.model import Model
from tieout.matching.profile import propose
from tieout.matching.pyfunc import source_columns
from tieout.matching.questions import worth_asking
from tieout.matching.registry import save_pyfunc
from tieout.matching.rivals import among_rivals
from tieout.progress import Progress
from tieout.report import match_report

# Sources are free of duplicates when they have fewer sure pairs of their own than this share of those between
# them. What is not sure says little: where many things look alike, some pairs of one source do by chance.
FREE_OF_DUPLICATES = 0.02

Figures = dict[str, Any]


@dataclass(frozen=True)
class _Matched:
    config: MatchingConfig
    model: Model
    scored: engine.Scored
    clustering: Clustering
    large_keys: list[dict[str, Any]]


def run(args: argparse.Namespace, spark: SparkSession, config: MatchingConfig | None, progress: Progress) -> Figures:
    """Match the files that the arguments name; write results and return figures. `config` is the given one."""
    with progress.step("read"):
        inputs = read_inputs(spark, args.left, args.right, config.id if config else None)
    with _matched(args, inputs, config, progress) as found:
        figures: dict[str, Any] = {
            "pairs_scored": sum(found.scored.by_rule.values()),
            "threshold": found.config.thresholds.accept,
            "blocking": found.scored.by_rule,
            "large_keys": found.large_keys,
        } | found.clustering.report
        quality: Histogram | None = None
        actual = 0
        if args.truth:
            with progress.step("evaluate"):
                truth = read_truth(spark, args.truth, inputs)
                measured, quality, actual = _measure(found, truth, inputs, args.right is not None)
                figures |= measured
        if not args.dry_run:
            with progress.step("write"):
                figures["report"] = _write(Path(args.out), args, found, inputs, figures, quality, actual)
    return figures


Held = list[engine.Prepared | engine.Compared | engine.Scored]


@contextmanager
def _matched(
    args: argparse.Namespace, inputs: Inputs, given: MatchingConfig | None, progress: Progress
) -> Iterator[_Matched]:
    held: Held = []
    try:
        if given is None:
            with progress.step("profile"):
                config = _proposed(args, inputs)
        else:
            config = given
            _check_columns(given, inputs)
        labels = read_labels(inputs.records.sparkSession, args.labels, inputs) if args.labels else None
        with progress.step("prepare"):
            prepared = engine.prepare(inputs.records, config)
        held.append(prepared)
        if given is None:
            with progress.step("select rules"):
                prepared = engine.select(prepared)
        told = None if labels is None else labelled_pairs(inputs.records, labels, config)
        model, scored = _scored(prepared, told, progress, held)
        config = model.config if given else _with_sources(model.config, scored, inputs.sources)
        with progress.step("cluster"):
            scored, clustering = _clustered(prepared, model, scored, config, inputs, labels)
        yield _Matched(config, model, scored, clustering, prepared.large_keys())
        clustering.assignments.unpersist()
    finally:
        for one in held:
            one.release()


def _proposed(args: argparse.Namespace, inputs: Inputs) -> MatchingConfig:
    total = inputs.records.count()
    sample = sample_of(inputs.records, total)
    return propose(sample, records=total, within=True, id_column=inputs.id_column, entity=args.entity)


def _scored(
    prepared: engine.Prepared, told: pd.DataFrame | None, progress: Progress, held: Held
) -> tuple[Model, engine.Scored]:
    with progress.step("compare"):
        compared = engine.compare_all(prepared)
        held.append(compared)
        patterns = engine.count_compared(compared)
    with progress.step("train"):
        model = engine.train_on(prepared, patterns, told)
    with progress.step("score"):
        scored = engine.score_compared(compared, model)
    held.append(scored)
    return model, scored


def _clustered(
    prepared: engine.Prepared,
    model: Model,
    scored: engine.Scored,
    config: MatchingConfig,
    inputs: Inputs,
    labels: DataFrame | None,
) -> tuple[engine.Scored, Clustering]:
    """Cluster the pairs; where both sources are free of duplicates, weigh them against their rivals first."""
    if len(inputs.sources) == 2 and set(inputs.sources) <= set(config.clusters.one_to_one):
        pairs = among_rivals(scored.pairs, inputs.records.select("record_id", "source")).persist()
        scored = replace(scored, pairs=pairs)
    again = reconsideration(prepared.frame, model)
    clustering = cluster(inputs.records, scored.pairs, ClusterSettings.of(config), labels, again)
    clustering.assignments.persist()
    return scored, clustering


def _check_columns(config: MatchingConfig, inputs: Inputs) -> None:
    missing = [name for name in source_columns(config) if name not in inputs.records.columns]
    if missing:
        there = ", ".join(name for name in inputs.records.columns if name not in {"record_id", "source", "_id"})
        raise ConfigError(f"the config reads column {missing[0]!r}, which the files lack; there are {there}")


def _with_sources(config: MatchingConfig, scored: engine.Scored, sources: list[str]) -> MatchingConfig:
    """Note sources without duplicates: each of their records has at most one partner."""
    between = scored.sure - scored.sure_within
    if len(sources) < 2 or scored.sure_within > FREE_OF_DUPLICATES * between:
        return config
    clusters = config.clusters.model_copy(update={"one_to_one": sources})
    return config.model_copy(update={"clusters": clusters})


def _measure(found: _Matched, truth: Truth, inputs: Inputs, two: bool) -> tuple[dict[str, Any], Histogram, int]:
    clusters = found.clustering.assignments
    probability = F.col("match_probability").alias("probability")
    pairs = found.scored.pairs.select("id_l", "id_r", probability)
    if truth.pairs is not None:
        with_source = clusters.join(inputs.records.select("record_id", "source"), "record_id")
        scores = linked_scores(with_source, truth.pairs, between_sources=two)
        labelled = label_pairs_by_list(_between(pairs, inputs) if two else pairs, truth.pairs)
    else:
        assert truth.clusters is not None
        known = truth.clusters.persist()
        scores = cluster_scores(clusters, known)
        labelled = label_pairs(pairs, known)
    quality = histogram(labelled)
    figures = scores.figures() | {
        "ece": round(quality.calibration_error(), 6),
        "truth_recall_of_blocking": round(quality.same() / max(scores.actual, 1), 6),
    }
    return figures, quality, scores.actual


def _between(pairs: DataFrame, inputs: Inputs) -> DataFrame:
    sources = inputs.records.select("record_id", "source")
    left = sources.toDF("id_l", "source_l")
    right = sources.toDF("id_r", "source_r")
    joined = pairs.join(left, "id_l").join(right, "id_r").where("source_l <> source_r")
    return joined.select("id_l", "id_r", "probability")


def _write(
    out: Path,
    args: argparse.Namespace,
    found: _Matched,
    inputs: Inputs,
    figures: dict[str, Any],
    quality: Histogram | None,
    actual: int,
) -> str:
    out.mkdir(parents=True, exist_ok=True)
    keys = inputs.records.select("record_id", "source", F.col("_id").alias("id")).persist()
    with ThreadPoolExecutor(1) as beside:
        # MLflow packs the model while Spark writes.
        saved = beside.submit(save_pyfunc, found.model, out / "model")
        clusters = keys.join(found.clustering.assignments, "record_id")
        _write_parquet(clusters.select("source", "id", "cluster_id", "confidence"), out / "clusters.parquet")
        _write_parquet(_named(found.scored.pairs, keys), out / "pairs.parquet")
        _write_parquet(_named(worth_asking(found.scored.pairs), keys), out / "questions.parquet")
        _write_config(out / "config.yml", found.config)
        saved.result()
    keys.unpersist()
    return match_report(
        str(out / "report.html"),
        figures,
        files=[path for path in (args.left, args.right) if path],
        levels=level_table(found.model),
        weights=weight_histogram(found.scored.pairs, found.config.thresholds),
        rules=_rule_table(found.scored.by_rule, found.large_keys),
        calibration=quality.calibration() if quality else None,
        curve=quality.curve(actual) if quality else None,
        thresholds=found.config.thresholds.model_dump(),
    )


def _write_parquet(frame: DataFrame, path: Path) -> None:
    frame.write.mode("overwrite").parquet(str(path))


def _named(pairs: DataFrame, keys: DataFrame) -> DataFrame:
    """Return pairs with source and the file's own id of both records in place of our ids."""
    for end in "lr":
        own = keys.toDF(f"id_{end}", f"source_{end}", f"own_{end}")
        pairs = pairs.join(own, f"id_{end}").drop(f"id_{end}").withColumnRenamed(f"own_{end}", f"id_{end}")
    first = ["source_l", "id_l", "source_r", "id_r"]
    return pairs.select(*first, *(name for name in pairs.columns if name not in first))


def _rule_table(by_rule: dict[str, int], large_keys: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rule, pairs and accepted (not counted by rule) for the report, keys that are too large named beside."""
    rows = list(by_rule.items())
    for key in large_keys[:5]:
        parted = f"parted by {', '.join(key['added'])}" if key["rule"] in by_rule else "no rule of its own"
        rows.append((f"{key['rule']} = {key['value']}: {key['records']:,} records, {parted}", 0))
    return pd.DataFrame(rows, columns=["rule", "pairs"]).assign(accepted=0)


def _write_config(path: Path, config: MatchingConfig) -> None:
    """Write the config for people to edit: what is not a default."""
    data = config.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    data["blocking_rules"] = [rule.name if not rule.refine else rule.model_dump() for rule in config.blocking_rules]
    data["columns"] = {
        name: column.kind if not column.source and not column.within else data["columns"][name]
        for name, column in config.columns.items()
    }
    writer = YAML()
    writer.width = 110
    with path.open("w", encoding="utf-8") as file:
        file.write("# How these files were matched. Edit and pass it as --config; docs/matching.md explains it.\n")
        writer.dump(data, file)
