"""`tieout publish`: write the gold tables."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import opened

if TYPE_CHECKING:
    from rich.console import Console


HELP = "write the gold tables: golden records, 360, metrics, tie-out, outbox"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the date of the metrics."""
    parser.add_argument("--as-of", metavar="DATE", help="date of the metrics; default the newest change in silver")
    parser.add_argument("--full", action="store_true", help="compute gold even if nothing has changed")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Publish gold; return the figures."""
    from tieout.gold.publish import publish

    with opened(args, "publish") as context, context.reported("publish"):
        return publish(context, args.as_of, dry_run=args.dry_run, full=args.full)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was published."""
    from rich.table import Table

    table = Table(show_header=False, box=None)
    for name in ("as_of", "customers", "contacts", "products", "discrepancies", "outbox"):
        table.add_row(name, f"{figures[name]:,}" if isinstance(figures[name], int) else figures[name])
    if figures["held_back"]:
        table.add_row("held back", ", ".join(f"{rows:,} {reason}" for reason, rows in figures["held_back"].items()))
    console.print(table)
    metrics = Table("metric", "value", title="Metrics", title_justify="left", box=None)
    for name, value in figures["metrics"].items():
        metrics.add_row(name, f"{value:,.2f}".removesuffix(".00"))
    console.print(metrics)
    if "tie_out" in figures:
        _render_tie_out(figures["tie_out"], console)
    console.print(f"written: {', '.join(figures['written']) or 'nothing'}; unchanged: {len(figures['unchanged'])}")


def _render_tie_out(figures: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    title = f"Tie-out: {figures['tied']:,} customer quarters tie, {figures['differing']:,} differ"
    reasons = Table("reason", "customer quarters", title=title, title_justify="left", box=None)
    for reason, rows in figures["by_reason"].items():
        reasons.add_row(str(reason), f"{rows:,}")
    console.print(reasons)
