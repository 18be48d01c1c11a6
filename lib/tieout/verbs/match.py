"""`tieout match`: which records of any one or two files are the same? Outside the lakehouse."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyspark.sql import SparkSession
from rich.console import Console
from rich.table import Table

from tieout.config.base import read_model
from tieout.config.matching import MatchingConfig
from tieout.errors import ConfigError, UsageError
from tieout.matching.memory import PeakMemory
from tieout.progress import Progress
from tieout.session import CODE_CACHE, get_spark, is_small, workers_here

HELP = "link two files of records, or find the duplicates of one"
SMALL_BYTES = 50_000_000
# The work is done by Python workers; the JVM should move bytes and leave them the processors: what little code of its
# own it runs is not worth the better compiler's time.
LARGE_CONF = {
    "spark.driver.extraJavaOptions": f"{CODE_CACHE} -XX:+UseParallelGC -XX:TieredStopAtLevel=1",
    "spark.sql.inMemoryColumnarStorage.compressed": "false",
    # Results that fit the driver are fetched whole, see `_results_here`.
    "spark.driver.maxResultSize": "2g",
    # What is large comes compressed.
    "spark.shuffle.compress": "false",
    # Joins are of ids and numbers: what one task joins fits its memory, and need not be sorted for it.
    "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "128m",
    "spark.sql.autoBroadcastJoinThreshold": "64m",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the files, what is known about them and where results go."""
    parser.add_argument("left", metavar="LEFT", help="CSV or Parquet file or folder")
    parser.add_argument("right", metavar="RIGHT", nargs="?", help="second file; without it, duplicates of LEFT")
    parser.add_argument("--out", required=True, metavar="DIR", help="folder for results")
    parser.add_argument("--truth", metavar="F", help="known answers: columns id_l,id_r or id,cluster")
    parser.add_argument("--labels", metavar="F", help="people's answers to learn from: columns id_l,id_r,match")
    parser.add_argument("--entity", default="record", help="what a record is, for names and reports")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Match the files, write results to `--out`, and return the figures."""
    given = _given_config(args.config)
    for path in (args.left, args.right, args.truth, args.labels):
        if path is not None and "://" not in path and not Path(path).exists():
            raise UsageError(f"{path}: no such file")
    progress = Progress("match")
    with PeakMemory() as memory, ThreadPoolExecutor(1) as beside, ThreadPoolExecutor(1) as before:
        with progress.step("start"):
            # The libraries take as long to import as the JVM to start, and a first look at the files needs no JVM.
            job = beside.submit(importlib.import_module, "tieout.verbs._match_job")
            look = beside.submit(_first_look, args) if given is None else None
            small = is_small([args.left, args.right], SMALL_BYTES)
            spark = get_spark("tieout match", conf=None if small else LARGE_CONF, small=small, delta=False)
            before.submit(warm_up, spark)
            run = job.result().run
        figures: dict[str, Any] = run(args, spark, given, look, progress)
    figures["peak_rss_gb"] = memory.gigabytes
    figures["seconds"] = progress.seconds | {"total": round(sum(progress.seconds.values()), 1)}
    scoring = progress.seconds["compare"] + progress.seconds["score"]
    figures["pairs_per_second"] = round(figures["pairs_scored"] / max(scoring, 0.1))
    return figures


def warm_up(spark: SparkSession) -> None:
    """Have each of this machine's workers started, and its libraries imported, while the files are looked at."""
    workers = workers_here(spark)
    if workers:
        spark.range(0, workers, 1, workers).mapInArrow(_warmed, "id bigint").toArrow()  # a row a worker


def _warmed(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    importlib.import_module("tieout.matching.compared")
    yield from batches


def _first_look(args: argparse.Namespace) -> Any:
    from tieout.matching.first_look import first_look

    return first_look(args.left, args.right, args.entity)


def _given_config(path: str | None) -> MatchingConfig | None:
    """Return the config file; a folder, which is what --config is for other verbs, stands for none."""
    if path is None or Path(path).is_dir():
        return None
    if not Path(path).exists():
        if path == "conf":
            return None
        raise ConfigError(f"{path}: no such config file")
    return read_model(Path(path), MatchingConfig)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was found."""
    table = Table("records", "clusters", "pairs compared", "largest cluster", "cut")
    names = ("records", "clusters", "pairs_scored", "largest_cluster", "cut_edges")
    table.add_row(*(f"{figures[name]:,}" for name in names))
    console.print(table)
    for key in figures.get("large_keys", [])[:3]:
        console.print(f"{key['records']:,} records share {key['rule']} = {key['value']}")
    if "f1" in figures:
        console.print(
            f"precision {figures['precision']:.4f}  recall {figures['recall']:.4f}  F1 {figures['f1']:.4f}  "
            f"B3 F1 {figures['b3_f1']:.4f}  calibration error {figures['ece']:.4f}"
        )
    if "report" in figures:
        console.print(f"report: {figures['report']}")
