"""The arguments of `tieout config`."""

from __future__ import annotations

import argparse

HELP = "check every file of the config, or write JSON Schemas for editors"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add `check | schema` and where schemas go."""
    parser.add_argument("action", choices=["check", "schema"])
    parser.add_argument("--out", default="schemas", metavar="DIR", help="where `schema` writes")
