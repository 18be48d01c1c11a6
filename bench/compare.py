"""Runs Tieout and Splink on the same company files and prints phases, memory and accuracy of both.

    python bench/compare.py --records 1000000 --work DIR [--seed 1] [--splink duckdb,spark] [--venv DIR]

Files are made by bench/companies.py unless DIR has them. Splink 4.0.17 gets an environment of its own, DIR/splink
unless --venv says where. Each tool is one process, started alone; `wall` is that process from start to end,
`peak_rss_gb` the largest sum of resident memory of it and all that it started. Tieout gets no config, Splink rules and
comparisons written for these columns; its `wall` counts one clustering, though clusters are made at four thresholds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import venv
from pathlib import Path
from typing import Any

from accuracy import cluster_accuracy, pair_accuracy, read
from companies import generate

from tieout.platform.memory import resident

SPLINK = ("splink==4.0.17", "duckdb==2.0.1", "pyarrow", "pandas")
ON_SPARK = ("pyspark==3.5.6", "setuptools")


def watched(command: list[str], log: Path) -> tuple[dict[str, Any], float, float]:
    """Run a command; return the JSON of its last line, seconds, and peak memory in 10**9 bytes."""
    started, peak = time.monotonic(), 0
    with log.open("w") as errors, log.with_suffix(".out").open("w+") as out:
        running = subprocess.Popen(command, stdout=out, stderr=errors)
        while running.poll() is None:
            peak = max(peak, resident(running.pid))
            time.sleep(0.3)
        seconds = time.monotonic() - started
        if running.returncode:
            raise SystemExit(f"{' '.join(command)} failed with {running.returncode}; see {log}")
        out.seek(0)
        return json.loads(out.read().strip().splitlines()[-1]), round(seconds, 1), round(peak / 1e9, 2)


def tieout(work: Path) -> dict[str, Any]:
    """Run `tieout match` without a config."""
    out = work / "tieout"
    files = [str(work / "crm.parquet"), str(work / "erp.parquet")]
    command = [str(Path(sys.executable).with_name("tieout")), "match", *files, "--out", str(out), "--json"]
    command += ["--show", "0"]  # no workbook: it is for people
    said, wall, peak = watched(command, work / "tieout.log")
    truth = read(work, "truth.parquet")
    pairs = read(out, "pairs.parquet")[["id_l", "id_r", "match_probability"]]
    facts = {"wall": wall, "peak_rss_gb": peak, "pairs_scored": said["pairs_scored"], "seconds": said["seconds"]}
    facts |= pair_accuracy(pairs.rename(columns={"match_probability": "probability"}), truth)
    return facts | {"clusters at 0.5": cluster_accuracy(read(out, "clusters.parquet")[["id", "cluster_id"]], truth)}


def splink(work: Path, backend: str, python: Path) -> dict[str, Any]:
    """Run Splink on one backend; its clusters are measured at several thresholds, its best among them."""
    out = work / f"splink-{backend}"
    script = Path(__file__).parent / "peers" / "splink_link.py"
    files = [str(work / "crm.parquet"), str(work / "erp.parquet")]
    command = [str(python), str(script), *files, str(out), "--backend", backend]
    said, wall, peak = watched(command, work / f"splink-{backend}.log")
    truth = read(work, "truth.parquet")
    # A user clusters once; the other thresholds are there to find the best one.
    clustering = [value for name, value in said["seconds"].items() if name.startswith("cluster")]
    once = round(wall - sum(clustering[1:]), 1)
    facts = {"wall": once, "peak_rss_gb": peak, "pairs_kept": said["pairs_kept"], "seconds": said["seconds"]}
    facts |= pair_accuracy(read(out, "pairs.parquet"), truth)
    for path in sorted(out.glob("clusters-*.parquet")):
        threshold = path.stem.removeprefix("clusters-")
        facts[f"clusters at {threshold}"] = cluster_accuracy(read(out, path.name), truth)
    return facts


def environment(folder: Path, backends: list[str]) -> Path:
    """Return the Python of Splink's own environment, made on first use."""
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
    wanted = [*SPLINK, *(ON_SPARK if "spark" in backends else ())]
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", *wanted], check=True)
    return python


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--splink", default="duckdb", help="duckdb, spark, both with a comma, or none")
    parser.add_argument("--venv", type=Path)
    args = parser.parse_args()
    if not (args.work / "truth.parquet").exists():
        generate(args.records, args.work, args.seed)
    backends = [name for name in args.splink.split(",") if name != "none"]
    python = environment(args.venv or args.work / "splink", backends) if backends else Path()
    print(f"{os.cpu_count()} cores, {args.records:,} records, seed {args.seed}", flush=True)
    print("tieout", json.dumps(tieout(args.work), indent=1), flush=True)
    for backend in backends:
        print(f"splink on {backend}", json.dumps(splink(args.work, backend, python), indent=1), flush=True)


if __name__ == "__main__":
    main()
