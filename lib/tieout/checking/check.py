"""The whole check: files, names, code lists and SQL; all problems in one list."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pyspark.sql import SparkSession

from tieout.checking.gold import gold_problems, product_problems
from tieout.checking.lookups import lookup_problems
from tieout.checking.mappings import mapping_problems
from tieout.checking.quality import quality_problems
from tieout.checking.warnings import warnings
from tieout.config import Config, read_config, sorted_error, source_names
from tieout.config.consistency import inconsistencies, missing_fields
from tieout.config.lookups import Lookups
from tieout.config.models.products import ProductsConfig, read_products
from tieout.errors import ConfigError, Problem
from tieout.onboarding.vocabulary import read_vocabulary
from tieout.platform.session import JAVA_OPTIONS, get_spark

# A JVM that only analyses ends before the second compiler would pay for itself.
QUICK_JVM = {JAVA_OPTIONS: "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xms256m"}
PLACED = re.compile(r"^(?P<file>[^:\n]+\.(?:yml|csv))(?::(?P<line>\d+))?: (?P<message>.*)$", re.S)


@dataclass(frozen=True)
class Findings:
    """What a check found: problems, with which jobs would fail, and warnings, with which they would not."""

    config: Config
    products: ProductsConfig
    problems: list[Problem]
    warnings: list[Problem]


def analysis_session() -> SparkSession:
    """Return a session that only analyses SQL: the running one, or a small one that starts quickly."""
    return get_spark("tieout config check", master="local[1]", conf=QUICK_JVM, small=True, delta=False)


def check_config(directory: Path, session: Callable[[], SparkSession] = analysis_session) -> Findings:
    """Check every file of a config directory; no data is read and no job runs.

    Problems are sorted by file and line. Raises ConfigError only when there is no such directory.
    """
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such config directory; give one with --config DIR")
    with ThreadPoolExecutor(2) as pool:
        # The JVM starts while Python reads the files.
        starting = pool.submit(session)
        config, errors = read_config(directory, source_names(directory) or None)
        products = _other_files(directory, errors)
        lookups = Lookups(directory / "lookups")
        rates = Path(config.project.exchange_rates).stem
        errors += [*inconsistencies(config), *missing_fields(config), *product_problems(config, products)]
        errors += lookup_problems(lookups, rates)
        suspicious = list(warnings(config, lookups))
        spark = starting.result()
        # Spark analyses two at a time: one thread waits for Python while the other keeps the JVM busy.
        mappings = pool.submit(lambda: list(mapping_problems(spark, config, lookups)))
        rest = pool.submit(lambda: [*gold_problems(spark, config), *quality_problems(spark, config, lookups)])
        errors += [*mappings.result(), *rest.result()]
    found = sorted_error(ConfigError(*map(_placed, error.problems)) for error in errors)
    return Findings(config, products, list(found.problems), suspicious)


def _other_files(directory: Path, errors: list[ConfigError]) -> ProductsConfig:
    """Read the files that are not part of every job's config."""
    products = ProductsConfig()
    try:
        products = read_products(directory)
    except ConfigError as error:
        errors.append(error)
    if (directory / "words.yml").exists():
        try:
            read_vocabulary(directory)
        except ConfigError as error:
            errors.append(error)
    return products


def _placed(problem: Problem) -> Problem:
    """Take file and line out of a message that begins with them."""
    found = None if problem.file else PLACED.match(problem.message)
    if found is None:
        return problem
    line = int(found["line"]) if found["line"] else None
    return replace(problem, file=found["file"], line=line, message=found["message"])
