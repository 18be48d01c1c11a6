"""What every lakehouse job needs: session, tables, config and the run's record."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import SparkSession

from tieout.config import Config, load_config
from tieout.lakehouse import Lakehouse
from tieout.runs import Run
from tieout.session import get_spark, is_small, local_path

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

    @property
    def tracking_uri(self) -> str:
        """Return the MLflow tracking URI, with `{root}` replaced by the lakehouse's local root."""
        root = local_path(self.lake.root or ".")
        return self.config.project.mlflow.tracking_uri.format(root=root)


def open_lakehouse(
    args: argparse.Namespace,
    config: Config,
    verb: str,
    conf: dict[str, str] | None = None,
    *,
    small: bool | None = None,
) -> Lakehouse:
    """Start Spark and open the tables that the arguments or else the project name; nothing is recorded.

    `small` tells whether there is little data; without it, that is looked up.
    """
    root, catalog = args.root, args.catalog
    if root is None and catalog is None:
        catalog = config.project.catalog
        root = None if catalog else config.project.root
    if small is None:
        small = is_small([root, getattr(args, "input", None)])
    spark = get_spark(f"tieout {verb}", conf=conf, small=small)
    return Lakehouse(spark, root=local_path(root) if root else None, catalog=catalog)


@contextmanager
def open_context(
    args: argparse.Namespace, verb: str, conf: dict[str, str] | None = None, *, small: bool | None = None
) -> Iterator[Context]:
    """Load the config, start Spark (with `conf`, if it is not running yet), open the tables, record the run.

    The config is checked before Spark starts, so a typing error costs a second. `small`: see `open_lakehouse`.
    """
    systems = getattr(args, "systems", None)
    config = load_config(Path(args.config), systems.split(",") if systems else None)
    lake = open_lakehouse(args, config, verb, _with_drivers(config, conf), small=small)
    with Run(lake, verb, {k: v for k, v in vars(args).items() if k != "handler"}) as run:
        yield Context(lake.spark, lake, config, run)


def _with_drivers(config: Config, conf: dict[str, str] | None) -> dict[str, str] | None:
    """Add the database drivers that the sources name: a JVM that runs cannot be given any."""
    wanted = config.driver_packages()
    if not wanted:
        return conf
    given = (conf or {}).get("spark.jars.packages")
    return (conf or {}) | {"spark.jars.packages": ",".join([*([given] if given else []), *wanted])}
