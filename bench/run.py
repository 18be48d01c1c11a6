"""Runs `tieout match` on files with truth and prints what it took and how right it was.

    python bench/run.py --records 100000 [--seed 1] [--switchboard 0] [--repeat 1]
    python bench/run.py --datasets DIR [--only a,b]  # folders of left.csv, right.csv or records.csv, and truth.csv

Each run is a process of its own; `wall` is the whole process, Spark's start included. A dataset is run without a
config and, where bench/configs/ has one of its name, with it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from companies import generate

CONFIGS = Path(__file__).parent / "configs"
SHOWN = ("precision", "recall", "f1", "b3_f1", "ece", "truth_recall_of_blocking", "pairs_scored", "peak_rss_gb")


def tieout(files: list[Path], truth: Path, out: Path, config: Path | None = None) -> dict[str, Any]:
    """Run `tieout match`; return its figures and `wall`, the seconds of the whole process."""
    command = [str(Path(sys.executable).with_name("tieout")), "match", *map(str, files)]
    command += ["--config", str(config)] if config else []
    command += ["--show", "0"]  # no workbook: it is for people
    started = time.monotonic()
    done = subprocess.run(
        [*command, "--truth", str(truth), "--out", str(out), "--json"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures | {"wall": round(time.monotonic() - started, 1)}


def show(name: str, figures: dict[str, Any]) -> None:
    """Print one line of figures, and the seconds by phase."""
    facts = "  ".join(f"{key} {figures[key]}" for key in SHOWN if key in figures)
    print(f"{name}: {figures['wall']} s  {facts}")
    print(f"  seconds {figures['seconds']}", flush=True)
    for key in figures.get("large_keys", [])[:3]:
        print(f"  {key['records']:,} records share {key['rule']} = {key['value']}; parted by {', '.join(key['added'])}")


def datasets(folder: Path) -> list[tuple[str, list[Path], Path]]:
    """Return name, files and truth of each dataset folder."""
    found = []
    for truth in sorted(folder.glob("*/truth.csv")):
        names = ("left.csv", "right.csv") if (truth.parent / "left.csv").exists() else ("records.csv",)
        found.append((truth.parent.name, [truth.parent / name for name in names], truth))
    return found


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--switchboard", type=int, default=0, help="records that share one phone number")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--datasets", type=Path)
    parser.add_argument("--only", help="names of datasets, with commas")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        if args.datasets:
            jobs = [job for job in datasets(args.datasets) if not args.only or job[0] in args.only.split(",")]
        else:
            generate(args.records, work, args.seed, args.switchboard)
            files = [work / "crm.parquet", work / "erp.parquet"]
            jobs = [(f"companies {args.records}", files, work / "truth.parquet")]
        for name, files, truth in jobs * args.repeat:
            show(name, tieout(files, truth, work / "out"))
            config = CONFIGS / f"{name}.yml"
            if args.datasets and config.exists():
                show(f"{name} with {config.name}", tieout(files, truth, work / "out", config))


if __name__ == "__main__":
    main()
