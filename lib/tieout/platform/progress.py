"""Progress of a long job: what is done now on a terminal, a line a step elsewhere, JSON lines for machines."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status


class Progress:
    """Reports steps on stderr. With `as_json` each finished step is a JSON object on a line; `quiet` reports nothing.

    `seconds` holds how long each finished step took.
    """

    def __init__(self, run_id: str = "", *, as_json: bool = False, quiet: bool = False) -> None:
        self.run_id = run_id
        self.seconds: dict[str, float] = {}
        self._as_json = as_json
        self._quiet = quiet
        self._name = ""
        self._status: Status | None = None

    @contextmanager
    def step(self, name: str) -> Iterator[dict[str, Any]]:
        """Time one step; what is put into the yielded dict is shown with its line."""
        started = time.monotonic()
        said: dict[str, Any] = {}
        self._name = name
        try:
            with self._shown():
                yield said
        finally:
            self.seconds[name] = round(time.monotonic() - started, 1)
            self._status = None
        # A step that fails has no line: the error's sentence is what there is to read.
        self._finished(name, said)

    def now(self, text: str) -> None:
        """Say what the step is at, such as `3 of 27 objects`; only a terminal shows it, until the next word."""
        if self._status is not None:
            self._status.update(escape(f"{self._name}: {text}"))

    def _shown(self) -> AbstractContextManager[Any]:
        console = Console(stderr=True, highlight=False)
        if self._as_json or self._quiet or not console.is_terminal:
            return nullcontext()
        self._status = console.status(escape(self._name))
        return self._status

    def _finished(self, name: str, said: dict[str, Any]) -> None:
        if self._quiet:
            return
        seconds = self.seconds[name]
        if self._as_json:
            line = json.dumps({"run_id": self.run_id, "step": name, "seconds": seconds} | said, default=str)
        else:
            facts = ", ".join(
                f"{value:,} {key}" if isinstance(value, int) else f"{key} {value}" for key, value in said.items()
            )
            line = f"  {name:<10} {seconds:6.1f} s  {facts}".rstrip()
        print(line, file=sys.stderr, flush=True)  # noqa: T201
