"""`tieout demo`: sample exports, every step on them, and a summary."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tieout.commands.arguments import opened, whole_number
from tieout.commands.pipeline.run import add_step_arguments, render, step_options

FEW_CUSTOMERS = 20_000
__all__ = ["HELP", "add_arguments", "execute", "render"]

HELP = "make sample exports, run everything on them, print what was found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the size of the sample and where it goes."""
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder for exports, tables and report")
    parser.add_argument(
        "--customers", type=whole_number(), default=4000, metavar="N", help="real customers in the sample"
    )
    parser.add_argument("--systems", metavar="A,B", help="systems to make exports of, or all; default one CRM, one ERP")
    parser.add_argument("--seed", type=whole_number(0), default=1, metavar="S", help="same seed, same files")
    add_step_arguments(parser)


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Generate and run; return the figures of `tieout run`."""
    from tieout.pipeline.next_commands import next_steps
    from tieout.pipeline.run import run_all
    from tieout_samples import USUAL, generate, named_systems

    out, systems = Path(args.out), named_systems(args.systems or USUAL)
    args.systems = ",".join(systems)
    args.root = args.root or (None if args.catalog else str(out / "lakehouse"))
    args.input = f"{out}/exports"
    with opened(args, "demo", small=args.customers <= FEW_CUSTOMERS, creates=True) as context:
        with context.progress.step("generate") as said:
            made = generate(context.spark, args.customers, systems, str(out), args.seed)
            said["rows"] = made["rows"]
        truth, report = f"{out}/truth", str(out / "report.html")
        figures = run_all(context, args.input, truth=truth, report=report, **step_options(args))
        return figures | {"next": next_steps(context)}
