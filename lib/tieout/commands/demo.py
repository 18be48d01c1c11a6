"""The arguments of `tieout demo`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number
from tieout.commands.run import add_step_arguments

HELP = "make sample exports, run everything on them, print what was found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the size of the sample and where it goes."""
    parser.add_argument("--out", default="demo", metavar="DIR", help="folder for exports, tables and report")
    parser.add_argument(
        "--customers", type=whole_number(), default=4000, metavar="N", help="real customers in the sample"
    )
    parser.add_argument("--systems", metavar="A,B", help="systems to make exports of, or all; default one CRM, one ERP")
    parser.add_argument("--seed", type=whole_number(0), default=1, metavar="S", help="same seed, same files")
    add_step_arguments(parser)
