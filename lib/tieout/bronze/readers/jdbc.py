"""New rows of a database table, read over JDBC, by change where a column tells it, in bronze's shape."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType
from pyspark.storagelevel import StorageLevel

from tieout.bronze.exported import FILE, FILE_HASH, ROW, SYSTEM_COLUMNS, Export, Readable, column, unique_names
from tieout.bronze.files import SourceFile
from tieout.bronze.readers.parquet import as_text
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.config.models.reading import JdbcOptions
from tieout.errors import ConfigError, SourceError
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.session import spark_errors

VARIABLE = re.compile(r"\$\{(\w+)\}")
LOW_32 = 2**32 - 1
BEGINNING = "beginning"
# A driver that came as a package is only found by its class's name.
DRIVERS = {
    "postgresql": "org.postgresql.Driver",
    "mysql": "com.mysql.cj.jdbc.Driver",
    "mariadb": "org.mariadb.jdbc.Driver",
    "sqlserver": "com.microsoft.sqlserver.jdbc.SQLServerDriver",
    "oracle": "oracle.jdbc.OracleDriver",
    "db2": "com.ibm.db2.jcc.DB2Driver",
}


@dataclass(frozen=True)
class Extract(Readable):
    """The rows that one reading of a table found, kept on the executors' disks until they are in bronze."""

    frame: DataFrame = field(compare=False, repr=False)

    def release(self) -> None:
        """Give the disks free; call it when the rows are in bronze or not wanted."""
        self.frame.unpersist()


def extract(spark: SparkSession, lake: Lakehouse, export: Export) -> Extract | None:
    """Read what a table has that bronze has not: all of it, or with `changed_since` what is newer.

    Returns None when there is nothing new. Raises ConfigError for an environment variable that is not set,
    SourceError for a database that cannot be reached or a column that is not there.
    """
    options = _options(export)
    place = f"sources/{export.system}.yml: objects.{export.object}.jdbc"
    try:
        with spark_errors():
            frame = _load(spark, options, place)
            _require_columns(export, options, frame)
            mark = _high_water_mark(lake, export, options, frame)
            texts = _as_texts(_newer(frame, options, mark))
            rows = _unknown(lake, export, options, frame, texts, mark)
            return _extracted(export, options, rows, mark, _changed(frame, options))
    except PySparkException as error:
        raise SourceError(f"{place}: {_said(error)}") from error


def _options(export: Export) -> JdbcOptions:
    assert export.options.jdbc is not None
    return export.options.jdbc


def _said(error: Exception) -> str:
    """Return the line of a driver's error that says what is wrong; drivers do not print passwords."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "SQLException" in line or "Exception:" in line or "ClassNotFound" in line]
    return (
        f"cannot be read: {(told or lines or ['no reason given'])[0][:300]}. Are url, user and password right, and "
        "is the driver there (`package`, or spark-submit --packages)?"
    )


def from_environment(text: str, place: str, key: str) -> str:
    """Replace `${NAME}` by the environment's value. Raises ConfigError that names the variable, never a value."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in os.environ:
            raise ConfigError(f"{place}.{key}: the environment variable {name} is not set")
        return os.environ[name]

    return VARIABLE.sub(value, text)


def _reader(spark: SparkSession, options: JdbcOptions, place: str) -> Any:
    settings = {
        "url": from_environment(options.url, place, "url"),
        "dbtable": options.table or f"({options.query}) tieout_query",
        "fetchsize": str(options.fetch_size),
        # A time without zone is kept as the database writes it.
        "preferTimestampNTZ": "true",
    }
    for key in ("user", "password"):
        named = getattr(options, key)
        if named is not None:
            settings[key] = from_environment(named, place, key)
    driver = options.driver or DRIVERS.get(options.url.split(":")[1])
    if driver is not None:
        settings["driver"] = driver
    return spark.read.format("jdbc").options(**settings)


def _load(spark: SparkSession, options: JdbcOptions, place: str) -> DataFrame:
    plain: DataFrame = _reader(spark, options, place).load()
    if options.partition_column is None:
        return plain
    lower, upper = _bounds(plain, options)
    if lower is None or upper is None:
        return plain
    parallel = _reader(spark, options, place).options(
        partitionColumn=options.partition_column,
        lowerBound=lower,
        upperBound=upper,
        numPartitions=str(options.partitions),
    )
    cut: DataFrame = parallel.load()
    return cut


def _bounds(plain: DataFrame, options: JdbcOptions) -> tuple[str | None, str | None]:
    """Return where partitions start and end: as configured, else the column's least and greatest value."""
    if options.lower is not None and options.upper is not None:
        return options.lower, options.upper
    by = column(str(options.partition_column))
    found = plain.agg(F.min(by).cast("string").alias("lower"), F.max(by).cast("string").alias("upper")).first()
    least, greatest = (found["lower"], found["upper"]) if found else (None, None)
    return options.lower or least, options.upper or greatest


def _require_columns(export: Export, options: JdbcOptions, frame: DataFrame) -> None:
    present = {name.lower() for name in frame.columns}
    wanted = [
        *(key for key in export.keys if "." not in key),
        *([options.changed_since] if options.changed_since else []),
    ]
    missing = [name for name in wanted if name.lower() not in present]
    if missing:
        raise SourceError(
            f"sources/{export.system}.yml: objects.{export.object}: {options.table or 'the query'} has no column "
            f"{', '.join(missing)}; it has {', '.join(frame.columns)[:300]}"
        )


def _changed(frame: DataFrame, options: JdbcOptions) -> tuple[str, DataType] | None:
    if options.changed_since is None:
        return None
    return next((one.name, one.dataType) for one in frame.schema if one.name.lower() == options.changed_since.lower())


def _high_water_mark(lake: Lakehouse, export: Export, options: JdbcOptions, frame: DataFrame) -> str | None:
    """Return the newest change that bronze has, as text; None when it has none, or nothing tells changes."""
    changed = _changed(frame, options)
    if changed is None or not lake.exists("bronze", export.table):
        return None
    name, kind = changed
    known = lake.read("bronze", export.table)
    if name not in known.columns:
        return None
    found = known.agg(F.max(_typed(name, kind)).cast("string").alias("mark")).first()
    return found["mark"] if found else None


def _typed(name: str, kind: DataType) -> Column:
    return column(name).try_cast(kind)


def _newer(frame: DataFrame, options: JdbcOptions, mark: str | None) -> DataFrame:
    """Return the rows from the mark on, which the database itself selects; those at the mark may be new too."""
    changed = _changed(frame, options)
    if changed is None or mark is None:
        return frame
    name, kind = changed
    return frame.where(column(name) >= F.lit(mark).cast(kind))


def _as_texts(frame: DataFrame) -> DataFrame:
    names = unique_names(frame.columns)
    return frame.select(
        *(as_text(column(one.name), one.dataType).alias(name) for one, name in zip(frame.schema, names, strict=True))
    )


def _unknown(
    lake: Lakehouse, export: Export, options: JdbcOptions, frame: DataFrame, texts: DataFrame, mark: str | None
) -> DataFrame:
    """Leave out the rows at the mark that bronze has already, compared column by column."""
    changed = _changed(frame, options)
    if changed is None or mark is None:
        return texts
    name, kind = changed
    known = lake.read("bronze", export.table)
    shared = [one for one in texts.columns if one in known.columns]
    at_mark = known.where(_typed(name, kind) == F.lit(mark).cast(kind))
    have = at_mark.select(_row_hash(shared).alias("_row_hash")).distinct()
    return texts.withColumn("_row_hash", _row_hash(shared)).join(have, "_row_hash", "left_anti").drop("_row_hash")


def _row_hash(names: Sequence[str]) -> Column:
    # NULL and the empty text are two values: a hash alone would pass over NULLs.
    return F.xxhash64(F.to_json(F.struct(*map(column, names))))


def _extracted(
    export: Export, options: JdbcOptions, rows: DataFrame, mark: str | None, changed: tuple[str, DataType] | None
) -> Extract | None:
    """Read the rows once, to the executors' disks, and name the extraction by its table, window and content."""
    kept = rows.persist(StorageLevel.DISK_ONLY)
    newest = F.max(_typed(*changed)) if changed else F.lit(None)
    row = _row_hash(kept.columns)
    found = kept.agg(
        F.count(F.lit(1)).alias("rows"),
        F.sum(row.bitwiseAND(F.lit(LOW_32))).alias("low"),
        F.sum(F.shiftrightunsigned(row, 32)).alias("high"),
        newest.cast("string").alias("newest"),
    ).first()
    if found is None or not found["rows"]:
        kept.unpersist()
        return None
    what = f"{kept.columns}:{found['rows']}:{found['low']}:{found['high']}"
    digest = hashlib.sha256(f"{export.table}:{what}".encode()).hexdigest()
    name = options.table or "query"
    if changed:
        name = f"{name} {changed[0]} {mark or BEGINNING} .. {found['newest']}"
    file = SourceFile(name, f"jdbc:{name}", name, export.system, 0, datetime.now(UTC).replace(tzinfo=None))
    return Extract(file, digest, tuple(kept.columns), found["rows"], kept)


def read_extract(extracts: Sequence[Extract]) -> DataFrame:
    """Return the rows of an extraction.

    Columns: the table's, as strings; `_file` (table and window of changes); `_row`, a number of its own for
    each row, as a database has no order; `_file_hash`; and for the reject rules `_raw`, `_wrong` and `_last`.
    """
    (one,) = extracts
    names = [name for name in one.columns if name not in SYSTEM_COLUMNS]
    return one.frame.select(
        *map(column, names),
        F.lit(one.file.name).alias(FILE),
        (F.monotonically_increasing_id() + 1).alias(ROW),
        F.lit(one.hash).alias(FILE_HASH),
        F.to_json(F.struct(*map(column, names))).alias(RAW),
        F.lit(None).cast("string").alias(WRONG),
        F.lit(None).cast("bigint").alias(LAST),
    )
