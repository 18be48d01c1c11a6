"""The arguments of `tieout status`."""

from __future__ import annotations

import argparse

HELP = "show runs, freshness and SLA by data product, gate results, open quarantine and reviews"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether a broken promise fails the command."""
    parser.add_argument(
        "--strict", action="store_true", help="exit with 3 when a product breaks a promise, for schedulers"
    )
