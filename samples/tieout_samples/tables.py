"""A system's exports as tables of strings, and the forms of their files."""

from __future__ import annotations

import csv
import io
import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tieout_samples.rows import Array, text

Column = Array | Sequence[Any] | str
Columns = dict[str, Column]


@dataclass(frozen=True)
class FileFormat:
    """The format of a file."""

    suffix: str = "csv"  # or jsonl: one record per line
    delimiter: str = ","
    quote_all: bool = False
    newline: str = "\n"
    encoding: str = "utf-8"


@dataclass(frozen=True)
class Table:
    """One object's rows: columns in the order of the header; a plain string is the same in every row.

    Cells are strings; for JSON they may be numbers, truth values, lists and objects too.
    `older` are earlier versions of some rows: written to the first file, while the rows themselves then come
    in a later file of changes. `ragged` are lines that break the format, written as they are.
    """

    name: str
    columns: Mapping[str, Column]
    format: FileFormat = field(default_factory=FileFormat)
    older: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    extra: Sequence[Mapping[str, Any]] = ()
    ragged: Sequence[str] = ()

    def __len__(self) -> int:
        return next((len(column) for column in self.columns.values() if not isinstance(column, str)), 0)


def encode(table: Table) -> dict[str, bytes]:
    """Return the bytes of the object's files by what their names end with: nothing, or `_changes`."""
    names = list(table.columns)
    columns = (
        itertools.repeat(column, len(table)) if isinstance(column, str) else column for column in table.columns.values()
    )
    rows = list(zip(*columns, strict=False))
    base = list(rows)
    for position, old in table.older.items():
        base[position] = tuple(old.get(name, value) for name, value in zip(names, rows[position], strict=True))
    base += [tuple(values.get(name, "") for name in names) for values in table.extra]
    render = _jsonl if table.format.suffix == "jsonl" else _csv
    ragged = "".join(f"{line}{table.format.newline}" for line in table.ragged)
    files = {"": render(names, base, table.format) + ragged}
    if table.older:
        files["_changes"] = render(names, [rows[position] for position in table.older], table.format)
    return {end: content.encode(table.format.encoding, errors="replace") for end, content in files.items()}


def _csv(names: Sequence[str], rows: Iterable[Sequence[Any]], format: FileFormat) -> str:
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=format.delimiter,
        lineterminator=format.newline,
        quoting=csv.QUOTE_ALL if format.quote_all else csv.QUOTE_MINIMAL,
    )
    writer.writerow(names)
    writer.writerows(rows)
    return buffer.getvalue()


def _jsonl(names: Sequence[str], rows: Sequence[Sequence[Any]], format: FileFormat) -> str:
    """Write one JSON object per line; values may be nested."""
    return "".join(
        json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, separators=(",", ":")) + format.newline
        for row in rows
    )


def rows_written(table: Table) -> int:
    """Return how many rows the object's files hold, ragged lines included."""
    return len(table) + len(table.older) + len(table.extra) + len(table.ragged)


def money(values: Array) -> Array:
    """Write amounts with two decimals, nought never with a minus."""
    return text(f"{value:.2f}" for value in np.asarray(values, dtype=float) + 0.0)


def whole(values: Array) -> Array:
    """Write whole numbers."""
    return text(str(int(value)) for value in values)


def flags(values: Array, yes: str, no: str) -> Array:
    """Write truth values in the system's own words."""
    return np.where(values, yes, no).astype(object)


def days(values: Array, form: str = "%Y-%m-%d", none: str = "") -> Array:
    """Write dates; a missing date as `none`. The form knows %Y, %m and %d."""
    texts = np.datetime_as_string(values.astype("datetime64[D]"))
    return text(
        none if t == "NaT" else form.replace("%Y", t[:4]).replace("%m", t[5:7]).replace("%d", t[8:]) for t in texts
    )


def times(values: Array, suffix: str = ".000Z", joiner: str = "T", none: str = "") -> Array:
    """Write times with seconds as ISO 8601."""
    texts = np.datetime_as_string(values.astype("datetime64[s]"))
    return text(none if t == "NaT" else t.replace("T", joiner) + suffix for t in texts)
