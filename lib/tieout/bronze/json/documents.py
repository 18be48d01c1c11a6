"""How files that are one JSON document each are read: an array of records, or an object that holds one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.exported import FILE, FILE_HASH, ROW, Export, Readable
from tieout.bronze.files import SourceFile
from tieout.bronze.json.lines import SETTINGS, Keys, keys
from tieout.bronze.json.lines import shape as json_shape
from tieout.bronze.json.numbers import guarded, unguarded
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.bronze.text.check import CheckedText, TextStyle, check_text
from tieout.bronze.text.columns import VALUES
from tieout.bronze.text.lines import INDEX, LINE, PATH
from tieout.errors import SourceError
from tieout.platform.rows import frame_of

COUNT = "_count"


@dataclass(frozen=True)
class JsonDocument(Readable):
    """A document that was parsed once: its records' keys and their number."""


def hash_documents(spark: SparkSession, exports: Iterable[Export]) -> dict[SourceFile, CheckedText]:
    """Hash the documents by their lines, in one job."""
    return check_text(spark, [(file, TextStyle("", "", "")) for export in exports for file in export.files])


def inspect_documents(
    spark: SparkSession, exports: Iterable[tuple[Export, Sequence[CheckedText]]]
) -> dict[SourceFile, JsonDocument]:
    """Find each document's records and their keys.

    Raises SourceError for a document that is cut short or has no array of records at `records`.
    """
    found: dict[SourceFile, JsonDocument] = {}
    by_path: dict[str | None, list[CheckedText]] = defaultdict(list)
    for export, checked in exports:
        by_path[export.options.records] += checked
    for records, group in by_path.items():
        if group:
            found |= _inspect(spark, records, group)
    return found


def _inspect(spark: SparkSession, records: str | None, group: Sequence[CheckedText]) -> dict[SourceFile, JsonDocument]:
    files = [checked.file for checked in group]
    counted = read_documents(spark, files).select(PATH, F.size(_elements(records)).alias(COUNT))
    # Bounded by the number of files.
    counts = {row[PATH]: row[COUNT] for row in counted.collect()}
    for file in files:
        if counts.get(file.uri, -1) < 0:
            where = f"array at `records: {records}`" if records else "array, and the config has no `records:` path"
            raise SourceError(
                f"{file.path}: not a whole JSON document with an {where}. The file was cut short, or its "
                "records are elsewhere: export it again, or set `records` for the object."
            )
    columns = keys(_records(spark, files, records))
    return {
        checked.file: JsonDocument(
            checked.file, checked.hash, columns.get(checked.file.uri, Keys()).names, counts[checked.file.uri]
        )
        for checked in group
    }


def read_documents(spark: SparkSession, files: Sequence[SourceFile]) -> DataFrame:
    """Return one row for each file: `value`, its whole text, and `_path`. A document must fit in memory."""
    # As an argument: `text` overwrites an option of that name, and a document of several lines was read line by line.
    reader = spark.read.text([file.load_path for file in files], wholetext=True)
    return reader.select(F.ltrim("value", F.lit("\ufeff")).alias("value"), F.col("_metadata.file_path").alias(PATH))


def _elements(records: str | None) -> Column:
    """Return the records as an array of JSON texts; null when they are not where `records` says."""
    steps = records.split(".") if records else []
    schema = "array<string>"
    for step in reversed(steps):
        schema = f"struct<`{step}`:{schema}>"
    # The marks of numbers stay in the records' texts until these are parsed.
    parsed = F.from_json(guarded(F.col("value")), schema, SETTINGS)
    for step in steps:
        parsed = parsed.getField(step)
    return parsed


def _records(spark: SparkSession, files: Sequence[SourceFile], records: str | None) -> DataFrame:
    documents = read_documents(spark, files)
    return documents.select(PATH, F.posexplode(_elements(records)).alias(INDEX, LINE))


def read_json(spark: SparkSession, export: Export, files: Sequence[JsonDocument]) -> DataFrame:
    """Return the records of an object's documents.

    Columns: every key of any record, as strings (nested values as JSON); `_file`; `_row`, the
    record's position in its array, from 1; `_file_hash`; and for the reject rules `_raw`, `_wrong`, `_last`.
    """
    shape = json_shape(list(dict.fromkeys(key for file in files for key in file.columns)))
    places = frame_of(
        spark,
        [(file.file.uri, file.file.name, file.hash) for file in files],
        f"{PATH} string, {FILE} string, {FILE_HASH} string",
    )
    records = _records(spark, [file.file for file in files], export.options.records)
    rows = records.join(F.broadcast(places), PATH).withColumn(VALUES, shape.parse)
    return rows.select(
        *(value.alias(name) for name, value in shape.columns.items()),
        FILE,
        (F.col(INDEX) + 1).cast("bigint").alias(ROW),
        FILE_HASH,
        unguarded(F.col(LINE)).alias(RAW),
        F.when(shape.broken, F.lit(shape.reason)).alias(WRONG),
        F.lit(None).cast("bigint").alias(LAST),
    )
