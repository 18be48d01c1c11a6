"""Peak memory of this process and all that it started: the JVM and its Python workers."""

from __future__ import annotations

import os
import threading
from types import TracebackType

import psutil


class PeakMemory:
    """Watches resident memory, the JVM and its Python workers included, while the `with` block runs."""

    def __init__(self, every: float = 0.5) -> None:
        self.every = every
        self.peak = 0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    @property
    def gigabytes(self) -> float:
        """Return the largest use seen, in 10**9 bytes."""
        return round(self.peak / 1e9, 2)

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, resident(os.getpid()))
            if self._done.wait(self.every):
                return


def resident(process_id: int) -> int:
    """Return the bytes that a process and its descendants hold; 0 where there is no such process.

    Pages that forked Python workers share are counted once for each, so this is never too low.
    """
    try:
        process = psutil.Process(process_id)
        return sum(map(_resident, [process, *process.children(recursive=True)]))
    except psutil.NoSuchProcess:
        return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0
