"""How long does a second `tieout run` take on exports that have not changed, against the first?

    python bench/second_night.py --customers 20000 --work DIR

Makes exports of Salesforce and SAP in DIR unless they are there, and runs `tieout run` twice, each a process of its own
with session start and all. Prints wall seconds by step, wall and CPU seconds of the whole process and of the JVM
and the workers that it started, and the second as a part of the first. CPU seconds count children that others
than their parent wait for, so it runs on Linux only.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from processes import TIEOUT, timed


def run(command: list[str]) -> tuple[dict[str, Any], float, float]:
    """Run a command of Tieout; return its figures, its wall seconds and its CPU seconds."""
    output, wall, cpu = timed([*TIEOUT, *command, "--json"])
    return json.loads(output.splitlines()[-1]), wall, cpu


def main() -> None:
    """Make the exports, run twice, print both and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    if not (args.work / "exports").exists():
        run(["generate", "--customers", str(args.customers), "--systems", "salesforce,sap", "--out", str(args.work)])
    places = {"input": "exports", "truth": "truth", "root": "lakehouse"}
    command = ["run", *(word for name, place in places.items() for word in (f"--{name}", str(args.work / place)))]
    first, second = run(command), run(command)
    print(f"{'':<12}{'first':>10}{'second':>10}{'ratio':>8}")
    rows = {name: (first[0]["seconds"][name], second[0]["seconds"][name]) for name in first[0]["seconds"]}
    rows |= {"wall": (first[1], second[1]), "CPU": (first[2], second[2])}
    for name, (one, other) in rows.items():
        print(f"{name:<12}{one:>10.1f}{other:>10.1f}{other / max(one, 0.1):>8.3f}")
    print(f"skipped: {', '.join(second[0]['unchanged_since']) or 'nothing'}")


if __name__ == "__main__":
    main()
