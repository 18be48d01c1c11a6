"""`tieout quarantine`: list, release or discard the rows that failed their gates."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import opened, whole_number
from tieout.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


HELP = "list the rows that failed their gates, release them repaired, or discard them"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the action, which rows, and what becomes of them."""
    parser.add_argument("action", choices=["list", "release", "discard"])
    parser.add_argument("ids", nargs="*", metavar="ID", help="quarantine ids, as `list` shows them")
    parser.add_argument("--entity", metavar="NAME", help="only this entity")
    parser.add_argument("--system", metavar="NAME", help="only this system")
    parser.add_argument("--state", default="open", choices=["open", "released", "discarded"], help="for list")
    parser.add_argument("--limit", type=whole_number(), default=50, metavar="N", help="for list: at most so many")
    parser.add_argument("--set", action="append", default=[], metavar="FIELD=VALUE", help="release with this value")
    parser.add_argument("--accept", action="store_true", help="release although it breaks its rules")
    parser.add_argument("--note", metavar="TEXT", help="why; kept with the row and in ops.audit")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run the action; return its figures."""
    from tieout.silver.release import discard, listed, quarantined, release

    with opened(args, "quarantine") as context:
        rows = quarantined(context, args.entity, args.system)
        if args.action == "list":
            return listed(rows, args.state, args.limit)
        if not args.ids:
            raise UsageError(f"quarantine {args.action}: name the rows by the ids that `tieout quarantine list` shows.")
        if args.action == "discard":
            return discard(context, rows, args.ids, args.note, dry_run=args.dry_run)
        return release(context, rows, args.ids, _corrections(args.set), args.accept, args.note, args.dry_run)


def _corrections(pairs: list[str]) -> dict[str, str]:
    corrections = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise UsageError(f"--set {pair!r}: write FIELD=VALUE.")
        corrections[name] = value
    return corrections


def render(figures: dict[str, Any], console: Console) -> None:
    """Print the rows, or what was done."""
    from rich.table import Table

    if "rows" not in figures:
        for name, value in figures.items():
            console.print(f"{name}: {', '.join(value) or 'none'}")
        return
    table = Table("id", "entity", "record", "rule", "reason", "where", box=None)
    for row in figures["rows"]:
        record = f"{row['source_system']}:{row['source_id'] or '-'}"
        table.add_row(row["quarantine_id"], row["entity"], record, row["rule"], row["reason"], row["bronze_ref"])
    console.print(table)
    console.print(f"{figures['count']:,} rows in all")
