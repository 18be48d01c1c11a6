"""The arguments of `tieout generate`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

HELP = "write realistic sample exports of CRM and ERP systems, with the truth to measure against"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the verb's own arguments."""
    parser.add_argument(
        "--customers", type=whole_number(), default=4_000, metavar="N", help="real customers in the world"
    )
    parser.add_argument(
        "--systems", metavar="A,B", help="any that docs/generate.md lists, or all; default one CRM, one ERP"
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="folder or URI for exports/ and truth/")
    parser.add_argument("--seed", type=whole_number(0), default=1, metavar="S", help="same seed, same files")
    parser.add_argument("--as-of", default="2026-09-30", metavar="DATE", help="the day of the exports")
