"""The arguments of `tieout conform`."""

from __future__ import annotations

import argparse

HELP = "map bronze to canonical silver entities, through the quality gates"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--systems", metavar="A,B", help="only these systems")
    parser.add_argument("--full", action="store_true", help="also what has not changed since the last run")
