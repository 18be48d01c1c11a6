"""`tieout resolve`: records become customers, persons and products."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import named, opened

if TYPE_CHECKING:
    from rich.console import Console


HELP = "find which source records are one customer, person or product; keep their ids stable"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which entities, and whether to resolve what has not changed."""
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all in conf/matching/")
    parser.add_argument("--full", "--force", action="store_true", help="resolve again even if nothing has changed")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Resolve; return the figures."""
    from tieout.pipeline.resolve import resolve

    with opened(args, "resolve") as context, context.reported("resolve"):
        entities = named(args.entity)
        return resolve(context, entities, force=args.full, dry_run=args.dry_run)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print a line an entity."""
    from rich.table import Table

    columns = ("records", "clusters", "pairs_scored", "cut_edges", "review", "changed", "seconds")
    table = Table("entity", *columns, box=None)
    for entity, said in figures.items():
        numbers = [f"{said[name]:,}" if name in said else "-" for name in columns]
        table.add_row(entity if not said.get("unchanged") else f"{entity} (unchanged)", *numbers)
    console.print(table)
