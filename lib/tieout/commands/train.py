"""The arguments of `tieout train`."""

from __future__ import annotations

import argparse

HELP = "learn matching models from silver and register them in MLflow"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that conf/matching/ has")
    parser.add_argument("--promote", action="store_true", help="use the new version even if it does not prove as good")
