"""The arguments of `tieout ask`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

HELP = "answer a named business question from gold"
FORMATS = ("table", "csv", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the question, its arguments and the shape of the answer."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="the question; --list shows all")
    parser.add_argument("--arg", action="append", default=[], metavar="KEY=VALUE", help="an argument of the question")
    parser.add_argument("--list", action="store_true", help="list the questions with their arguments")
    parser.add_argument("--limit", type=whole_number(), default=50, metavar="N", help="rows shown at most; default 50")
    parser.add_argument("--format", choices=FORMATS, default="table", help="how the answer is printed")
