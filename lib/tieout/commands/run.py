"""The arguments of `tieout run`."""

from __future__ import annotations

import argparse

from tieout.commands._types import add_people

HELP = "run every step on a folder of exports, and write the report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the exports, the truth and the report are."""
    parser.add_argument("--input", required=True, metavar="URI", help="folder with one folder of exports a system")
    parser.add_argument("--truth", metavar="URI", help="known answers to measure against, after publishing")
    parser.add_argument("--systems", metavar="A,B", help="only these systems, each of which must be there")
    parser.add_argument("--report", metavar="FILE", help="where the report goes; default <root>/report.html")
    add_step_arguments(parser)


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the steps themselves take."""
    parser.add_argument("--as-of", metavar="DATE", help="date of the metrics; default the newest change in silver")
    parser.add_argument("--retrain", action="store_true", help="train a challenger where there is a champion")
    parser.add_argument("--full", action="store_true", help="do every step again, also where nothing has changed")
    add_people(parser)
