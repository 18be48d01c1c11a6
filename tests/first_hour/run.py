"""The first hour of a newcomer: a fresh clone and venv, then every command of README and docs/, in order.

    python tests/first_hour/run.py [--page ask ...] [--venv DIR] [--keep]

Each page is read in a shell of its own, set up as the README says. README comes first, since it makes the demo.
A command that an earlier page has shown word for word, with the same exit codes, is not run again. Commands that need
a cluster, a database or a person are only shown; `tests/test_docs.py` checks their arguments.
Ends with 1 when a command fails or prints a trace, and names it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pages import Command, commands, pages

REPOSITORY = Path(__file__).resolve().parents[2]
SET_UP = "source .venv/bin/activate && export TIEOUT_ROOT=$PWD/demo/lakehouse"
# A newcomer's shell has none of what the one has that started this.
CLEARED = ("TIEOUT_ROOT", "TIEOUT_CONFIG", "VIRTUAL_ENV", "PYTHONPATH")
LONGEST = 1800


def main() -> int:
    """Run what is asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", nargs="+", default=[], metavar="NAME", help="README and only these pages of docs/")
    parser.add_argument("--venv", metavar="DIR", help="use this environment instead of a fresh one")
    parser.add_argument("--keep", action="store_true", help="leave the clone where it is")
    args = parser.parse_args()
    clone = Path(tempfile.mkdtemp(prefix="tieout-first-hour-")) / "tieout"
    subprocess.run(["git", "clone", "--quiet", str(REPOSITORY), str(clone)], check=True)
    if args.venv:
        (clone / ".venv").symlink_to(Path(args.venv).resolve())
        (clone / ".venv/.installed").touch()
    failed = []
    ran: set[tuple[str, frozenset[int]]] = set()
    started = time.monotonic()
    for page in pages(clone):
        if page != clone / "README.md" and args.page and page.stem not in args.page:
            continue
        failed += _read(page, clone, ran)
    if not args.keep:
        shutil.rmtree(clone.parent)
    took = f"{len(ran)} commands in {time.monotonic() - started:.0f} s"
    print(f"{took}, {len(failed)} failed" + (f" in {clone}" if args.keep else ""))
    return 1 if failed else 0


def _read(page: Path, clone: Path, ran: set[tuple[str, frozenset[int]]]) -> list[Command]:
    """Run a page's commands but for those that `ran` before; return those that fail."""
    failed = []
    exports: list[str] = []
    for command in commands(page):
        place = page.relative_to(clone)
        if not command.runs:
            print(f"{place}: not here: {command.text}", flush=True)
            continue
        # A shell's own settings last for the page; everything else starts in a shell that has them.
        if command.text.startswith(("source ", "export ")):
            exports.append(command.text)
            continue
        if (command.text, command.codes) in ran:
            print(f"{place}: ran before: {command.text}", flush=True)
            continue
        ran.add((command.text, command.codes))
        set_up = [] if page == clone / "README.md" else [SET_UP]
        started = time.monotonic()
        done = _shell(" && ".join([*set_up, *exports, command.text]), clone)
        good = done.returncode in command.codes and "Traceback (most recent call last)" not in done.stderr
        seconds = time.monotonic() - started
        print(f"{place}: {'done' if good else 'FAILED'} {done.returncode} {seconds:6.1f} s  {command.text}", flush=True)
        if not good:
            failed.append(command)
            print("\n".join((done.stdout + done.stderr).splitlines()[-20:]), flush=True)
    return failed


def _shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in CLEARED}
    return subprocess.run(
        ["bash", "-c", text], cwd=folder, env=environment, capture_output=True, text=True, timeout=LONGEST, check=False
    )


if __name__ == "__main__":
    sys.exit(main())
