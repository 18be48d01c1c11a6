"""One object of a source beside its sample, and one thing about it that does not fit."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from tieout.config import Config
from tieout.config.base import line_of
from tieout.config.models.source import ObjectConfig, SourceConfig
from tieout.onboarding.sample import Table

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit: `place` is a line of the config or of a sample file."""

    severity: Severity
    place: str
    what: str
    todo: str

    def to_dict(self) -> dict[str, str]:
        """Return the finding as a dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Check:
    """One object of a source, with its table of the sample."""

    config: Config
    source: SourceConfig
    name: str
    tables: dict[str, Table]
    path: Path
    document: Any

    @property
    def object(self) -> ObjectConfig:
        """Return the object's config."""
        return self.source.objects[self.name]

    @property
    def table(self) -> Table:
        """Return the object's table in the sample."""
        return self.tables[self.name]

    def location(self, *keys: str) -> str:
        """Return where the config says something: file, line and key."""
        location = ("objects", self.name, *keys)
        return f"{self.path}:{line_of(self.document, location)}: {'.'.join(location)}"

    def row(self, position: int) -> str:
        """Return where a row of the sample is: file and line."""
        return f"{self.table.files[self.table.part[position]]}:{self.table.lines[position]}"

    @cached_property
    def top(self) -> dict[str, set[str]]:
        """Return, by object, the columns that bronze has: of JSON only the keys at the top."""
        return {
            name: {column.partition(".")[0] for column in table.frame.columns} | set(table.frame.columns)
            for name, table in self.tables.items()
        }


def resolved(one: Check, column: str) -> tuple[str | None, str]:
    """Return the object that a mapping's column belongs to, None where the sample has not got it, and its name."""
    alias, dot, rest = column.partition(".")
    join = one.object.joins.get(alias) if dot else None
    if join is None:
        aliases = [mapping.each.alias for mapping in one.object.to.values() if mapping.each]
        return (None if alias in aliases else one.name), column
    if join.object not in one.tables or join.aggregate:
        return None, rest
    return join.object, rest
