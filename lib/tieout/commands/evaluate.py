"""The arguments of `tieout evaluate`."""

from __future__ import annotations

import argparse

HELP = "measure matching, and the reasons of the tie-out, against known truth"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the truth is."""
    parser.add_argument(
        "--truth",
        required=True,
        metavar="URI",
        help="folder with <entity>/*.csv of source_system,source_id,true_id, or one such file (then give --entity)",
    )
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that truth knows")
    parser.add_argument("--full", action="store_true", help="measure even if nothing has changed")
    parser.add_argument("--out", metavar="FILE", help="also write every figure, with the curve, as JSON")
