"""What one object of an export is: which files, read how, under which key; and what each file is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.bronze.files import SourceFile
from tieout.config.models.reading import ReadingOptions

FILE, ROW, FILE_HASH, RUN_ID, INGESTED_AT = "_file", "_row", "_file_hash", "_run_id", "_ingested_at"
CORRUPT, REASON = "_corrupt", "_corrupt_reason"
SYSTEM_COLUMNS = (FILE, ROW, FILE_HASH, RUN_ID, INGESTED_AT, CORRUPT, REASON)


def bronze_table(system: str, name: str) -> str:
    """Return the name of the bronze table of a system's object."""
    return f"{system}__{name.lower()}"


@dataclass(frozen=True)
class Export:
    """One object of one system, with its files. `keys` are the columns that name a record."""

    system: str
    object: str
    options: ReadingOptions
    keys: tuple[str, ...]
    files: tuple[SourceFile, ...]

    @property
    def table(self) -> str:
        """Return the name of the object's bronze table."""
        return bronze_table(self.system, self.object)


@dataclass(frozen=True)
class Hashed:
    """A file (or a sheet of one) and the hash of its content."""

    file: SourceFile
    hash: str


@dataclass(frozen=True)
class Readable(Hashed):
    """A file that was checked and can be read: its columns, and how many rows it has where that is known."""

    columns: tuple[str, ...]
    rows: int | None


def column(name: str) -> Column:
    """Return the column of exactly this name, whatever characters it has."""
    return F.col(f"`{name.replace('`', '``')}`")


def unique_names(names: Sequence[str], reserved: Sequence[str] = SYSTEM_COLUMNS) -> list[str]:
    """Return names that a table can have: empty ones become `_c<position>`, repeated ones get a number.

    Tables ignore case, so `Name` and `NAME` are the same here.
    """
    taken = {name.lower() for name in reserved}
    result = []
    for position, name in enumerate(names, start=1):
        base = name or f"_c{position}"
        candidate, number = base, 1
        while candidate.lower() in taken:
            number += 1
            candidate = f"{base}_{number}"
        taken.add(candidate.lower())
        result.append(candidate)
    return result
