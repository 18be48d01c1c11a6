"""What do a lane's job and its tasks tell each other?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.delta_files import DataFile, Field
from tieout.rows import plain_schema
from tieout.table_file import TableFile
from tieout.worker import task_numbers

Batches = Iterable[pa.RecordBatch]
# What the tasks of a job do, for mapInArrow.
Job = Callable[[Batches], Iterator[pa.RecordBatch]]
WRITTEN = "_written"
RESULT = f"{WRITTEN} string"
# What decides about a row: outputs of a program that are not silver's.
KEY, END, POSITION, BROKEN = CONTROL = ("_key", "_end", "_position", "_broken")
# With these and silver's columns it is decided which row of a key stands, and what quarantine gets: by Delta's names of
# their types.
DECIDING = {
    KEY: "long", "_rejected_id": "long", "_object": "string", "_ingested_at": "timestamp", "_file": "string",
    "_row": "long", POSITION: "integer", BROKEN: "long", "_corrupt": "string", "_corrupt_reason": "string",
    "_raw": "string",
}  # fmt: skip
CONTESTED = "contested.npy"


@dataclass(frozen=True)
class Target:
    """Where rows go: the table's folder, its columns by name, and those of which the log knows the ends."""

    folder: str
    fields: Mapping[str, Field]
    statistics: tuple[str, ...] = ()

    @property
    def held_kinds(self) -> dict[str, str]:
        """Return Delta's names of the types of the columns of rows that are held: silver's, and DECIDING."""
        return {name: column.kind for name, column in self.fields.items()} | DECIDING

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
class Sorting:
    """How mapped rows are told apart: `ends` are those whose rows are silver's, `bad_ends` those whose rows are not.

    Rows that share their key go to so many `parts`. `rules` is the number of rules that are counted.
    """

    ends: tuple[str, ...]
    bad_ends: tuple[str, ...]
    parts: int
    rules: int


@dataclass(frozen=True)
class Orders:
    """What all tasks that map an object have in common.

    `folder` is for what is not silver's. All files have the `label` in their names.
    """

    reading: Reading
    target: Target
    folder: str
    sorting: Sorting
    label: str


class PartFile(NamedTuple):
    """A file of rows that share their key, and how many it has."""

    path: str
    rows: int


@dataclass(frozen=True)
class Written:
    """What a task wrote: silver's file, those of bad rows, of bronze rows that it left, of rows that share their key.

    Of the latter there are the files of each part, and how many rows these have. All other rows but those left are
    counted: by end, those that are the first of their bronze row, and by number of the rule that they break.
    """

    file: DataFile | None = None
    aside: str | None = None
    aside_rows: int = 0
    bad: str | None = None
    parts: Mapping[int, PartFile] = field(default_factory=dict)
    ends: Mapping[str, int] = field(default_factory=dict)
    firsts: int = 0
    broken: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str) -> Written:
        """Return what `to_json` made a text of."""
        found = json.loads(text)
        file = None if found["file"] is None else DataFile(**found["file"])
        broken = {int(rule): rows for rule, rows in found["broken"].items()}
        parts = {int(part): PartFile(*told) for part, told in found["parts"].items()}
        return cls(**found | {"file": file, "broken": broken, "parts": parts})

    def to_json(self) -> str:
        """Return it as a text."""
        return json.dumps(asdict(self))


def edges_of(parts: int) -> NDArray[np.int64]:
    """Return where all possible hashes are cut to get parts of the same size."""
    return np.array([2**64 * number // parts - 2**63 for number in range(1, parts)], dtype=np.int64)


def rules_broken(broken: NDArray[np.int64], rules: int) -> Counter[int]:
    """Return how many rows break each of so many rules, by `_broken`; of rules that none breaks nothing."""
    return +Counter({rule: int(np.count_nonzero(broken >> rule & 1)) for rule in range(rules if broken.any() else 0)})


def teller(tell: Callable[[int], str]) -> Job:
    """Return a function from batches of tasks' numbers to batches of RESULT, with what is told of each."""

    def told(batches: Batches) -> Iterator[pa.RecordBatch]:
        for number in task_numbers(batches):
            yield result(tell(number))

    return told


def result(text: str) -> pa.RecordBatch:
    """Return a batch of RESULT."""
    return pa.RecordBatch.from_pylist([{WRITTEN: text}], schema=plain_schema(RESULT))
