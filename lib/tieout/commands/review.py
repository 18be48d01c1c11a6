"""The arguments of `tieout review`."""

from __future__ import annotations

import argparse

from tieout.commands._types import whole_number

HELP = "export the questions for stewards, import their decisions, or decide in a browser"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action and its file."""
    parser.add_argument("action", choices=["export", "import", "ui"], help="export | import | ui")
    parser.add_argument("file", nargs="?", metavar="FILE", help="a .csv or .xlsx file; not for ui")
    parser.add_argument(
        "--entity", metavar="A,B", help="account, contact, product; default all of them, for ui account"
    )
    parser.add_argument(
        "--limit", type=whole_number(), default=1_000, metavar="N", help="questions to export, of each entity"
    )
    parser.add_argument("--who", metavar="NAME", help="who decided; default you")
    parser.add_argument("--port", type=whole_number(0, 65535), default=8765, help="port of the page that ui opens")
