"""The arguments of `tieout quarantine`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

HELP = "list the rows that failed their gates, release them repaired, or discard them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action, which rows, and what becomes of them."""
    parser.add_argument("action", choices=["list", "release", "discard"])
    parser.add_argument("ids", nargs="*", metavar="ID", help="quarantine ids, as `list` shows them")
    parser.add_argument("--entity", metavar="NAME", help="only this entity")
    parser.add_argument("--system", metavar="NAME", help="only this system")
    parser.add_argument("--state", default="open", choices=["open", "released", "discarded"], help="for list")
    parser.add_argument("--limit", type=whole_number(), default=50, metavar="N", help="for list: at most so many")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="release with this value")
    parser.add_argument("--accept", action="store_true", help="release although it breaks its rules")
    parser.add_argument("--note", metavar="TEXT", help="why; kept with the row and in ops.audit")
