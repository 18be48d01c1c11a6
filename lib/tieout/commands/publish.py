"""The arguments of `tieout publish`."""

from __future__ import annotations

import argparse

HELP = "write the gold tables: golden records, 360, metrics, tie-out, outbox"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the date of the metrics."""
    parser.add_argument("--as-of", metavar="DATE", help="date of the metrics; default the newest change in silver")
    parser.add_argument("--full", action="store_true", help="compute gold even if nothing has changed")
