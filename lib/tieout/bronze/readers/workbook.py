"""How spreadsheets (XLSX) are hashed and read: each chosen sheet is a table of texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.exported import FILE, FILE_HASH, ROW, Export, Readable, unique_names
from tieout.bronze.files import SourceFile
from tieout.bronze.rejects import LAST, RAW, WRONG
from tieout.config.models.reading import ReadingOptions
from tieout.errors import SourceError
from tieout.platform.rows import frame_of, stacked
from tieout.platform.sheets.cells import read_sheets, summarise_sheet

SUMMARY_SCHEMA = "uri string, sheet string, header array<string>, rows bigint, last bigint, hash string, problem string"
ROWS_SCHEMA = "uri string, sheet string, row bigint, cells array<string>"
ROWS_PER_BATCH = 5000
Frames = Iterable[pd.DataFrame]


@dataclass(frozen=True)
class Sheet(Readable):
    """One sheet of a workbook: its name, the row that has the columns' names, and its last row."""

    name: str
    header: tuple[str | None, ...]
    last: int


def hash_workbooks(spark: SparkSession, exports: Iterable[Export]) -> dict[str, list[Sheet]]:
    """Read every chosen sheet once; return them by the export's table, with the hash of their cells.

    Raises SourceError for a file that is no whole workbook, or has no sheet of a wanted name.
    """
    return {export.table: _sheets(spark, export) for export in exports}


def _sheets(spark: SparkSession, export: Export) -> list[Sheet]:
    summaries = _contents(spark, export.files).mapInPandas(_summariser(export.options), SUMMARY_SCHEMA)
    by_uri = {file.uri: file for file in export.files}
    sheets = []
    # Bounded by the number of sheets.
    for row in sorted(summaries.collect(), key=lambda row: (row["uri"], row["sheet"] or "")):
        file = by_uri[row["uri"]]
        if row["problem"]:
            raise SourceError(f"{file.path}: {row['problem']}")
        names = unique_names([(name or "").strip() for name in row["header"]])
        sheets.append(
            Sheet(file, row["hash"], tuple(names), row["rows"], row["sheet"], tuple(row["header"]), row["last"])
        )
    return sheets


def _contents(spark: SparkSession, files: Sequence[SourceFile]) -> DataFrame:
    loaded = spark.read.format("binaryFile").load([file.load_path for file in files])
    return loaded.select(F.col("_metadata.file_path").alias("uri"), "content")


def _summariser(options: ReadingOptions) -> Callable[[Frames], Frames]:
    wanted, header_row = list(options.sheet), options.skip_lines + 1

    def summarise(frames: Frames) -> Iterator[pd.DataFrame]:
        for frame in frames:
            for uri, content in zip(frame["uri"], frame["content"], strict=True):
                rows: list[tuple[object, ...]] = []
                try:
                    for sheet in read_sheets(content, wanted):
                        found = summarise_sheet(sheet, header_row)
                        rows.append((uri, found.name, found.header, found.rows, found.last, found.hash, None))
                except ValueError as error:
                    rows = [(uri, None, [], 0, 0, None, str(error))]
                yield pd.DataFrame(rows, columns=[column.split()[0] for column in SUMMARY_SCHEMA.split(", ")])

    return summarise


def inspect_workbooks(spark: SparkSession, exports: Iterable[tuple[Export, Sequence[Sheet]]]) -> dict[str, list[Sheet]]:
    """Return the sheets as they are: one look has said everything."""
    return {export.table: list(sheets) for export, sheets in exports}


def read_workbook(spark: SparkSession, export: Export, sheets: Sequence[Sheet]) -> DataFrame:
    """Return the rows of an object's sheets.

    Columns: those of any sheet, as strings; `_file` (`name:sheet`); `_row` as the sheet numbers it;
    `_file_hash`; and for the reject rules `_raw`, `_wrong` and `_last`.
    """
    groups: dict[tuple[str, ...], list[Sheet]] = defaultdict(list)
    for sheet in sheets:
        groups[sheet.columns].append(sheet)
    return stacked(_read_group(spark, export.options, group) for group in groups.values())


def _read_group(spark: SparkSession, options: ReadingOptions, sheets: Sequence[Sheet]) -> DataFrame:
    files = list({sheet.file.uri: sheet.file for sheet in sheets}.values())
    rows = _contents(spark, files).mapInPandas(_reader(options), ROWS_SCHEMA)
    places = frame_of(
        spark,
        [(sheet.file.uri, sheet.name, f"{sheet.file.name}:{sheet.name}", sheet.hash, sheet.last) for sheet in sheets],
        f"uri string, sheet string, {FILE} string, {FILE_HASH} string, {LAST} bigint",
    )
    columns, header = sheets[0].columns, sheets[0].header
    wrong = F.when(F.size("cells") > len(columns), F.lit(f"has more than {len(columns)} values"))
    if options.header:
        wrong = wrong.when(F.to_json("cells") == F.to_json(F.lit(list(header))), F.lit("is the header again"))
    placed = rows.join(F.broadcast(places), ["uri", "sheet"])
    return placed.select(
        *(F.get("cells", F.lit(position)).alias(name) for position, name in enumerate(columns)),
        F.col(FILE),
        F.col("row").alias(ROW),
        F.col(FILE_HASH),
        F.to_json("cells").alias(RAW),
        wrong.alias(WRONG),
        F.col(LAST),
    )


def _reader(options: ReadingOptions) -> Callable[[Frames], Frames]:
    wanted, header_row = list(options.sheet), options.skip_lines + 1

    def read(frames: Frames) -> Iterator[pd.DataFrame]:
        columns = [column.split()[0] for column in ROWS_SCHEMA.split(", ")]
        for frame in frames:
            for uri, content in zip(frame["uri"], frame["content"], strict=True):
                for sheet in read_sheets(content, wanted):
                    batch: list[tuple[object, ...]] = []
                    headed = False
                    for number, cells in sheet.rows:
                        if headed:
                            batch.append((uri, sheet.name, number, cells))
                        headed = headed or number >= header_row
                        if len(batch) >= ROWS_PER_BATCH:
                            yield pd.DataFrame(batch, columns=columns)
                            batch = []
                    yield pd.DataFrame(batch, columns=columns)

    return read
