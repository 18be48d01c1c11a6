"""`tieout generate`: sample exports of any known system, with the truth behind them."""

from __future__ import annotations

import argparse
from datetime import date
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import whole_number
from tieout.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


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


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Generate, or with --dry-run only say what would be written; return the figures."""
    from tieout.platform.session import get_spark
    from tieout_samples import USUAL, generate, named_systems

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
    from rich.table import Table

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
