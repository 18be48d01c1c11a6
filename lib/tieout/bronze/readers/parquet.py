"""How Parquet files are hashed and read: every value as the text that Spark writes for it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from pyspark.errors import AnalysisException, SparkRuntimeException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BinaryType, DataType, MapType, StructType

from tieout.bronze.exported import FILE, FILE_HASH, ROW, Export, Hashed, Readable, column, unique_names
from tieout.bronze.files import SourceFile
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.bronze.text.lines import PATH
from tieout.errors import SourceError
from tieout.platform.connect import analysed
from tieout.platform.rows import frame_of

LOW_32 = 2**32 - 1


def hash_parquet(spark: SparkSession, exports: Iterable[Export]) -> dict[SourceFile, Hashed]:
    """Hash each file's rows: the same rows in the same order give the same hash, however they are encoded."""
    found: dict[SourceFile, Hashed] = {}
    for export in exports:
        for file in export.files:
            found[file] = Hashed(file, _hash(_load(spark, [file])))
    return found


def _load(spark: SparkSession, files: Sequence[SourceFile]) -> DataFrame:
    try:
        reader = spark.read.option("mergeSchema", "true")
        return analysed(reader.parquet(*[file.load_path for file in files]))
    except (AnalysisException, SparkRuntimeException) as error:
        names = ", ".join(file.path for file in files)
        raise SourceError(f"{names}: no whole Parquet file; export or upload it again. {error}"[:500]) from error


def _hash(frame: DataFrame) -> str:
    texts = (_text(frame, name) for name in frame.columns)
    hashed = frame.select(F.xxhash64(*texts, F.col("_metadata.row_index")).alias("row"))
    row = F.col("row")
    sums = hashed.agg(
        F.count(F.lit(1)).alias("rows"),
        F.sum(row.bitwiseAND(F.lit(LOW_32))).alias("low"),
        F.sum(F.shiftrightunsigned(row, 32)).alias("high"),
    ).first()
    return hashlib.sha256(f"{frame.columns}:{tuple(sums) if sums else ()}".encode()).hexdigest()


def inspect_parquet(
    spark: SparkSession, exports: Iterable[tuple[Export, Sequence[Hashed]]]
) -> dict[SourceFile, Readable]:
    """Read each file's columns from its footer."""
    return {
        hashed.file: Readable(hashed.file, hashed.hash, tuple(unique_names(_load(spark, [hashed.file]).columns)), None)
        for _, files in exports
        for hashed in files
    }


def read_parquet(spark: SparkSession, export: Export, files: Sequence[Readable]) -> DataFrame:
    """Return the rows of an object's Parquet files.

    Columns: those of any file, as strings (nested values as JSON, bytes as base64); `_file`; `_row`,
    the row's position in its file, from 1; `_file_hash`; and for the reject rules `_raw`, `_wrong`, `_last`.
    """
    places = frame_of(
        spark,
        [(file.file.uri, file.file.name, file.hash) for file in files],
        f"{PATH} string, {FILE} string, {FILE_HASH} string",
    )
    frame = _load(spark, [file.file for file in files])
    names = dict(zip(frame.columns, unique_names(frame.columns), strict=True))
    rows = frame.select(
        *(_text(frame, name).alias(unique) for name, unique in names.items()),
        F.col("_metadata.file_path").alias(PATH),
        (F.col("_metadata.row_index") + 1).alias(ROW),
    )
    return rows.join(F.broadcast(places), PATH).select(
        *map(column, names.values()),
        FILE,
        ROW,
        FILE_HASH,
        F.to_json(F.struct(*map(column, names.values()))).alias(RAW),
        F.lit(None).cast("string").alias(WRONG),
        F.lit(None).cast("bigint").alias(LAST),
    )


def _text(frame: DataFrame, name: str) -> Column:
    return as_text(column(name), frame.schema[name].dataType)


def as_text(value: Column, kind: DataType) -> Column:
    """Return a typed value as text: ISO dates and times, plain numbers, JSON for what is nested."""
    if isinstance(kind, StructType | ArrayType | MapType):
        return F.to_json(value)
    if isinstance(kind, BinaryType):
        return F.base64(value)
    return value.cast("string")
