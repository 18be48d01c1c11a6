"""Peak memory of this process and all that it started, read from /proc, as a share of pages."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from types import TracebackType

PAGE = os.sysconf("SC_PAGE_SIZE")


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


def resident(root: int) -> int:
    """Return the bytes that a process and its descendants hold; 0 where there is no /proc.

    Pages that forked Python workers share are counted once for each, so this is never too low.
    """
    parents, pages = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)], pages[int(folder.name)] = int(fields[1]), int(fields[21])
        except (OSError, IndexError, ValueError):
            continue
    return PAGE * sum(count for process, count in pages.items() if _descends(process, root, parents))


def _descends(process: int, root: int, parents: dict[int, int]) -> bool:
    while process > 1:
        if process == root:
            return True
        process = parents.get(process, 0)
    return False
