"""How good are the published identities, measured against known truth?"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from rich.console import Console
from rich.table import Table

from tieout.context import Context, open_context
from tieout.errors import UsageError
from tieout.identity.evaluation import evaluate_entity

HELP = "measure matching against known truth"
COLUMNS = ("source_system", "source_id", "true_id")
SHOWN = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece", "blocking_recall")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the truth is."""
    parser.add_argument(
        "--truth",
        required=True,
        metavar="URI",
        help=f"folder with <entity>/*.csv of {','.join(COLUMNS)}, or one such file (then give --entity)",
    )
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that truth knows")
    parser.add_argument("--out", metavar="FILE", help="also write every figure, with the curve, as JSON")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; return the figures by entity."""
    with open_context(args, "evaluate") as context:
        figures = evaluate(context, args.truth, args.entity.split(",") if args.entity else None)
    if args.out and not args.dry_run:
        Path(args.out).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def evaluate(context: Context, truth_uri: str, entities: list[str] | None = None) -> dict[str, Any]:
    """Measure the crosswalk against the truth in `<truth_uri>/<entity>/*.csv`.

    Returns the figures of `evaluate_entity` by entity. Raises UsageError when nothing was resolved yet,
    or when the truth has no file for any entity, lacks a column or knows none of the records.
    """
    lake = context.lake
    if not lake.exists("match", "crosswalk"):
        raise UsageError("There is no match.crosswalk yet: run `tieout resolve` (or `tieout run`) first.")
    crosswalk, pairs = lake.read("match", "crosswalk"), lake.read("match", "pair")
    figures: dict[str, Any] = {}
    for entity in entities or list(context.config.matching):
        truth = read_truth(context, truth_uri, entity, alone=entities is not None and len(entities) == 1)
        if truth is None:
            continue
        mine = F.col("entity") == entity
        figures[entity] = evaluate_entity(crosswalk.where(mine), pairs.where(mine), truth, entity)
        _check(figures[entity], entity, truth_uri)
        counts = {name: value for name, value in figures[entity].items() if isinstance(value, int)}
        ratios = {name: figures[entity][name] for name in SHOWN}
        context.run.step("evaluate", entity=entity, details=ratios, **counts)  # type: ignore[arg-type]
    if not figures:
        wanted = ", ".join(f"{entity}/*.csv" for entity in entities or context.config.matching)
        raise UsageError(f"--truth {truth_uri}: no {wanted} there")
    return figures


def read_truth(context: Context, uri: str, entity: str, alone: bool) -> DataFrame | None:
    """Return the truth of one entity as text columns; None where there is no file.

    With `alone`, `uri` may be the file itself. Raises UsageError for missing columns.
    """
    place = uri if alone and uri.endswith(".csv") else f"{uri.rstrip('/')}/{entity}"
    try:
        truth = context.spark.read.csv(place, header=True)
    except AnalysisException:
        return None
    missing = [name for name in COLUMNS if name not in truth.columns]
    if missing:
        found = ", ".join(truth.columns)
        raise UsageError(f"{place}: no column {', '.join(missing)}; found {found}; want {', '.join(COLUMNS)}")
    return truth.select(*COLUMNS)


def _check(figures: dict[str, Any], entity: str, uri: str) -> None:
    if figures["records"] == 0:
        coverage = figures["coverage"]
        raise UsageError(
            f"--truth {uri}: none of its {coverage['only_in_truth']:,} {entity} records is among the "
            f"{coverage['only_in_crosswalk']:,} in match.crosswalk; compare source_system and source_id"
        )


def render(figures: dict[str, Any], console: Console) -> None:
    """Print a line an entity."""
    table = Table("entity", "records", *SHOWN, box=None)
    for entity, measured in figures.items():
        ratios = [f"{measured[name]:.4f}" if name in measured else "-" for name in SHOWN]
        table.add_row(entity, f"{measured['records']:,}", *ratios)
    console.print(table)
