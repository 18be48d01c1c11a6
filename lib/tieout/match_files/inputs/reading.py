"""Files of any common format as local Parquet files of texts, which the matching engine reads.

CSV with any delimiter and encoding, JSON, JSON lines, XLSX and Parquet, also compressed by gzip. Format, delimiter
and encoding are told by the content. Text columns stay as they are written: `007` is not 7. Files are read in
batches, so that they need not fit in memory (a JSON document and an XLSX workbook must).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tieout.bronze.exported import unique_names
from tieout.errors import UsageError
from tieout.match_files.inputs.recoded import UTF8, Recoded, is_utf8
from tieout.match_files.inputs.tables import ROW, ParquetTable
from tieout.onboarding.sample import LARGEST_DOCUMENT, flat, records_of
from tieout.onboarding.sample_text import guess_delimiter, guess_encodings, open_plain, text_lines
from tieout.platform.sheets.cells import read_sheets

FIRST_BYTES, FIRST_LINES = 2**20, 50
ROWS_AT_ONCE = 20_000
KNOWN = (".csv", ".tsv", ".tab", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".parquet")
ZIP, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
Batches = Iterator[pa.RecordBatch]


def local_table(path: str, folder: Path, name: str) -> ParquetTable:
    """Return a local file, or a folder of files of one table, as Parquet files of texts.

    Parquet files whose columns are plain stay where they are; others are written to `folder/<name>.parquet` with
    all their columns as texts and `_row`, the row's number. Raises UsageError for a file that cannot be read, with the
    line where that is known, and for one without rows.
    """
    found = ParquetTable.open(path)
    if found is None or not found.is_plain:
        found = _written(path, folder / f"{name}.parquet")
    if not found.rows:
        raise UsageError(f"{path}: has no records{' below its header' if found.names else ''}; export it again")
    return found


def numbered(path: str, folder: Path, name: str) -> ParquetTable:
    """Return what `local_table` does, written again with `_row` where the file was taken as it is."""
    return _written(path, folder / f"{name}.parquet")


def _written(path: str, target: Path) -> ParquetTable:
    """Write the files at a path as one Parquet file of texts."""
    names: list[str] | None = None
    writer: pq.ParquetWriter | None = None
    row = 0
    try:
        for file in _files(Path(path)):
            columns, batches = _read(file)
            if names is not None and columns != names:
                raise UsageError(f"{file}: has other columns than the files beside it; put one table in a folder")
            names = columns
            writer = writer or pq.ParquetWriter(target, _schema(columns))
            for batch in batches:
                writer.write_batch(_numbered(batch, columns, row))
                row += batch.num_rows
    finally:
        if writer is not None:
            writer.close()
    found = ParquetTable.open(str(target)) if writer is not None else None
    if found is None:
        raise UsageError(f"{path}: is empty; export it again")
    return found


def _schema(names: Sequence[str]) -> pa.Schema:
    return pa.schema([*((name, pa.string()) for name in names), (ROW, pa.int64())])


def _numbered(batch: pa.RecordBatch, names: Sequence[str], before: int) -> pa.RecordBatch:
    rows = pa.array(range(before + 1, before + batch.num_rows + 1), pa.int64())
    return pa.RecordBatch.from_arrays([*batch.columns, rows], schema=_schema(names))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"{path}: no such file")
    if path.is_file():
        return [path]
    found = sorted(file for file in path.iterdir() if file.is_file() and file.name[0] not in "._")
    known = [file for file in found if _ending(file) in KNOWN and file.stat().st_size]
    if not known:
        raise UsageError(f"{path}: no file of a known format in this folder ({', '.join(KNOWN)}, or any of them .gz)")
    return known


def _ending(file: Path) -> str:
    return Path(file.name.lower().removesuffix(".gz")).suffix


def _read(file: Path) -> tuple[list[str], Batches]:
    """Return a file's columns, and its rows in batches of texts."""
    with _opened(file) as opened:
        head = opened.read(FIRST_BYTES)
    return _reader(file, head)(file, head)


def _opened(file: Path) -> Any:
    try:
        return open_plain(file)
    except OSError as error:
        raise UsageError(f"{file}: cannot be opened ({error.strerror})") from error


def _reader(file: Path, head: bytes) -> Callable[[Path, bytes], tuple[list[str], Batches]]:
    """Return what reads a file, by its first bytes, or its ending where these say nothing."""
    if head.startswith(b"PAR1"):
        return _parquet
    if head.startswith(ZIP):
        if _ending(file) in {".xlsx", ".xlsm"}:
            return _workbook
        raise UsageError(f"{file}: is a ZIP archive; unpack it and give the file in it")
    if head.startswith(OLD_OFFICE):
        raise UsageError(f"{file}: is an old or a protected Excel workbook; save it as XLSX or CSV")
    if _ending(file) == ".parquet":
        raise UsageError(f"{file}: is no whole Parquet file; export it again")
    first = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if first in (b"{", b"[") and _ending(file) not in {".csv", ".tsv"}:
        return _json_lines if first == b"{" and _has_lines(file, head) else _json
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(f"{file}: is neither text nor Parquet nor XLSX; export it as CSV, JSON lines, XLSX or Parquet")
    return _delimited


def _has_lines(file: Path, head: bytes) -> bool:
    """Tell whether a file is of JSON lines: by its ending, or because its second line begins an object, too."""
    lines = [line for line in head.splitlines()[:FIRST_LINES] if line.strip()]
    return _ending(file) in {".jsonl", ".ndjson"} or (
        isinstance(_loaded(lines[0].decode("utf-8-sig", errors="replace")), dict) and lines[1:2] != []
    )


def _parquet(file: Path, head: bytes) -> tuple[list[str], Batches]:
    try:
        opened = pq.ParquetFile(file)
    except (pa.ArrowException, OSError) as error:
        raise UsageError(f"{file}: is no whole Parquet file ({error}); export it again") from error
    names = opened.schema_arrow.names
    texts = pa.schema([(name, pa.string()) for name in names])

    def batches() -> Batches:
        for batch in opened.iter_batches(ROWS_AT_ONCE):
            try:
                yield pa.Table.from_batches([batch]).cast(texts).combine_chunks().to_batches()[0]
            except pa.ArrowException as error:
                raise UsageError(f"{file}: has columns that are no plain values ({error}); flatten them") from error

    return names, batches()


def _delimited(file: Path, head: bytes) -> tuple[list[str], Batches]:
    csv.field_size_limit(2**31 - 1)
    encodings = guess_encodings(head)
    # A large file's later bytes may be of another encoding than its head.
    encodings = [*UTF8, "cp1252"] if encodings == UTF8 and not is_utf8(file) else encodings
    delimiter = guess_delimiter(list(islice(text_lines(file, encodings), FIRST_LINES)))
    header = next(csv.reader(text_lines(file, encodings), delimiter=delimiter), [])
    if not header:
        raise UsageError(f"{file}: is empty; export it again")
    names = unique_names([name.strip() for name in header], [ROW])
    return names, _delimited_rows(file, encodings, delimiter, names)


def _delimited_rows(file: Path, encodings: list[str], delimiter: str, names: list[str]) -> Batches:
    wrong: list[pacsv.InvalidRow] = []

    def refuse(row: pacsv.InvalidRow) -> str:
        wrong.append(row)
        return "error"

    parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=refuse)
    convert = pacsv.ConvertOptions(
        column_types={name: pa.string() for name in names}, null_values=[""], strings_can_be_null=True
    )
    try:
        with Recoded(file, encodings, delimiter) as text:
            read = pacsv.ReadOptions(column_names=names)
            reader = pacsv.open_csv(pa.PythonFile(text, mode="r"), read, parse, convert)
            yield from reader
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        if not wrong:
            raise UsageError(f"{file}: cannot be read as CSV ({error})") from error
        raise UsageError(f"{file}: {_ragged(wrong[0], file, encodings, delimiter)}") from error


def _ragged(row: pacsv.InvalidRow, file: Path, encodings: list[str], delimiter: str) -> str:
    line = _line_of(file, encodings, row.text)
    return (
        f"line {line} has {row.actual_columns} values where the header has {row.expected_columns} (delimiter "
        f"{delimiter!r}): {row.text[:80]!r}; correct that line, or export the file again"
    )


def _line_of(file: Path, encodings: list[str], record: str) -> int:
    """Return the number of the line, from 1, that begins as a record does."""
    first = record.splitlines()[0] if record else ""
    lines = enumerate(text_lines(file, encodings), start=1)
    return next((number for number, line in lines if line.rstrip("\r\n") == first), 0)


def _json_lines(file: Path, head: bytes) -> tuple[list[str], Batches]:
    names = list(dict.fromkeys(name for record in _line_records(file) for name in record))
    return names, _batches(_line_records(file), names)


def _line_records(file: Path) -> Iterator[dict[str, str | None]]:
    with open_plain(file) as opened:
        for number, line in enumerate(io.TextIOWrapper(opened, encoding="utf-8-sig", errors="replace"), start=1):
            if not line.strip():
                continue
            record = _loaded(line)
            if not isinstance(record, dict):
                raise UsageError(f"{file}: line {number} is no JSON object; export one object a line")
            yield flat(record)


def _loaded(text: str) -> Any:
    # Numbers stay as they are written: 1.10 is not 1.1.
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return None


def _json(file: Path, head: bytes) -> tuple[list[str], Batches]:
    if file.stat().st_size > LARGEST_DOCUMENT:
        raise UsageError(f"{file}: larger than 200 MB for one JSON document; export JSON lines")
    with open_plain(file) as opened:
        document = _loaded(opened.read().decode("utf-8-sig", errors="replace"))
    _, found = records_of(document)
    if found is None:
        raise UsageError(f"{file}: no array of records in this JSON document; export JSON lines or an array of objects")
    records = [flat(record) for record in found if isinstance(record, dict)]
    names = list(dict.fromkeys(name for record in records for name in record))
    return names, _batches(iter(records), names)


def _workbook(file: Path, head: bytes) -> tuple[list[str], Batches]:
    try:
        sheet = next(read_sheets(file.read_bytes(), []))
    except ValueError as error:
        raise UsageError(f"{file}: {error}") from error
    header = next(sheet.rows, (0, []))[1]
    names = unique_names([(name or "").strip() for name in header], [ROW])

    def records() -> Iterator[dict[str, str | None]]:
        for number, cells in sheet.rows:
            if len(cells) > len(names):
                raise UsageError(
                    f"{file}: row {number} of sheet {sheet.name!r} has {len(cells)} values where the header, its first "
                    f"row, has {len(names)}; correct it"
                )
            yield dict(zip(names, cells, strict=False))

    return names, _batches(records(), names)


def _batches(records: Iterator[dict[str, str | None]], names: Sequence[str]) -> Batches:
    while some := list(islice(records, ROWS_AT_ONCE)):
        columns = [pa.array([record.get(name) for record in some], pa.string()) for name in names]
        yield pa.RecordBatch.from_arrays(columns, names=list(names))
