"""The arguments of `tieout why`."""

from __future__ import annotations

import argparse

HELP = "explain why records are, or are not, one customer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the records to explain."""
    parser.add_argument("record", metavar="A", help="system:id, an id as exported, or a tieout_id")
    parser.add_argument("other", metavar="B", nargs="?", help="a second record; then the pair is explained")
    parser.add_argument("--entity", metavar="NAME", help="account, contact, product, where an id is in several")
