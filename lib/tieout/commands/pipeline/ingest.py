"""`tieout ingest`: read exports into bronze."""

from __future__ import annotations

import argparse
from typing import Any

from tieout.commands.arguments import opened

HELP = "read the exports of every configured system into bronze, each file once"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--input", required=True, metavar="URI", help="folder with one folder for each system")
    parser.add_argument("--systems", metavar="A,B", help="only these systems, each of which must be there")
    parser.add_argument("--full", action="store_true", help="read every file again, also those of known size and time")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the verb; return its figures."""
    from tieout.bronze.ingest import ingest

    with opened(args, "ingest", creates=True) as context, context.reported("ingest"):
        return ingest(context, args.input, dry_run=args.dry_run, full=args.full)
