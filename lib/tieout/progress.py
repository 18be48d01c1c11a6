"""Progress of a long job: a line a step, for a person, or as JSON for a machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class Progress:
    """Reports steps on stderr: a line that is rewritten in a terminal, JSON lines elsewhere.

    `seconds` holds how long each finished step took.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.seconds: dict[str, float] = {}
        self._terminal = sys.stderr.isatty()

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time one step; what is put into the yielded dict is shown with its line."""
        started = time.monotonic()
        said: dict[str, Any] = {}
        if self._terminal:
            sys.stderr.write(f"  {name} ...")
            sys.stderr.flush()
        try:
            yield said
        finally:
            self.seconds[name] = round(time.monotonic() - started, 1)
            self._finished(name, said)

    def _finished(self, name: str, said: dict[str, Any]) -> None:
        seconds = self.seconds[name]
        if self._terminal:
            facts = ", ".join(
                f"{value:,} {key}" if isinstance(value, int) else f"{key} {value}" for key, value in said.items()
            )
            sys.stderr.write(f"\r  {name:<10} {seconds:6.1f} s  {facts}\n")
        else:
            line = {"run_id": self.run_id, "step": name, "seconds": seconds} | said
            sys.stderr.write(json.dumps(line, default=str) + "\n")
        sys.stderr.flush()
