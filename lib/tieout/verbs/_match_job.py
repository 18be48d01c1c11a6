"""What does `tieout match` do once Spark runs? Profile, prepare, compare, train, score, cluster, measure, write."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from ruamel.yaml import YAML

from tieout.config.matching import MatchingConfig
from tieout.errors import ConfigError
from tieout.identity.clusters import Clustering, cluster
from tieout.identity.reconsider import reconsideration
from tieout.identity.scores import ClusterScores, Histogram
from tieout.identity.settings import ClusterSettings
from tieout.matching import engine
from tieout.matching.charts import level_table
from tieout.matching.inputs import Inputs, read_inputs, read_labels, sample_of
from tieout.matching.labels import labelled_pairs
from tieout.matching.model import Model
from tieout.matching.profile import propose
from tieout.matching.raw_pairs import source_columns
from tieout.matching.rivals import among_rivals
from tieout.matching.truth import Tables, Truth, read_truth
from tieout.progress import Progress
from tieout.verbs._results_here import ResultsHere, most_here
from tieout.verbs._results_spark import ResultsOnSpark

# Sources are free of duplicates when they have fewer sure pairs of their own than this share of those between
# them. What is not sure says little: where many things look alike, some pairs of one source do by chance.
FREE_OF_DUPLICATES = 0.02

Figures = dict[str, Any]


@dataclass(frozen=True)
class _Matched:
    """What was found. `here` has records and truth in memory, where they and the pairs fit."""

    config: MatchingConfig
    model: Model
    scored: engine.Scored
    clustering: Clustering
    large_keys: list[dict[str, Any]]
    here: Future[tuple[pa.Table, Tables]] | None


def run(
    args: argparse.Namespace,
    spark: SparkSession,
    config: MatchingConfig | None,
    look: Future[MatchingConfig | None] | None,
    progress: Progress,
) -> Figures:
    """Match the files that the arguments name; write results and return figures.

    `config` is the given one; without, `look` is what a look at the files proposes, if that was possible.
    """
    with progress.step("read"):
        seen = look.result() if look else None
        known = config or seen
        inputs = read_inputs(spark, args.left, args.right, known.id if known else None)
        truth = read_truth(spark, args.truth, inputs) if args.truth else None
    with _matched(args, inputs, truth, config, seen, progress) as found:
        figures: dict[str, Any] = {
            "pairs_scored": sum(found.scored.by_rule.values()),
            "threshold": found.config.thresholds.accept,
            "blocking": found.scored.by_rule,
            "large_keys": found.large_keys,
        } | found.clustering.report
        results = measured = None
        if truth:
            with progress.step("evaluate"):
                results = _results(found, truth)
                measured = results.measure(args.right is not None)
                figures |= _figures(*measured)
        if not args.dry_run:
            with progress.step("write"):
                results = results or _results(found)
                figures["report"] = _write(Path(args.out), args, found, results, figures, measured)
    return figures


def _results(found: _Matched, truth: Truth | None = None) -> ResultsHere | ResultsOnSpark:
    if found.here is None:
        assignments = found.clustering.assignments
        return ResultsOnSpark(assignments.persist(), found.scored.frame(assignments.sparkSession), truth)
    records, known = found.here.result()
    pairs = found.scored.pairs
    pairs = pairs if isinstance(pairs, pa.Table) else pairs.toArrow()  # bounded by `most_here`
    return ResultsHere(found.clustering.of_all(records), pairs, *known)


def _fetched(inputs: Inputs, truth: Truth | None) -> tuple[pa.Table, Tables]:
    """Bring records and truth into memory, as the caller knows that they fit."""
    return inputs.keys(), truth.fetch() if truth else (None, None)


def _figures(scores: ClusterScores, quality: Histogram) -> Figures:
    return scores.figures() | {
        "ece": round(quality.calibration_error(), 6),
        "truth_recall_of_blocking": round(quality.same() / max(scores.actual, 1), 6),
    }


Held = list[engine.Prepared | engine.Compared | engine.Scored]


@contextmanager
def _matched(
    args: argparse.Namespace,
    inputs: Inputs,
    truth: Truth | None,
    given: MatchingConfig | None,
    seen: MatchingConfig | None,
    progress: Progress,
) -> Iterator[_Matched]:
    held: Held = []
    beside = ThreadPoolExecutor(1)
    try:
        if given is None:
            with progress.step("profile"):
                config = seen or _proposed(args, inputs)
        else:
            config = given
            _check_columns(given, inputs)
        labels = read_labels(inputs.records.sparkSession, args.labels, inputs) if args.labels else None
        with progress.step("prepare"):
            prepared = engine.prepare(inputs.local or inputs.records, config)
        held.append(prepared)
        if given is None:
            with progress.step("select rules"):
                prepared = engine.select(prepared)
        with progress.step("compare"):
            compared = engine.compare_all(prepared)
            held.append(compared)
            patterns = engine.count_compared(compared)
        rows = prepared.records + patterns.total + (truth.rows if truth else 0)
        # What needs one processor is done beside what needs one: this while the model is trained.
        here = beside.submit(_fetched, inputs, truth) if rows <= most_here() else None
        if here is None:
            inputs.check_keys()
        with progress.step("train"):
            told = None if labels is None else labelled_pairs(inputs.records, labels, config)
            model = engine.train_on(prepared, patterns, told)
        saved = None if args.dry_run else beside.submit(_save, model, Path(args.out) / "model", here)
        with progress.step("score"):
            scored = engine.score_compared(compared, model, here=here is not None)
        held.append(scored)
        config = model.config if given else _with_sources(model.config, scored, inputs.sources)
        with progress.step("cluster"):
            scored, clustering = _clustered(prepared, model, scored, config, inputs, labels)
        yield _Matched(config, model, scored, clustering, prepared.large_keys(), here)
        if saved:
            saved.result()
    finally:
        beside.shutdown()
        for one in held:
            one.release()


def _save(model: Model, place: Path, first: Future[Any] | None) -> None:
    """Save the model for MLflow, unless what came `first` has failed.

    What this and the report need takes a second to import, so not before Spark works.
    """
    from tieout.matching.registry import save_pyfunc

    if first is not None:
        first.result()
    save_pyfunc(model, place)
    importlib.import_module("tieout.report")


def _proposed(args: argparse.Namespace, inputs: Inputs) -> MatchingConfig:
    total = inputs.records.count()
    sample = sample_of(inputs.records, total)
    return propose(sample, records=total, within=True, id_column=inputs.id_column, entity=args.entity)


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
        sources = inputs.records.select("record_id", "source")
        scored = replace(scored, pairs=among_rivals(scored.frame(sources.sparkSession), sources).persist())
    again = reconsideration(prepared.frame, model)
    settings = ClusterSettings.of(config)
    carry, total = ("source", "_id"), prepared.records
    return scored, cluster(inputs.records, scored.pairs, settings, labels, again, carry, total)


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


def _write(
    out: Path,
    args: argparse.Namespace,
    found: _Matched,
    results: ResultsHere | ResultsOnSpark,
    figures: Figures,
    measured: tuple[ClusterScores, Histogram] | None,
) -> str:
    from tieout.report import match_report

    out.mkdir(parents=True, exist_ok=True)
    results.write(out)
    _write_config(out / "config.yml", found.config)
    return match_report(
        str(out / "report.html"),
        figures,
        files=[path for path in (args.left, args.right) if path],
        levels=level_table(found.model),
        weights=results.weights(found.config.thresholds),
        rules=_rule_table(found.scored.by_rule, found.large_keys),
        calibration=measured[1].calibration() if measured else None,
        curve=measured[1].curve(measured[0].actual) if measured else None,
        thresholds=found.config.thresholds.model_dump(),
    )


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
