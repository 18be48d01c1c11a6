"""The use case of `tieout match`: prepare, compare, train, score, cluster, measure and write, once Spark runs."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ConfigError
from tieout.identity.clustering.clusters import Clustering, cluster
from tieout.identity.clustering.reconsider import reconsideration
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.evaluation.scores import ClusterScores, Histogram
from tieout.match_files.inputs.look import Look
from tieout.match_files.inputs.naming import Naming
from tieout.match_files.outputs.about import about, comparison_warnings, learning_warnings, paired_columns
from tieout.match_files.outputs.readable import readable
from tieout.match_files.outputs.results import Results
from tieout.match_files.outputs.written_config import write_config
from tieout.match_files.request import Request
from tieout.matching import engine
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.inputs import Inputs, inputs_of, read_labels
from tieout.matching.model import Model
from tieout.matching.scoring.one_to_one import one_partner_each
from tieout.matching.scoring.truth import Truth, read_truth
from tieout.matching.training.charts import level_table
from tieout.matching.training.labels import labelled_pairs
from tieout.platform.progress import Progress

# Sources are free of duplicates when they have fewer sure pairs of their own than this share of those between
# them. What is not sure says little: where many things look alike, some pairs of one source do by chance.
FREE_OF_DUPLICATES = 0.02

Figures = dict[str, Any]


@dataclass(frozen=True)
class _Given:
    """What is matched: the records, what their columns are called, the config, given or proposed, and known answers."""

    paths: list[str]
    inputs: Inputs
    naming: Naming
    config: MatchingConfig
    proposed: bool
    truth: Truth | None
    labels: DataFrame | None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Matched:
    """What was found. `saved` is the model."""

    config: MatchingConfig
    model: Model
    scored: engine.Scored
    clustering: Clustering
    large_keys: list[dict[str, Any]]
    saved: Future[Path] | None


def run(
    request: Request,
    spark: SparkSession,
    config: MatchingConfig | None,
    look: Future[Look],
    progress: Progress,
) -> Figures:
    """Match the files that are named; write results and return figures.

    `config` is the given one; `look` is what a look at the files finds and, without a config, proposes.
    """
    with progress.step("read"):
        given = _given(request, spark, look.result(), config is None)
    with _matched(request, given, progress) as found, ExitStack() as held:
        figures = _first_figures(given, found)
        measured = None
        with progress.step("evaluate"):
            results = Results.of(found.clustering.assignments, found.scored.pairs, given.inputs.sources)
            held.callback(results.release)
            if given.truth:
                measured = results.measure(given.truth, request.right is not None)
                figures |= _figures(*measured)
        with progress.step("write"):
            counts = results.counts(found.config.thresholds)
            figures |= _totals(counts)
            if not request.dry_run:
                _write(Path(request.out), request, given, found, results, counts, figures, measured)
    return figures


def _given(request: Request, spark: SparkSession, seen: Look, proposed: bool) -> _Given:
    """Return the records, their config and known answers."""
    names, naming = list(seen.naming.columns), seen.naming
    own = dict(zip(seen.files, naming.ids, strict=True))
    frames = {source: table.frame(spark, names) for source, table in seen.files.items()}
    inputs = inputs_of(frames, naming.id_column, {source: table.rows for source, table in seen.files.items()}, own)
    _check_columns(seen.config, inputs)
    answers = {path: table.frame(spark, table.names) for path, table in seen.extra.items()}
    truth = read_truth(answers[request.truth], request.truth, inputs) if request.truth else None
    labels = read_labels(answers[request.labels], request.labels, inputs) if request.labels else None
    paths = [path for path in (request.left, request.right) if path is not None]
    return _Given(paths, inputs, naming, seen.config, proposed, truth, labels, seen.warnings)


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


def _figures(scores: ClusterScores, quality: Histogram) -> Figures:
    return scores.figures() | {
        "ece": round(quality.calibration_error(), 6),
        "truth_recall_of_blocking": round(quality.same() / max(scores.actual, 1), 6),
    }


def _totals(counts: pd.DataFrame) -> dict[str, int]:
    """Return the number of pairs in clusters, and of others that a person should look at."""
    waiting = ~counts["linked"] & (counts["status"] != "rejected")
    return {
        "matches": int(counts.loc[counts["linked"], "pairs"].sum()),
        "to_check": int(counts.loc[waiting, "pairs"].sum()),
    }


@contextmanager
def _matched(request: Request, given: _Given, progress: Progress) -> Iterator[_Matched]:
    inputs = given.inputs
    with ExitStack() as held, ThreadPoolExecutor(1) as beside:
        with progress.step("prepare"):
            prepared = engine.prepare(inputs.records, given.config, sizes=inputs.sizes)
        held.callback(prepared.release)
        if given.proposed:
            with progress.step("select rules"):
                prepared = engine.select(prepared)
        with progress.step("compare"):
            compared = engine.compare(prepared).persist()
            held.callback(compared.release)
            # What needs one processor is done beside what needs one: this while the model is fitted.
            unique = beside.submit(inputs.check_keys)
            told = None if given.labels is None else labelled_pairs(inputs.records, given.labels, given.config)
            model = engine.fit(compared, told).model
        # Nothing is written to the results' folder before all is known, so the model waits elsewhere.
        folder = held.enter_context(TemporaryDirectory(prefix="tieout-model-"))
        saved = None if request.dry_run else beside.submit(_save, model, Path(folder) / "model", unique)
        with progress.step("score"):
            scored = engine.score(compared, model)
        held.callback(scored.release)
        config = _with_sources(model.config, scored, inputs.sources) if given.proposed else model.config
        with progress.step("cluster"):
            scored = _rivalled(scored, config, inputs)
            held.callback(scored.pairs.unpersist)
            clustering = _clustered(prepared, model, scored, config, inputs, given.labels)
        unique.result()
        yield _Matched(config, model, scored, clustering, prepared.large_keys(), saved)


def _save(model: Model, place: Path, first: Future[None]) -> Path:
    """Save the model for MLflow, unless what came `first` has failed; return where it is.

    What this, the workbook and the report need takes a second to import, so not before Spark works.
    """
    from tieout.matching.tracking.registry import save_pyfunc

    first.result()
    save_pyfunc(model, place)
    for name in ("tieout.match_files.outputs.spreadsheet", "tieout.report.match_report"):
        importlib.import_module(name)
    return place


def _rivalled(scored: engine.Scored, config: MatchingConfig, inputs: Inputs) -> engine.Scored:
    """Weigh pairs against their rivals where both sources are free of duplicates; the pairs are persisted."""
    if len(inputs.sources) < 2 or not set(inputs.sources) <= set(config.clusters.one_to_one):
        return scored
    pairs = one_partner_each(scored.pairs, inputs.records.select("record_id", "source"))
    return replace(scored, pairs=pairs.persist())


def _clustered(
    prepared: engine.Prepared,
    model: Model,
    scored: engine.Scored,
    config: MatchingConfig,
    inputs: Inputs,
    labels: DataFrame | None,
) -> Clustering:
    again = reconsideration(prepared.frame, model)
    return cluster(
        inputs.records, scored.pairs, ClusterSettings.of(config), labels, again, ("source", "_id"), prepared.records,
        scored.number,
    )  # fmt: skip


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
    results: Results,
    counts: pd.DataFrame,
    figures: Figures,
    measured: tuple[ClusterScores, Histogram] | None,
) -> None:
    """Write results and add to the figures where they are; the report comes last, when all else is known."""
    from tieout.match_files.outputs.spreadsheet import write_tables
    from tieout.report.match_report import write_match_report

    alone = figures["records"] - figures["linked_records"]
    totals = {name: figures[name] for name in ("matches", "to_check")}
    totals |= {"clusters": figures["linked_records"], "unmatched": alone}
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as beside:
        written = beside.submit(results.write, out)
        shown = readable(results, given.inputs, found.config, totals, request.show)
        written.result()
    if found.saved is not None:
        shutil.rmtree(out / "model", ignore_errors=True)
        shutil.move(found.saved.result(), out / "model")
    write_config(out / "config.yml", found.config, given.naming)
    figures["config"] = str(out / "config.yml")
    if request.show:
        done = about(given.paths, given.inputs.sizes, given.naming, found.model, figures, _command(request))
        figures |= write_tables(out, shown, given.naming, done)
        figures["warnings"] += [figures.pop("cut")] if "cut" in figures else []
    weights = counts.groupby(["weight", "status"])[["pairs"]].sum().reset_index()
    figures["report"] = write_match_report(
        str(out / "report.html"),
        figures,
        files=given.paths,
        levels=level_table(found.model),
        weights=weights,
        rules=_rule_table(found.scored.by_rule, found.large_keys),
        calibration=measured[1].calibration() if measured else None,
        curve=measured[1].curve(measured[0].actual) if measured else None,
        thresholds=found.config.thresholds.model_dump(),
        examples=shown.examples,
        fields=[field.name for field in shown.fields],
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
