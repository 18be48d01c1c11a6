"""Code lists: `conf/lookups/*.csv`, read, and as constants of Spark SQL for joins with them.

A list becomes a constant: an array of small maps, in which the CRC-32 of the searched text picks
the map. Looking up costs about the same for 20 rows as for 5,000, needs no join and no shuffle.
"""

from __future__ import annotations

import csv
import json
import re
import zlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from tieout.config.base import nearest
from tieout.errors import ConfigError
from tieout.platform.sql import literal

# What a list maps folded keys to: a text, or columns by name.
Entries = Mapping[str, str | Mapping[str, str | int]]

MAX_ROWS = 50_000
PER_BUCKET = 4


def fold(text: str) -> str:
    """Return the form under which a list is searched: small letters, no full stops, single spaces."""
    return re.sub(r"\s+", " ", text.lower().replace(".", "")).strip()


def folded(sql: str) -> str:
    """Return Spark SQL for `fold` of a text; ends in nothing (not NULL) for an empty text."""
    return f"trim(regexp_replace(lower(replace({sql}, '.', '')), '\\\\s+', ' '))"


class Lookup:
    """One code list: a CSV file with a header."""

    def __init__(self, path: Path, columns: list[str], rows: list[dict[str, str]]) -> None:
        self.path = path
        self.columns = columns
        self.rows = rows

    def column(self, name: str | None, position: int) -> str:
        """Return a column's name, checked; without one the column at `position`."""
        if name is None:
            return self.columns[min(position, len(self.columns) - 1)]
        if name in self.columns:
            return name
        raise ConfigError(
            f"{self.path}:1: no column {name!r}; there are {', '.join(self.columns)}.{nearest(name, self.columns)}"
        )

    def pairs(
        self, key: str | None = None, value: str | None = None, where: dict[str, str] | None = None
    ) -> dict[str, str]:
        """Return folded key → value; the first row wins where a key is repeated, empty values are left out."""
        key_column, value_column = self.column(key, 0), self.column(value, 1)
        conditions = {self.column(name, 0): wanted for name, wanted in (where or {}).items()}
        found: dict[str, str] = {}
        for row in self.rows:
            if all(row[name] == wanted for name, wanted in conditions.items()) and row[value_column]:
                found.setdefault(fold(row[key_column]), row[value_column])
        return found

    def codes(
        self, key: str | None = None, value: str | None = None, where: dict[str, str] | None = None
    ) -> dict[str, str]:
        """Return key → value as they are written, for the way back to a system; the first row of a key wins.

        Rows without a value are left out: what they name has no form there.
        """
        key_column, value_column = self.column(key, 0), self.column(value, 1)
        conditions = {self.column(name, 0): wanted for name, wanted in (where or {}).items()}
        found: dict[str, str] = {}
        for row in self.rows:
            if all(row[name] == wanted for name, wanted in conditions.items()) and row[value_column]:
                found.setdefault(row[key_column], row[value_column])
        return found

    def records(self, keys: list[str]) -> dict[str, dict[str, str]]:
        """Return folded key → the whole row, for a join with the list; keys are joined by a tab."""
        names = [self.column(key, 0) for key in keys]
        found: dict[str, dict[str, str]] = {}
        for row in self.rows:
            found.setdefault("\t".join(fold(row[name]) for name in names), row)
        return found


class Lookups:
    """The code lists of one config directory, each read once."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._read: dict[str, Lookup] = {}

    @cached_property
    def names(self) -> list[str]:
        """Return the lists that there are."""
        return sorted(path.stem for path in self.directory.glob("*.csv"))

    def get(self, name: str) -> Lookup:
        """Return one list. Raises ConfigError when it is not there, empty, ragged or too long."""
        if name not in self._read:
            self._read[name] = _read(self.directory / f"{name}.csv", self.names)
        return self._read[name]


def _read(path: Path, known: list[str]) -> Lookup:
    if not path.is_file():
        raise ConfigError(f"{path}: no such code list; there are {', '.join(known)}.{nearest(path.stem, known)}")
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        columns = next(reader, [])
        rows = []
        for cells in reader:
            if len(cells) != len(columns):
                raise ConfigError(f"{path}:{reader.line_num}: {len(cells)} values for {len(columns)} columns")
            rows.append(dict(zip(columns, cells, strict=True)))
    if not rows:
        raise ConfigError(f"{path}: a code list needs a header and at least one row")
    if len(rows) > MAX_ROWS:
        raise ConfigError(f"{path}: {len(rows)} rows; more than {MAX_ROWS} belong in an object and a join")
    return Lookup(path, columns, rows)


def constant(entries: Entries, schema: str = "string") -> tuple[str, int]:
    """Return the list as constant Spark SQL, an array of maps, and how many maps it has.

    `schema` is the type of a value: `string`, or a struct for whole rows.
    """
    buckets = max(1, len(entries) // PER_BUCKET)
    maps: list[dict[str, object]] = [{} for _ in range(buckets)]
    for key, value in entries.items():
        maps[zlib.crc32(key.encode()) % buckets][key] = value
    text = json.dumps(maps, ensure_ascii=False)
    return f"from_json({literal(text)}, 'array<map<string,{schema}>>')", buckets
