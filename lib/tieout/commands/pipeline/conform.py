"""`tieout conform`: map bronze into silver."""

from __future__ import annotations

import argparse
from typing import Any

from tieout.commands.arguments import opened

HELP = "map bronze to canonical silver entities, through the quality gates"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--systems", metavar="A,B", help="only these systems")
    parser.add_argument("--full", action="store_true", help="also what has not changed since the last run")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    from tieout.silver.conform import conform

    with opened(args, "conform") as context, context.reported("conform"):
        return conform(context, dry_run=args.dry_run, full=args.full)
