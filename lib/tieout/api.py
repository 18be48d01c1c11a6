"""The public functions of `tieout`, as a notebook or another program calls them; `tieout/__init__.py` shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame

from tieout.bronze import ingest as bronze
from tieout.config import load_config
from tieout.config.models.definitions import merge
from tieout.gold import ask as questions
from tieout.gold import publish as gold
from tieout.gold.questions import find_question, parse_arguments
from tieout.lakehouse import context as opening
from tieout.lakehouse.context import Context
from tieout.lakehouse.runs import Run
from tieout.match_files.request import Request
from tieout.match_files.start import match as match_files
from tieout.pipeline import evaluate as evaluation
from tieout.pipeline import resolve as resolution
from tieout.pipeline import run as pipeline
from tieout.pipeline import train as training
from tieout.platform.directories import default_config
from tieout.platform.progress import Progress
from tieout.silver import conform as silver

Figures = dict[str, Any]
Records = str | Path | pd.DataFrame | DataFrame


def open_lakehouse(
    root: str | Path | None = None,
    *,
    catalog: str | None = None,
    config: str | Path | None = None,
    systems: Sequence[str] | None = None,
    create: bool = False,
) -> Context:
    """Start Spark, or take the session that runs, and open the tables of a lakehouse.

    `root` is a folder or URI, `catalog` a Spark catalog instead; without either, the tables are where `TIEOUT_ROOT`
    or `tieout.yml` says. `config` is the config directory: by default `TIEOUT_CONFIG`, `conf` here, or what the
    package ships. `systems` replaces the project's list of sources; `create` allows a place without tables yet.

    The result has `spark`, `lake` (`lake.read("gold", "customer")` is a DataFrame), `config`, and is what the other
    functions take. Raises ConfigError for a config that is wrong, UsageError where there is no lakehouse or no Java.
    """
    settings = load_config(Path(config or default_config()), None if systems is None else list(systems))
    place = None if root is None else str(root)
    lake = opening.open_lakehouse(settings, "python", root=place, catalog=catalog, creates=create)
    return Context(lake.spark, lake, settings, Run(lake, "python"))


def ingest(lakehouse: Context, exports: str | Path, *, full: bool = False) -> Figures:
    """Read the exports of every system into bronze, each file once; see `tieout.bronze.ingest.ingest`."""
    with lakehouse.recording("ingest", input=str(exports)) as context:
        return bronze.ingest(context, str(exports), full=full)


def conform(lakehouse: Context, *, full: bool = False) -> Figures:
    """Map bronze into silver through the quality gates; see `tieout.silver.conform.conform`."""
    with lakehouse.recording("conform") as context:
        return silver.conform(context, full=full)


def train(lakehouse: Context, entities: Sequence[str] | None = None, *, promote: bool = False) -> Figures:
    """Learn a matching model for each entity and register it in MLflow; see `tieout.pipeline.train.train`."""
    with lakehouse.recording("train", entity=_listed(entities)) as context:
        return training.train(context, _listed(entities), promote=promote)


def resolve(lakehouse: Context, entities: Sequence[str] | None = None, *, full: bool = False) -> Figures:
    """Find which source records are one customer, person or product; see `tieout.pipeline.resolve.resolve`."""
    with lakehouse.recording("resolve", entity=_listed(entities)) as context:
        return resolution.resolve(context, _listed(entities), force=full)


def publish(lakehouse: Context, as_of: date | str | None = None, *, full: bool = False) -> Figures:
    """Write the gold tables; see `tieout.gold.publish.publish`."""
    with lakehouse.recording("publish", as_of=as_of) as context:
        return gold.publish(context, as_of, full=full)


def evaluate(lakehouse: Context, truth: str | Path, entities: Sequence[str] | None = None) -> Figures:
    """Measure published identities and reasons against known truth; see `tieout.pipeline.evaluate.evaluate`."""
    with lakehouse.recording("evaluate", truth=str(truth)) as context:
        return evaluation.evaluate(context, str(truth), _listed(entities))


def run(lakehouse: Context, exports: str | Path, *, truth: str | Path | None = None, full: bool = False) -> Figures:
    """Ingest, conform, train where there is no model, resolve, publish and write the report."""
    with lakehouse.recording("run", input=str(exports)) as context:
        known = None if truth is None else str(truth)
        return pipeline.run_all(context, str(exports), truth=known, full=full)


def ask(lakehouse: Context, question: str, *, limit: int = 50, **arguments: Any) -> pd.DataFrame:
    """Answer a named business question of `conf/definitions/` from gold, in at most `limit` rows.

    `arguments` are those of the question. Raises UsageError for an unknown question or argument, a value out of its
    range, or where gold was not published.
    """
    named = find_question(question, merge(lakehouse.config.definitions.values()).questions)
    typed = parse_arguments(named, [f"{name}={value}" for name, value in arguments.items()])
    answer = questions.ask(lakehouse, named, typed, limit)
    return pd.DataFrame(answer["rows"], columns=list(answer["columns"]))


@dataclass(frozen=True)
class Matches:
    """What a match found.

    `pairs` has `source_l, id_l, source_r, id_r` (the two records in either order), `match_probability`, `match_weight`
    and a level a comparison; `clusters` has `source, id, cluster_id, confidence` of every record; `figures` is what
    `tieout match --json` prints.
    """

    pairs: pd.DataFrame
    clusters: pd.DataFrame
    figures: Figures


def match(
    left: Records,
    right: Records | None = None,
    *,
    out: str | Path | None = None,
    config: str | Path | None = None,
    truth: str | Path | None = None,
    labels: str | Path | None = None,
    entity: str = "record",
) -> Matches:
    """Find which records of two files or DataFrames are the same, or the duplicates of one.

    `left` and `right` are paths, or DataFrames of pandas or Spark, whose records then have the sources `left` and
    `right`. With `out`, the folder keeps workbook, report, model and the config that was used; see docs/match.md.
    Raises UsageError for records that cannot be read, ConfigError for a config that does not fit them.
    """
    with TemporaryDirectory(prefix="tieout-match-") as folder:
        target = Path(out or f"{folder}/out")
        request = Request(
            left=_file(left, Path(folder, "left.parquet")),
            right=None if right is None else _file(right, Path(folder, "right.parquet")),
            out=str(target),
            config=_text(config),
            truth=_text(truth),
            labels=_text(labels),
            entity=entity,
            show=Request.show if out else 0,
        )
        figures = match_files(request, Progress("match", quiet=True))
        pairs, clusters = (pd.read_parquet(target / f"{name}.parquet") for name in ("pairs", "clusters"))
        return Matches(pairs, clusters, figures)


def _file(records: Records, path: Path) -> str:
    """Return the path of the records, written to `path` where they are a DataFrame."""
    if isinstance(records, pd.DataFrame):
        records.to_parquet(path, index=False)
    elif isinstance(records, DataFrame):
        records.write.parquet(str(path))
    else:
        return str(records)
    return str(path)


def _text(path: str | Path | None) -> str | None:
    return None if path is None else str(path)


def _listed(names: Sequence[str] | None) -> list[str] | None:
    return None if names is None else list(names)
