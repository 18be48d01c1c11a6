"""What finished runs of the steps left, kept in `ops.finished_step`: one row a step, of its last finished run."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from typing import Any

from pyspark.errors import PySparkException

from tieout.lakehouse.tables import ALL, LAYERS, Commit, Lakehouse, Table, is_conflict
from tieout.platform.rows import frame_of

LAYER, TABLE = "ops", "finished_step"
SCHEMA = (
    "step string, run_id string, inputs map<string,string>, tables map<string,string>, day date, "
    "figures string, at timestamp"
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Mark:
    """What one finished run of a step depended on, and what it said.

    `inputs`: configuration, code, arguments and the like, by name, as digests. `tables`: the commit of each
    table that the step opened, as it was before the step, or after it for those that it wrote; None for one
    that was not there. `day`: the day of the run, where the result depends on it.
    """

    step: str
    run_id: str
    inputs: Mapping[str, str]
    tables: Mapping[str, str | None]
    day: date | None
    figures: Any


def _texts(commits: Mapping[Table, Commit]) -> dict[Table, str]:
    return {table: str(commit) for table, commit in commits.items()}


def commit_of(commits: Mapping[Table, str], table: str) -> str | None:
    """Return the commit of `layer.table`, None where it is not there; of `layer.*` the names of its tables."""
    layer, _, name = table.partition(".")
    if name == ALL:
        return " ".join(sorted(one for found, one in commits if found == layer))
    return commits.get((layer, name))


@dataclass
class Finished:
    """The marks of earlier runs, those of this run, and the commits of the tables as this run knows them.

    What this run adds is written when it ends: a run that is killed has finished no step.
    """

    lake: Lakehouse
    skipped: dict[str, str] = field(default_factory=dict)
    """Step → the run since which nothing has changed."""
    _new: dict[str, Mark] = field(default_factory=dict)

    @cached_property
    def _last(self) -> dict[str, Mark]:
        if not self.lake.exists(LAYER, TABLE):
            return {}
        # Bounded: one row a step.
        rows = self.lake.read(LAYER, TABLE).drop("at").collect()
        return {row["step"]: Mark(**row.asDict() | {"figures": json.loads(row["figures"])}) for row in rows}

    @cached_property
    def commits(self) -> Mapping[Table, str]:
        """Return the newest commit of every table: as it was when first asked for, or refreshed since."""
        return _texts(self.lake.commits())

    def last(self, step: str) -> Mark | None:
        """Return the mark of the last finished run of a step, this run left out."""
        return self._last.get(step)

    def disturbed(self, step: str) -> set[str]:
        """Return the tables, as `layer.table`, that are not as the step's last finished run saw or left them.

        Nothing where the step has no finished run: then nothing is known.
        """
        last = self.last(step)
        seen = last.tables if last is not None else {}
        return {name for name, commit in seen.items() if commit_of(self.commits, name) != commit}

    def refresh(self, layers: Collection[str]) -> None:
        """Look again at the tables of layers that this run has written to."""
        if layers:
            kept = {table: commit for table, commit in self.commits.items() if table[0] not in layers}
            self.commits = kept | _texts(self.lake.commits([layer for layer in LAYERS if layer in layers]))

    def add(self, mark: Mark) -> None:
        """Take note of a step that has finished."""
        self._new[mark.step] = mark

    def save(self) -> None:
        """Write this run's marks in place of the earlier ones of the same steps, in one commit."""
        if not self._new:
            return
        at = datetime.now(UTC)
        rows = [
            (mark.step, mark.run_id, dict(mark.inputs), dict(mark.tables), mark.day,
             json.dumps(mark.figures, default=str), at)
            for mark in self._new.values()
        ]  # fmt: skip
        steps = ", ".join(f"'{step}'" for step in self._new)
        try:
            self.lake.replace_where(LAYER, TABLE, frame_of(self.lake.spark, rows, SCHEMA), f"step IN ({steps})")
        except PySparkException as error:
            if not is_conflict(error):
                raise
            # Another run's marks are there now; the next run does the steps again, which is only slower.
            log.warning("another run ended at the same time; what this one finished will be done again", exc_info=True)
