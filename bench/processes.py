"""Wall and CPU seconds of a command, with all processes that it starts. Linux only."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import time

TIEOUT = [sys.executable, "-c", "from tieout.cli import script; script()"]
ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER: processes whose parent has ended become this one's children


def timed(command: list[str]) -> tuple[str, float, float]:
    """Run a command; return its output, its wall seconds and the CPU seconds of all processes that it started.

    A JVM is not waited for by the Python that started it: it becomes this process's child, and is waited for here.
    """
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall = time.monotonic() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
