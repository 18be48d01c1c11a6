"""What every lakehouse job works with: session, tables, config and the run's record.

Where the tables are is decided here: `--root` or `--catalog`, else `TIEOUT_ROOT`, else what `tieout.yml` says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tieout.config import Config, load_config
from tieout.errors import ConfigError, UsageError
from tieout.lakehouse.runs import Run
from tieout.lakehouse.tables import LAYERS, Lakehouse
from tieout.platform.progress import Progress
from tieout.platform.session import get_spark, is_small, local_path

ROOT_VARIABLE = "TIEOUT_ROOT"
# Where a lakehouse is looked for, to name it, when there is none where it should be.
USUAL_ROOTS = ("demo/lakehouse", "lakehouse")
# Jobs that do not need each other run two at a time: while one waits for the driver, the other keeps
# the cores busy.
AT_A_TIME = 2


@dataclass(frozen=True)
class Context:
    """What a job works with."""

    spark: SparkSession
    lake: Lakehouse
    config: Config
    run: Run
    progress: Progress = field(default_factory=lambda: Progress(quiet=True))

    @contextmanager
    def reported(self, step: str) -> Iterator[dict[str, Any]]:
        """Time a step and report it with what is put into the yielded dict; or that it was skipped, and since when."""
        with self.progress.step(step) as said:
            yield said
            since = self.run.finished.skipped.get(step)
            if since is not None:
                said.clear()
                said["skipped, unchanged since run"] = since

    @contextmanager
    def recording(self, verb: str, **arguments: Any) -> Iterator[Context]:
        """Yield this context with a run of its own, which is recorded when the block ends."""
        with Run(self.lake, verb, arguments) as run:
            try:
                yield replace(self, run=run)
            except ConfigError as error:
                raise self.config.located(error) from error

    @property
    def tracking_uri(self) -> str:
        """Return the MLflow tracking URI, with `{root}` replaced by the lakehouse's local root."""
        root = local_path(self.lake.root or ".")
        return self.config.project.mlflow.tracking_uri.format(root=root)


def open_lakehouse(
    config: Config,
    verb: str,
    *,
    root: str | None = None,
    catalog: str | None = None,
    reads: Sequence[str | None] = (),
    conf: dict[str, str] | None = None,
    small: bool | None = None,
    creates: bool = False,
) -> Lakehouse:
    """Start Spark and open the tables, see `find_lakehouse`; nothing is recorded.

    `small` tells whether there is little data; without it, that is looked up, in the lakehouse and in what the verb
    `reads`. Raises UsageError when there is no lakehouse, unless the verb `creates` one.
    """
    location = find_lakehouse(config, root, catalog)
    if not creates:
        _require_local(location)
    if small is None:
        small = is_small([location.root, *reads])
    spark = get_spark(f"tieout {verb}", conf=conf, small=small)
    lake = Lakehouse(spark, root=location.root, catalog=location.catalog)
    if not creates and not lake.is_local and not _has_tables(lake):
        raise UsageError(f"no lakehouse at {location.name}")
    return lake


@dataclass(frozen=True)
class LakehouseLocation:
    """Where the tables are: a root (an absolute path or a URI) or a catalog, and who said so."""

    root: str | None
    catalog: str | None
    set_by: str

    @property
    def name(self) -> str:
        """Return the place for a message."""
        return f"{self.root or self.catalog} ({self.set_by})"


def find_lakehouse(config: Config, root: str | None = None, catalog: str | None = None) -> LakehouseLocation:
    """Return where the tables are: as given, else by `TIEOUT_ROOT`, else by the project's settings."""
    if root == "" or catalog == "":
        raise UsageError("--root and --catalog: give a folder, a URI or a name; found nothing")
    project, variable = config.project, os.environ.get(ROOT_VARIABLE)
    if catalog:
        return LakehouseLocation(None, catalog, "--catalog")
    if root or variable:
        return LakehouseLocation(local_path(str(root or variable)), None, "--root" if root else ROOT_VARIABLE)
    set_by = str(config.directory / "tieout.yml")
    return LakehouseLocation(None if project.catalog else local_path(project.root), project.catalog, set_by)


def is_lakehouse(root: str | Path) -> bool:
    """Tell whether there is a table under a folder of this machine."""
    return any(next(Path(root, layer).glob("*/_delta_log"), None) is not None for layer in LAYERS)


def _require_local(location: LakehouseLocation) -> None:
    """Raise UsageError, before Spark starts, for a folder of this machine that holds no table."""
    if location.root is None or "://" in location.root or is_lakehouse(location.root):
        return
    others = [root for root in (*USUAL_ROOTS, f"{location.root}/lakehouse") if is_lakehouse(root)]
    if others:
        hint = f"there is one at {others[0]}: give --root {others[0]}, or set {ROOT_VARIABLE}"
    else:
        hint = "`tieout run --input EXPORTS` makes one there, `tieout demo` one of sample data"
    raise UsageError(f"no lakehouse at {location.name}; {hint}")


def _has_tables(lake: Lakehouse) -> bool:
    return lake.exists("ops", "run") or any(lake.tables(layer) for layer in LAYERS)


@contextmanager
def open_context(
    verb: str,
    config_directory: str | Path,
    *,
    root: str | None = None,
    catalog: str | None = None,
    systems: list[str] | None = None,
    reads: Sequence[str | None] = (),
    arguments: Mapping[str, Any] | None = None,
    small: bool | None = None,
    creates: bool = False,
    record: bool = True,
    as_json: bool = False,
) -> Iterator[Context]:
    """Load the config, start Spark if it is not running yet, open the tables, record the run with its `arguments`.

    The config is checked before Spark starts, so a typing error costs a second. `reads`, `small` and `creates`:
    see `open_lakehouse`. A verb that only reads does not `record` its run: it works on a lakehouse that it may
    not write to.
    """
    config = load_config(Path(config_directory), systems)
    lake = open_lakehouse(
        config, verb, root=root, catalog=catalog, reads=reads, conf=_drivers(config), small=small, creates=creates
    )
    run = Run(lake, verb, dict(arguments or {}))
    with run if record else nullcontext():
        try:
            yield Context(lake.spark, lake, config, run, Progress(run.run_id, as_json=as_json))
        except ConfigError as error:
            raise config.located(error) from error


def _drivers(config: Config) -> dict[str, str] | None:
    """Return the setting for the database drivers that the sources name: a JVM that runs cannot be given any."""
    wanted = config.driver_packages()
    return {"spark.jars.packages": ",".join(wanted)} if wanted else None
