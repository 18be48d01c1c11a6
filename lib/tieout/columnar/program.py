"""What do workers compute of the rows of a table, and in which order? As data that can be sent to them.

program = Program.from_bytes(sent)
rows, places = program.rows(batch, rights)
rows.value(program.outputs["email"])
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tieout.columnar.definitions import Definitions
from tieout.columnar.evaluate import Rows
from tieout.columnar.packing import packed, unpacked
from tieout.columnar.right_side import RightSide
from tieout.columnar.tree import Node

# Expressions are computed one inside the other, and some are deep.
DEPTH = 50_000


@dataclass(frozen=True)
class Keeping:
    """Rows stay for which the condition is true."""

    condition: Node


@dataclass(frozen=True)
class Finding:
    """Rows get the columns of that row of a right side whose keys are as the values of `keys`; nulls where none is."""

    keys: tuple[Node, ...]


Step = Keeping | Finding


@dataclass(frozen=True)
class Program:
    """Outputs by name, of steps on columns (by number: the table's name of it) and on definitions."""

    outputs: Mapping[str, Node]
    columns: Mapping[int, str]
    definitions: Mapping[int, Node]
    steps: tuple[Step, ...]

    def to_bytes(self) -> bytes:
        """Return it in a form that can be sent."""
        wanted = [node for step in self.steps for node in asked(step)]
        nodes, places = packed([*self.outputs.values(), *self.definitions.values(), *wanted])
        keys = [len(step.keys) if isinstance(step, Finding) else 0 for step in self.steps]
        names = (list(self.outputs), dict(self.columns), list(self.definitions), keys)
        return pickle.dumps((nodes, places, names), protocol=pickle.HIGHEST_PROTOCOL)

    @classmethod
    @lru_cache(maxsize=8)
    def from_bytes(cls, sent: bytes) -> Program:
        """Return what `to_bytes` made bytes of; for the same bytes, the same, with all that is remembered of it."""
        sys.setrecursionlimit(max(DEPTH, sys.getrecursionlimit()))
        nodes, places, (outputs, columns, definitions, keys) = pickle.loads(sent)
        roots = iter(unpacked(nodes, places))
        by_name = {name: next(roots) for name in outputs}
        by_number = {number: next(roots) for number in definitions}
        steps = [Finding(tuple(next(roots) for _ in range(count))) if count else Keeping(next(roots)) for count in keys]
        return cls(by_name, columns, Definitions(by_number), tuple(steps))

    @property
    def names(self) -> list[str]:
        """Return the table's columns that are read, each once."""
        return list(dict.fromkeys(self.columns.values()))

    def rows(self, batch: pa.RecordBatch, rights: Sequence[RightSide]) -> tuple[Rows, NDArray[np.int64]]:
        """Return the rows that stay, and their places in the batch; `rights` are what steps find rows in.

        Rows stay too of which it is not certain whether they do: they are doubtful.
        """
        columns = {number: batch.column(name) for number, name in self.columns.items()}
        rows = Rows(columns, self.definitions, batch.num_rows)
        places = np.arange(batch.num_rows)
        tables = iter(rights)
        for step in self.steps:
            if isinstance(step, Finding):
                right = next(tables)
                rows.join(right.columns, right.places_of([rows.value(key) for key in step.keys]))
                continue
            true, _ = rows.truths(step.condition)
            stays = true | rows.doubtful
            if not stays.all():
                rows, places = rows.filtered(stays), places[stays]
        return rows, places


def asked(step: Step) -> tuple[Node, ...]:
    """Return what a step asks of the rows that it gets."""
    return step.keys if isinstance(step, Finding) else (step.condition,)
