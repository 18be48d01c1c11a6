"""`tieout generate`: realistic exports of any of the known systems, with the truth behind them."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from tieout.errors import UsageError
from tieout.sample import USUAL, generate, named_systems
from tieout.session import get_spark


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Generate, or with --dry-run only say what would be written; return the figures."""
    systems = named_systems(args.systems or USUAL)
    try:
        as_of = date.fromisoformat(args.as_of)
    except ValueError:
        raise UsageError(f"--as-of '{args.as_of}': write a date as YYYY-MM-DD.") from None
    if args.dry_run:
        return {"customers": args.customers, "systems": list(systems), "out": args.out, "dry_run": True}
    return generate(get_spark("tieout generate"), args.customers, systems, args.out, args.seed, as_of)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print rows by system and object."""
    if "records" not in figures:
        console.print(
            f"would write {', '.join(figures['systems'])} for {figures['customers']} customers to {figures['out']}"
        )
        return
    table = Table("system", "object", "rows")
    for system, objects in figures["records"].items():
        for name, rows in objects.items():
            table.add_row(system, name, f"{rows:,}")
    console.print(table)
    console.print(
        f"{figures['rows']:,} rows in {figures['files']:,} files under {figures['out']}/exports; "
        f"the truth is in {figures['out']}/truth"
    )
