"""Tables of sample files: their first rows as text, with delimiter and encoding guessed."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tieout.bronze.exported import unique_names
from tieout.errors import SourceError
from tieout.onboarding.sample_text import guess_delimiter, guess_encodings, open_plain, text_lines
from tieout.platform.sheets.cells import read_sheets

FIRST_ROWS = 5000
FIRST_BYTES = 2**20
LARGEST_DOCUMENT = 200 * 2**20
FIRST_LINES = 50
DEEPEST = 6
TEXT = {".csv", ".txt", ".tsv", ".tab", ".dat"}
LINES = {".jsonl", ".ndjson"}
KNOWN = TEXT | LINES | {".json", ".parquet", ".xlsx"}
# What tells the files of one table apart: a part's number, a day, a word for what came later.
COUNTER = re.compile(r"([_. -]?(part|changes|delta|full|export|\d+))+$", re.I)


@dataclass(frozen=True)
class Table:
    """One table of the sample: `frame` has texts (None for nothing), one column for each exported one.

    `reading` is what a config must say to read it, `part` the number of each row's file, `lines` the
    row's place in it. `whole` tells whether these are all rows of the files.
    """

    name: str
    files: tuple[Path, ...]
    reading: dict[str, Any]
    frame: pd.DataFrame
    part: list[int]
    lines: list[int]
    whole: bool


@dataclass(frozen=True)
class Piece:
    """The first rows of one file or sheet."""

    name: str
    file: Path
    reading: dict[str, Any]
    rows: list[dict[str, Any]]
    lines: list[int]
    whole: bool


def read_sample(paths: Sequence[Path], rows: int = FIRST_ROWS) -> list[Table]:
    """Read the first `rows` of each file (of every file in a folder); files of one table are put together.

    Raises SourceError for a path that is not there, or a file of no known format.
    """
    pieces: dict[str, list[Piece]] = {}
    for file in _files(paths):
        for piece in _pieces(file, rows):
            pieces.setdefault(piece.name, []).append(piece)
    return [_table(name, found) for name, found in pieces.items()]


def _files(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.is_file() and _format(file) in KNOWN)
        elif path.is_file():
            found.append(path)
        else:
            raise SourceError(f"{path}: no such file or folder; give files of an export with --sample")
    if not found:
        raise SourceError(f"{', '.join(map(str, paths))}: no file of a known format ({', '.join(sorted(KNOWN))})")
    return found


def _format(file: Path) -> str:
    name = file.name.lower().removesuffix(".gz")
    return Path(name).suffix


def table_name(file: Path) -> str:
    """Return what a file's table is called: its name without numbers and days, else its folder's."""
    stem = COUNTER.sub("", file.name.split(".")[0])
    return stem if stem else file.parent.name


def _pieces(file: Path, rows: int) -> Iterator[Piece]:
    kind = _format(file)
    if file.stat().st_size == 0:
        return
    if kind == ".parquet":
        yield _parquet(file, rows)
    elif kind == ".xlsx":
        yield from _workbook(file, rows)
    elif kind == ".json":
        yield _json(file, rows)
    elif kind in LINES:
        yield _json_lines(file, rows)
    elif kind in TEXT:
        yield _delimited(file, rows)
    else:
        raise SourceError(f"{file}: unknown format {kind or 'without ending'}; known are {', '.join(sorted(KNOWN))}")


def _delimited(file: Path, rows: int) -> Piece:
    csv.field_size_limit(2**31 - 1)
    with open_plain(file) as opened:
        encodings = guess_encodings(opened.read(FIRST_BYTES))
    delimiter = guess_delimiter(list(islice(text_lines(file, encodings), FIRST_LINES)))
    reader = csv.reader(text_lines(file, encodings), delimiter=delimiter)
    names = unique_names([name.strip() for name in next(reader, [])])
    records: list[dict[str, Any]] = []
    lines: list[int] = []
    start = reader.line_num + 1
    for record in islice(reader, rows):
        if len(record) == len(names):
            records.append(dict(zip(names, record, strict=True)))
            lines.append(start)
        start = reader.line_num + 1
    whole = next(reader, None) is None
    encoding = encodings[0] if len(encodings) == 1 else encodings
    reading = {"format": "csv", "delimiter": delimiter, "encoding": encoding}
    if not records:
        records, lines = [dict.fromkeys(names)], [1]
    return Piece(table_name(file), file, reading, records, lines, whole)


def _loads(text: str) -> Any:
    # Numbers stay as they are written: 1.10 is not 1.1.
    return json.loads(text, parse_float=str, parse_int=str)


def _json_lines(file: Path, rows: int) -> Piece:
    records, lines = [], []
    with open_plain(file) as opened:
        text = io.TextIOWrapper(opened, encoding="utf-8-sig", errors="replace")
        for number, line in enumerate(islice(text, rows), start=1):
            record = _object(line)
            if record is not None:
                records.append(record)
                lines.append(number)
        whole = next(text, None) is None
    return Piece(table_name(file), file, {"format": "jsonl", "encoding": "utf-8"}, records, lines, whole)


def _object(line: str) -> dict[str, Any] | None:
    try:
        record = _loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _json(file: Path, rows: int) -> Piece:
    if file.stat().st_size > LARGEST_DOCUMENT:
        raise SourceError(f"{file}: larger than 200 MB; give the first part of it, or JSON lines")
    with open_plain(file) as opened:
        text = opened.read().decode("utf-8-sig", errors="replace")
    try:
        document = _loads(text)
    except (ValueError, RecursionError):
        # Some tools name JSON lines `.json`; they fail on the second line.
        return _json_lines(file, rows)
    path, found = records_of(document)
    if found is None:
        raise SourceError(f"{file}: no array of records in this JSON document; export records as an array")
    reading = {"format": "json", "encoding": "utf-8"} | ({"records": path} if path else {})
    chosen = [(number, record) for number, record in enumerate(found[:rows], start=1) if isinstance(record, dict)]
    return Piece(
        table_name(file), file, reading, [one for _, one in chosen], [at for at, _ in chosen], len(found) <= rows
    )


def records_of(document: Any, path: str = "") -> tuple[str, list[Any] | None]:
    """Return where the longest array of objects of a document is, and the array."""
    if isinstance(document, list):
        return path, document if any(isinstance(one, dict) for one in document) else None
    if isinstance(document, dict):
        inner = [records_of(value, f"{path}.{key}".strip(".")) for key, value in document.items()]
        arrays = [(at, found) for at, found in inner if found is not None]
        if arrays:
            return max(arrays, key=lambda one: len(one[1]))
    return path, None


def _parquet(file: Path, rows: int) -> Piece:
    try:
        opened = pq.ParquetFile(file)
        batch = next(opened.iter_batches(batch_size=rows), None)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(f"{file}: no whole Parquet file ({error}); export it again") from error
    records = batch.to_pylist() if batch is not None else []
    whole = opened.metadata.num_rows <= rows
    return Piece(table_name(file), file, {"format": "parquet"}, records, list(range(1, len(records) + 1)), whole)


def _workbook(file: Path, rows: int) -> Iterator[Piece]:
    try:
        sheets = list(read_sheets(file.read_bytes(), ["*"]))
    except ValueError as error:
        raise SourceError(f"{file}: {error}") from error
    for sheet in sheets:
        taken = list(islice(sheet.rows, rows + 2))
        if len(taken) < 2:
            continue
        names = unique_names([(name or "").strip() for name in taken[0][1]])
        records = [dict(zip(names, cells, strict=False)) for _, cells in taken[1 : rows + 1]]
        lines = [number for number, _ in taken[1 : rows + 1]]
        yield Piece(sheet.name, file, {"format": "xlsx", "sheet": sheet.name}, records, lines, len(taken) <= rows + 1)


def _table(name: str, pieces: Sequence[Piece]) -> Table:
    rows = [flat(record) for piece in pieces for record in piece.rows]
    names = list(dict.fromkeys(key for record in rows for key in record))
    columns = {key: [record.get(key) for record in rows] for key in names}
    return Table(
        name=name,
        files=tuple(piece.file for piece in pieces),
        reading=_reading(pieces),
        frame=pd.DataFrame(columns, dtype=object),
        part=[number for number, piece in enumerate(pieces) for _ in piece.rows],
        lines=[line for piece in pieces for line in piece.lines],
        whole=all(piece.whole for piece in pieces),
    )


def _reading(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Return how the first file is read, in the encodings of all: one job's export may have another than the next's."""
    reading = pieces[0].reading
    given = [piece.reading.get("encoding") for piece in pieces]
    found = {name for one in given if one for name in (one if isinstance(one, list) else [one])}
    if len(found) < 2 or "utf-8" not in found:
        return reading
    return reading | {"encoding": ["utf-8", *sorted(found - {"utf-8"})]}


def flat(record: Mapping[str, Any], before: str = "", depth: int = 0) -> dict[str, str | None]:
    """Return a record's values by path: nested objects as `a.b`, lists as JSON text."""
    found: dict[str, str | None] = {}
    for key, value in record.items():
        path = f"{before}{key}"
        if isinstance(value, dict) and depth < DEEPEST:
            found |= flat(value, f"{path}.", depth + 1)
        else:
            found[path] = _text(value)
    return found


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    text = str(value).strip()
    return text or None
