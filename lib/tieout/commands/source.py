"""The arguments of `tieout source`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

HELP = "write a first config for an unknown system from sample files, or check a config against them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `new | check`, the system's name and the sample."""
    parser.add_argument("action", choices=["new", "check"])
    parser.add_argument("system", nargs="?", metavar="NAME", help="`check`: the system whose config is checked")
    parser.add_argument("--name", metavar="NAME", help="`new`: what the system is to be called")
    parser.add_argument("--sample", required=True, nargs="+", metavar="FILE", help="exported files, or folders of them")
    parser.add_argument("--kind", choices=["crm", "erp", "other"], default="other", help="`new`: what it is to us")
    parser.add_argument("--out", metavar="DIR", help="`new`: config directory to write to; default --config")
    parser.add_argument("--rows", type=whole_number(), default=5_000, metavar="N", help="rows read of each file")
