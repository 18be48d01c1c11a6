"""Which module reads which format: hash every file, inspect the new ones, then read their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession

from tieout.bronze.exported import Export, Readable
from tieout.bronze.files import SourceFile
from tieout.bronze.json import documents as json_documents
from tieout.bronze.readers import jdbc, parquet, workbook
from tieout.bronze.text import inspection as text
from tieout.bronze.text import rows as text_rows
from tieout.bronze.text.lines import in_few_tasks
from tieout.errors import SourceError
from tieout.platform.session import spark_errors

TEXT = ("csv", "fixed", "jsonl")


class Content(Protocol):
    """A file, or a part of one, and the hash of what it holds."""

    @property
    def file(self) -> SourceFile:
        """Return the file."""

    @property
    def hash(self) -> str:
        """Return the hash."""


def hash_files(spark: SparkSession, exports: Sequence[Export]) -> dict[str, list[Content]]:
    """Return the content hash of every file (of every chosen sheet), by the export's table.

    Raises SourceError for a file that cannot be read to its end.
    """
    try:
        with spark_errors():
            return _hash_files(spark, exports)
    except PySparkException as error:
        raise SourceError(_unreadable(error, exports)) from error


def _hash_files(spark: SparkSession, exports: Sequence[Export]) -> dict[str, list[Content]]:
    by_file: dict[SourceFile, Any] = {}
    by_file |= text.hash_text(spark, [export for export in exports if export.options.format in TEXT])
    by_file |= json_documents.hash_documents(spark, _of(exports, "json"))
    by_file |= parquet.hash_parquet(spark, _of(exports, "parquet"))
    hashed: dict[str, list[Content]] = {
        export.table: [by_file[file] for file in export.files] for export in exports if export.options.format != "xlsx"
    }
    sheets = workbook.hash_workbooks(spark, _of(exports, "xlsx"))
    return hashed | {table: list(found) for table, found in sheets.items()}


def _of(exports: Sequence[Export], kind: str) -> list[Export]:
    return [export for export in exports if export.options.format == kind]


def _unreadable(error: Exception, exports: Sequence[Export]) -> str:
    said = str(error)
    paths = [file.path for export in exports for file in export.files if file.name in said]
    where = ", ".join(dict.fromkeys(paths)) or "a file of the input"
    return f"{where}: cannot be read to its end: it was cut short or damaged; export or upload it again"


def inspect_files(
    spark: SparkSession, fresh: Sequence[tuple[Export, Sequence[Any]]]
) -> list[tuple[Export, list[Readable]]]:
    """Return what the reader must know of each new file.

    Raises SourceError for a file that is cut short, or in another encoding or shape than the config says.
    """
    by_file: dict[SourceFile, Readable] = {}
    by_file |= text.inspect_text(spark, [item for item in fresh if item[0].options.format in TEXT])
    by_file |= json_documents.inspect_documents(spark, [item for item in fresh if item[0].options.format == "json"])
    by_file |= parquet.inspect_parquet(spark, [item for item in fresh if item[0].options.format == "parquet"])
    return [
        (export, list(found) if export.options.format == "xlsx" else [by_file[item.file] for item in found])
        for export, found in fresh
    ]


def read_files(spark: SparkSession, export: Export, files: Sequence[Any]) -> DataFrame:
    """Return the rows of an object's new files: exported columns, place, and what the reject rules need."""
    rows = _rows(spark, export, files)
    return rows if export.options.format == "jdbc" else in_few_tasks(rows, [file.file for file in files])


def _rows(spark: SparkSession, export: Export, files: Sequence[Any]) -> DataFrame:
    if export.options.format == "json":
        return json_documents.read_json(spark, export, files)
    if export.options.format == "parquet":
        return parquet.read_parquet(spark, export, files)
    if export.options.format == "xlsx":
        return workbook.read_workbook(spark, export, files)
    if export.options.format == "jdbc":
        return jdbc.read_extract(files)
    return text_rows.read_text(spark, export, files)
