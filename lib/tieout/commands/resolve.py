"""The arguments of `tieout resolve`."""

from __future__ import annotations

import argparse

HELP = "find which source records are one customer, person or product; keep their ids stable"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which entities, and whether to resolve what has not changed."""
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all in conf/matching/")
    parser.add_argument("--full", "--force", action="store_true", help="resolve again even if nothing has changed")
