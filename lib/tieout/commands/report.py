"""The arguments of `tieout report`."""

from __future__ import annotations

import argparse

from tieout.commands._types import add_people

HELP = "write the report of the last run again, from the tables as they are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the report goes, truth, and whether persons are in it."""
    parser.add_argument("--out", metavar="FILE", help="where the report goes; default <root>/report.html")
    parser.add_argument("--truth", metavar="URI", help="known answers to measure against, for the charts of accuracy")
    add_people(parser)
