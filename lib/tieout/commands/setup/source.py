"""`tieout source`: a first config for an unknown system, or a check of one."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import whole_number
from tieout.errors import UsageError
from tieout.platform.console import styled

if TYPE_CHECKING:
    from rich.console import Console


NAME = re.compile(r"^[a-z][a-z0-9_]*$")
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


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Write or check one source file; return the figures."""
    from tieout.config import load_config
    from tieout.onboarding.source import check, new

    name = args.system or args.name
    if not name or not NAME.match(name):
        raise UsageError(f"`source {args.action}` needs a name of small letters, digits and _; found {name!r}")
    sample = [Path(path) for path in args.sample]
    if args.action == "check":
        return check(load_config(Path(args.config), [name]), name, sample, args.rows)
    return new(Path(args.config), name, sample, rows=args.rows, kind=args.kind, out=args.out, dry_run=args.dry_run)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was guessed, or what does not fit."""
    if "findings" in figures:
        for one in figures["findings"]:
            style = "red" if one["severity"] == "error" else "yellow"
            console.print(styled((one["severity"], style), f" {one['place']}: {one['what']}"))
            console.print(f"  {one['todo']}")
        console.print(f"{figures['system']}: {figures['errors']} errors, {figures['warnings']} warnings")
        return
    for table, one in figures["tables"].items():
        became = one["entity"] or "only joined"
        key = ", ".join(one["key"])
        console.print(f"{table} → {became}: {len(one['fields'])} fields, key {key}")
    console.print(f"{figures['rows']:,} rows looked at; wrote {figures['file']}")
    console.print("Look at the sureness of each line in it, then run tieout source check.")
