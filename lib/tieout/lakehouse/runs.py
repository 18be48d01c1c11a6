"""Run records: who ran what, on which rows, and whether the rows added up, in `ops.run` and `ops.step`."""

from __future__ import annotations

import getpass
import json
import os
import time
import uuid
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from tieout import __version__
from tieout.lakehouse.incremental.finished import Finished
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of

RUN_SCHEMA = (
    "run_id string, verb string, arguments string, user string, version string, "
    "started_at timestamp, finished_at timestamp, status string, message string"
)
STEP_SCHEMA = (
    "run_id string, step string, system string, object string, entity string, "
    "counts map<string,bigint>, details string, seconds double, at timestamp"
)


def user_name() -> str:
    """Return who runs this: the login name, or the number of a user without one, as in many containers."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


class Run:
    """One run of one verb: a context manager that records its steps and its end.

    Steps are kept in memory and written in one commit when the run ends, failed or not; so is what finished
    steps leave behind (`finished`), by which a later run knows what it need not do again.
    """

    def __init__(self, lake: Lakehouse, verb: str, arguments: dict[str, Any] | None = None) -> None:
        self.lake = lake
        self.verb = verb
        self.arguments = arguments or {}
        self.started_at = datetime.now(UTC)
        self.run_id = f"{self.started_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        self.steps: list[tuple[Any, ...]] = []
        self.finished = Finished(lake)
        self._lap = time.monotonic()

    def __enter__(self) -> Run:
        return self

    def step(
        self,
        step: str,
        *,
        system: str | None = None,
        object: str | None = None,
        entity: str | None = None,
        seconds: float | None = None,
        details: dict[str, Any] | None = None,
        **counts: int,
    ) -> None:
        """Record one step: `counts` are row counts by name, `seconds` the time since the last step."""
        now = time.monotonic()
        took = seconds if seconds is not None else now - self._lap
        self._lap = now
        text = json.dumps(details, default=str) if details else None
        numbers = {name: int(count) for name, count in counts.items()}
        row = (self.run_id, step, system, object, entity, numbers, text, float(took), datetime.now(UTC))
        self.steps.append(row)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        status = "done" if error is None else "failed"
        message = None if error is None else f"{type(error).__name__}: {error}"[:2000]
        spark = self.lake.spark
        if self.steps:
            self.lake.append("ops", "step", frame_of(spark, self.steps, STEP_SCHEMA))
        self.finished.save()
        arguments = json.dumps(self.arguments, default=str)
        row = (
            self.run_id, self.verb, arguments, user_name(), __version__,
            self.started_at, datetime.now(UTC), status, message,
        )  # fmt: skip
        self.lake.append("ops", "run", frame_of(spark, [row], RUN_SCHEMA))
