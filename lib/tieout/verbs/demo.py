"""`tieout demo`: sample exports, the whole job on them, and a summary; what a newcomer runs first."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from tieout.context import open_context
from tieout.sample import USUAL, generate, named_systems
from tieout.verbs import run
from tieout.verbs._next import next_steps

render = run.render
FEW_CUSTOMERS = 20_000


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Generate and run; return the figures of `tieout run`."""
    out, systems = Path(args.out), named_systems(args.systems or USUAL)
    args.systems = ",".join(systems)
    args.root = args.root or (None if args.catalog else str(out / "lakehouse"))
    args.input, args.truth, args.report = f"{out}/exports", f"{out}/truth", str(out / "report.html")
    with open_context(args, "demo", small=args.customers <= FEW_CUSTOMERS, creates=True) as context:
        with context.progress.step("generate") as said:
            made = generate(context.spark, args.customers, systems, str(out), args.seed)
            said["rows"] = made["rows"]
        return run.run_all(context, args) | {"next": next_steps(context)}
