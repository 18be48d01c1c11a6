"""`tieout demo`: sample exports, the whole job on them, and a summary; what a newcomer runs first."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tieout.context import open_context
from tieout.progress import Progress
from tieout.sample import USUAL, generate, named_systems
from tieout.verbs import run

HELP = "make sample exports, run everything on them, print what was found"
render = run.render
FEW_CUSTOMERS = 20_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the size of the sample and where it goes."""
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder for exports, tables and report")
    parser.add_argument("--customers", type=int, default=4000, metavar="N", help="real customers in the sample")
    parser.add_argument("--systems", default=USUAL, metavar="A,B", help="systems to make exports of, or all")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="the same seed gives the same files")
    run.add_step_arguments(parser)


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Generate and run; return the figures of `tieout run`."""
    out, systems = Path(args.out), named_systems(args.systems)
    args.systems = ",".join(systems)
    args.root = args.root or (None if args.catalog else str(out / "lakehouse"))
    args.input, args.truth, args.report = f"{out}/exports", f"{out}/truth", str(out / "report.html")
    with open_context(args, "demo", small=args.customers <= FEW_CUSTOMERS) as context:
        progress = Progress(context.run.run_id)
        with progress.step("generate") as said:
            made = generate(context.spark, args.customers, systems, str(out), args.seed)
            said["rows"] = made["rows"]
        figures = run.run_all(context, args)
    return figures | {"seconds": progress.seconds | figures["seconds"]}
