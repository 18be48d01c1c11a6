"""What do a lane's job and its tasks tell each other?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from tieout.delta_files import DataFile, Field
from tieout.table_file import TableFile

WRITTEN = "_written"
RESULT = f"{WRITTEN} string"
# What decides about a row: outputs of a program that are not silver's.
KEY, APART, END, POSITION, BROKEN = CONTROL = ("_key", "_apart", "_end", "_position", "_broken")
# With these and silver's columns, Spark decides which row of a key stands: by Delta's names of their types.
DECIDING = {
    "_rejected_id": "long", "_object": "string", "_ingested_at": "timestamp", "_file": "string", "_row": "long",
    POSITION: "integer", BROKEN: "long",
}  # fmt: skip
CONTESTED = "contested.npy"


@dataclass(frozen=True)
class Target:
    """Where rows go: the table's folder, its columns by name, and those of which the log knows the ends."""

    folder: str
    fields: Mapping[str, Field]
    statistics: tuple[str, ...] = ()

    def opened(self, label: str) -> TableFile:
        """Return a new file of the table."""
        return TableFile(self.folder, self.fields, self.statistics, label)


@dataclass(frozen=True)
class Reading:
    """What all tasks that read an object's bronze have in common.

    `program` is as `Program.to_bytes` has it, `rights` are the files of its right sides, `fields` bronze's columns.
    """

    program: bytes
    rights: tuple[str, ...]
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Orders:
    """What all tasks that map an object have in common.

    `folder` is for what is left, `ends` are those whose rows are silver's, `rules` is the number of rules. All files
    have the `label` in their names.
    """

    reading: Reading
    target: Target
    folder: str
    ends: tuple[str, ...]
    rules: int
    label: str


@dataclass(frozen=True)
class Written:
    """What a task wrote: silver's file, those of rows that it left and of mapped rows that it held.

    All other rows are counted: by end, those that are the first of their bronze row, and by number of the rule that
    they break.
    """

    file: DataFile | None = None
    aside: str | None = None
    aside_rows: int = 0
    held: str | None = None
    held_rows: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    firsts: int = 0
    broken: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Written:
        """Return what `to_json` made a text of."""
        found = json.loads(text)
        file = None if found["file"] is None else DataFile(**found["file"])
        broken = {int(rule): rows for rule, rows in found["broken"].items()}
        return cls(**found | {"file": file, "broken": broken})

    def to_json(self) -> str:
        """Return it as a text."""
        return json.dumps(asdict(self))
