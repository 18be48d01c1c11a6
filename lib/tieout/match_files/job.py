"""The use case of `tieout match`: prepare, compare, train, score, cluster, measure and write, once Spark runs."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ConfigError
from tieout.identity.clustering.clusters import Clustering, cluster
from tieout.identity.clustering.reconsider import reconsideration
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.evaluation.scores import ClusterScores, Histogram
from tieout.match_files.inputs.look import Look
from tieout.match_files.inputs.naming import Naming, name_columns
from tieout.match_files.inputs.reading import ROW
from tieout.match_files.outputs.about import about, comparison_warnings, learning_warnings, paired_columns
from tieout.match_files.outputs.readable import Readable
from tieout.match_files.outputs.results_here import ResultsHere, most_here
from tieout.match_files.outputs.results_spark import ResultsOnSpark
from tieout.match_files.outputs.written_config import write_config
from tieout.match_files.request import Request
from tieout.matching import engine
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.inputs import (
    HEAD,
    Inputs,
    local_inputs,
    read_file,
    read_labels,
    sample_of,
    source_names,
    spark_inputs,
)
from tieout.matching.model import Model
from tieout.matching.prepare.local_parquet import quoted
from tieout.matching.propose import propose
from tieout.matching.scoring.one_to_one import one_partner_each
from tieout.matching.scoring.truth import Tables, Truth, read_truth
from tieout.matching.training.charts import level_table
from tieout.matching.training.labels import labelled_pairs
from tieout.platform.progress import Progress

# Sources are free of duplicates when they have fewer sure pairs of their own than this share of those between
# them. What is not sure says little: where many things look alike, some pairs of one source do by chance.
FREE_OF_DUPLICATES = 0.02

Figures = dict[str, Any]


@dataclass(frozen=True)
class _Matched:
    """What was found. `here` has records and truth in memory, where they and the pairs fit; `saved` is the model."""

    config: MatchingConfig
    model: Model
    scored: engine.Scored
    clustering: Clustering
    large_keys: list[dict[str, Any]]
    here: Future[tuple[pa.Table, Tables]] | None
    saved: Future[Path] | None


@dataclass(frozen=True)
class _Given:
    """What is matched: the records, what their columns are called, and the config, given or proposed."""

    paths: list[str]
    inputs: Inputs
    naming: Naming
    config: MatchingConfig
    proposed: bool
    warnings: tuple[str, ...] = ()


def run(
    request: Request,
    spark: SparkSession,
    config: MatchingConfig | None,
    look: Future[Look | None],
    progress: Progress,
) -> Figures:
    """Match the files that are named; write results and return figures.

    `config` is the given one; `look` is what a look at the files finds and, without a config, proposes; None where a
    file is remote.
    """
    with progress.step("read"):
        seen = look.result()
        given = _given(request, spark, seen, config)
        extra = seen.extra if seen else {}
        truth = read_truth(spark, request.truth, given.inputs, extra.get(request.truth)) if request.truth else None
        labels = read_labels(spark, request.labels, given.inputs, extra.get(request.labels)) if request.labels else None
    with _matched(request, given, truth, labels, progress) as found:
        figures = _first_figures(given, found)
        results = measured = None
        if truth:
            with progress.step("evaluate"):
                results = _results(found, truth)
                measured = results.measure(request.right is not None)
                figures |= _figures(*measured)
        results = results or _results(found)
        readable = Readable(results, given.inputs, found.config, request.show)
        with progress.step("write"):
            figures |= {"matches": readable.matches.total, "to_check": readable.to_check.total}
            if not request.dry_run:
                _write(Path(request.out), request, given, found, readable, figures, measured)
    return figures


def _given(request: Request, spark: SparkSession, seen: Look | None, config: MatchingConfig | None) -> _Given:
    """Return the records and their config, by a look at local files, or through Spark for remote ones."""
    paths = [path for path in (request.left, request.right) if path is not None]
    if seen is not None:
        naming, known = seen.naming, seen.config
        assert naming.id_column is not None
        own = {source: name for (source, _), name in zip(seen.files, naming.ids, strict=True)}
        inputs = replace(local_inputs(spark, seen.files, naming.id_column), own_ids=own)
    else:
        frames = [read_file(spark, path) for path in paths]
        heads = [frame.limit(HEAD).toPandas() for frame in frames]  # bounded by the limit
        naming = name_columns(heads, paths, config, None)
        sources = source_names(request.left, request.right)
        inputs = _remote(frames, naming, sources)
        known = config or _proposed(request, inputs, naming)
    _check_columns(known, inputs)
    return _Given(paths, inputs, naming, known, config is None, seen.warnings if seen else ())


def _remote(frames: Sequence[DataFrame], naming: Naming, sources: Sequence[str]) -> Inputs:
    """Return the records of frames under the names that both files have here."""
    columns = {name: own for name, own in naming.columns.items() if set(own) != {ROW}}
    named = [
        (source, frame.select([quoted(own[side]).alias(name) for name, own in columns.items()]))
        for side, (source, frame) in enumerate(zip(sources, frames, strict=True))
    ]
    return spark_inputs(named, naming.id_column if naming.id_column in columns else None)


def _first_figures(given: _Given, found: _Matched) -> Figures:
    pairs = sum(found.scored.by_rule.values())
    figures: Figures = {
        "pairs_scored": pairs,
        "threshold": found.config.thresholds.accept,
        "blocking": found.scored.by_rule,
        "large_keys": found.large_keys,
        "paired": paired_columns(given.naming, found.config, given.inputs.sources),
        "warnings": [*given.warnings, *comparison_warnings(found.config), *learning_warnings(found.model, pairs)],
    }
    return figures | found.clustering.report


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
    request: Request, given: _Given, truth: Truth | None, labels: DataFrame | None, progress: Progress
) -> Iterator[_Matched]:
    inputs = given.inputs
    held: Held = []
    # Nothing is written to the results' folder before all is known, so the model waits elsewhere.
    beside, folder = ThreadPoolExecutor(1), TemporaryDirectory(prefix="tieout-model-")
    try:
        with progress.step("prepare"):
            prepared = engine.prepare(inputs.local or inputs.records, given.config)
        held.append(prepared)
        if given.proposed:
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
            told = None if labels is None else labelled_pairs(inputs.records, labels, given.config)
            model = engine.train_on(prepared, patterns, told)
        saved = None if request.dry_run else beside.submit(_save, model, Path(folder.name) / "model", here)
        with progress.step("score"):
            scored = engine.score_compared(compared, model, here=here is not None)
        held.append(scored)
        config = _with_sources(model.config, scored, inputs.sources) if given.proposed else model.config
        with progress.step("cluster"):
            scored, clustering = _clustered(prepared, model, scored, config, inputs, labels)
        yield _Matched(config, model, scored, clustering, prepared.large_keys(), here, saved)
    finally:
        beside.shutdown()
        folder.cleanup()
        for one in held:
            one.release()


def _save(model: Model, place: Path, first: Future[Any] | None) -> Path:
    """Save the model for MLflow, unless what came `first` has failed; return where it is.

    What this and the report need takes a second to import, so not before Spark works.
    """
    from tieout.matching.tracking.registry import save_pyfunc

    if first is not None:
        first.result()
    save_pyfunc(model, place)
    importlib.import_module("tieout.report.match_report")
    return place


def _proposed(request: Request, inputs: Inputs, naming: Naming) -> MatchingConfig:
    total = inputs.records.count()
    sample = sample_of(inputs.records, total)
    found = propose(
        sample, records=total, within=True, id_column=inputs.id_column, entity=request.entity, kinds=naming.kinds
    )
    return found.model_copy(update={"files": naming.files})


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
        scored = replace(scored, pairs=one_partner_each(scored.frame(sources.sparkSession), sources).persist())
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
    request: Request,
    given: _Given,
    found: _Matched,
    readable: Readable,
    figures: Figures,
    measured: tuple[ClusterScores, Histogram] | None,
) -> None:
    """Write results and add to the figures where they are; the report comes last, when all else is known."""
    from tieout.match_files.outputs.spreadsheet import write_tables
    from tieout.report.match_report import write_match_report

    results = readable.results
    out.mkdir(parents=True, exist_ok=True)
    results.write(out)
    if found.saved is not None:
        shutil.rmtree(out / "model", ignore_errors=True)
        shutil.move(found.saved.result(), out / "model")
    write_config(out / "config.yml", found.config, given.naming)
    figures["config"] = str(out / "config.yml")
    if request.show:
        rows = results.sizes()
        done = about(given.paths, rows, given.naming, found.model, figures, _command(request))
        figures |= write_tables(out, readable, given.naming, done)
        figures["warnings"] += [figures.pop("cut")] if "cut" in figures else []
    figures["report"] = write_match_report(
        str(out / "report.html"),
        figures,
        files=given.paths,
        levels=level_table(found.model),
        weights=results.weights(found.config.thresholds),
        rules=_rule_table(found.scored.by_rule, found.large_keys),
        calibration=measured[1].calibration() if measured else None,
        curve=measured[1].curve(measured[0].actual) if measured else None,
        thresholds=found.config.thresholds.model_dump(),
        examples=readable.examples(),
        fields=[field.name for field in readable.fields],
    )


def _command(request: Request) -> str:
    """Return the command as it can be typed again."""
    words = ["tieout match", request.left, *([request.right] if request.right else []), "--out", request.out]
    for name in ("truth", "labels"):
        words += [f"--{name}", getattr(request, name)] if getattr(request, name) else []
    return " ".join(str(word) for word in words)


def _rule_table(by_rule: dict[str, int], large_keys: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rule, pairs and accepted (not counted by rule) for the report, keys that are too large named beside."""
    rows = list(by_rule.items())
    for key in large_keys[:5]:
        parted = f"parted by {', '.join(key['added'])}" if key["rule"] in by_rule else "no rule of its own"
        rows.append((f"{key['rule']} = {key['value']}: {key['records']:,} records, {parted}", 0))
    return pd.DataFrame(rows, columns=["rule", "pairs"]).assign(accepted=0)
