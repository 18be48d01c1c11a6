"""Start of a match of files: the JVM, the libraries and a first look at the files, side by side."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tieout.config.base import read_model
from tieout.config.models.matching import MatchingConfig
from tieout.errors import ConfigError, UsageError
from tieout.match_files.request import Request
from tieout.platform.directories import shipped_config
from tieout.platform.progress import Progress

# Imported before a thread imports more: of modules that import each other, two threads see unfinished ones.
from tieout.platform.session import CODE_CACHE, get_spark, is_small, workers_here

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from tieout.match_files.inputs.look import Look

SMALL_BYTES = 50_000_000


def match(request: Request, progress: Progress) -> dict[str, Any]:
    """Match the files, write results to the folder `out`, and return the figures.

    Raises UsageError for a file that is not there or cannot be read, ConfigError for a config that does not fit.
    """
    given = _given_config(request.config)
    for path in (request.left, request.right, request.truth, request.labels):
        if path is not None and "://" not in path and not Path(path).exists():
            raise UsageError(f"{path}: no such file")
    with TemporaryDirectory(prefix="tieout-match-") as folder, ThreadPoolExecutor(3) as beside:
        with progress.step("start"):
            # Libraries take as long to import as the JVM to start, and a first look at the files needs no JVM.
            started: Future[SparkSession] = Future()
            look = beside.submit(_look, request, given, Path(folder), started)
            try:
                spark = _session(request)
            except BaseException:
                started.cancel()  # whoever waits for it would wait for ever
                raise
            started.set_result(spark)
            beside.submit(warm_up, spark)
        from tieout.match_files.job import run
        from tieout.platform.memory import PeakMemory

        with PeakMemory() as memory:
            figures: dict[str, Any] = run(request, spark, given, look, progress)
    figures["peak_rss_gb"] = memory.gigabytes
    figures["seconds"] = progress.seconds | {"total": round(sum(progress.seconds.values()), 1)}
    scoring = progress.seconds["compare"] + progress.seconds["score"]
    figures["pairs_per_second"] = round(figures["pairs_scored"] / max(scoring, 0.1))
    return figures


def _look(request: Request, given: MatchingConfig | None, folder: Path, started: Future[SparkSession]) -> Look:
    from tieout.match_files.inputs.look import look

    paths = [path for path in (request.left, request.right) if path is not None]
    extra = [path for path in (request.truth, request.labels) if path is not None]
    found = look(paths, request.entity, folder, started.result, given, _words_directory(request.config), extra)
    # What the rest of the job needs, imported while the JVM starts.
    importlib.import_module("tieout.match_files.job")
    return found


def _words_directory(config: str | None) -> Path | None:
    """Return the config directory whose `words.yml` tells what columns are called: given, here, or shipped."""
    folders = [Path(folder) for folder in (config, "conf", shipped_config()) if folder is not None]
    return next((folder for folder in folders if (folder / "words.yml").is_file()), None)


def _session(request: Request) -> SparkSession:
    # The work is done by Python workers; the JVM should move bytes and leave them the processors: what little code of
    # its own it runs is not worth the better compiler's time.
    conf = {
        "spark.driver.extraJavaOptions": f"{CODE_CACHE} -XX:+UseParallelGC -XX:TieredStopAtLevel=1",
        "spark.sql.inMemoryColumnarStorage.compressed": "false",
        # The pairs that the driver clusters are fetched whole.
        "spark.driver.maxResultSize": "2g",
        # What is large comes compressed.
        "spark.shuffle.compress": "false",
        # Joins are of ids and numbers: what one task joins fits its memory, and need not be sorted for it.
        "spark.sql.adaptive.maxShuffledHashJoinLocalMapThreshold": "128m",
        "spark.sql.autoBroadcastJoinThreshold": "64m",
    }
    return get_spark("tieout match", conf=conf, small=is_small([request.left, request.right], SMALL_BYTES), delta=False)


def warm_up(spark: SparkSession) -> None:
    """Have each of this machine's workers started, and its libraries imported, while the files are looked at."""
    workers = workers_here(spark)
    if workers:
        spark.range(0, workers, 1, workers).mapInArrow(_warmed, "id bigint").toArrow()  # a row a worker


def _warmed(batches: Iterable[pa.RecordBatch]) -> Iterable[pa.RecordBatch]:
    importlib.import_module("tieout.matching.comparing.compared")
    yield from batches


def _given_config(path: str | None) -> MatchingConfig | None:
    """Return the config file; a folder, which is what --config is for other verbs, stands for none."""
    if path is None or Path(path).is_dir():
        return None
    if not Path(path).exists():
        if path == "conf":
            return None
        raise ConfigError(f"{path}: no such config file")
    return read_model(Path(path), MatchingConfig)
