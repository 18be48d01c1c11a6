"""`tieout status`: runs, data products against their promises, gates and open work."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.platform.console import styled

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


HELP = "show runs, freshness and SLA by data product, gate results, open quarantine and reviews"
BROKEN = 3
STYLES = {"on_time": "green", "done": "green", "passed": "green", "below_bar": "yellow", "warned": "yellow"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add whether a broken promise fails the command."""
    parser.add_argument(
        "--strict", action="store_true", help="exit with 3 when a product breaks a promise, for schedulers"
    )


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Look at the lakehouse without writing to it; return the figures."""
    from tieout.config import load_config
    from tieout.lakehouse.context import open_lakehouse
    from tieout.report.status.summary import status

    config = load_config(Path(args.config))
    figures = status(open_lakehouse(config, "status", root=args.root, catalog=args.catalog), config)
    return figures | ({"exit_code": BROKEN} if args.strict and figures["broken"] else {})


def render(figures: dict[str, Any], console: Console) -> None:
    """Print the status as tables."""
    console.print(f"Lakehouse {str(figures['place'])}, {figures['tables']} tables")
    if not figures["runs"]:
        console.print("Nothing has run here yet: start with tieout run or tieout demo.")
    _print_products(figures["products"], console)
    _print_runs(figures["runs"], console)
    _print_gates(figures["gates"], console)
    for name, what in (("quarantine", "rows in quarantine"), ("review", "pairs to review")):
        counts = figures[name]
        parts = ", ".join(f"{entity} {count:,}" for entity, count in counts["by_entity"].items())
        console.print(f"{counts['open']:,} {what}{': ' + parts if parts else ''}")


def _print_products(products: list[dict[str, Any]], console: Console) -> None:
    table = _table("Data products", "product", "state", "refreshed", "promised", "owner", "what is wrong")
    for one in products:
        age = "never" if one["age_hours"] is None else f"{one['age_hours']:g} h ago"
        promised = f"{one['promised_hours']:g} h"
        problems = "; ".join(one["problems"])
        table.add_row(one["product"], _state(one["state"]), age, promised, one["owner"], problems)
    _print(table, console)


def _print_runs(runs: list[dict[str, Any]], console: Console) -> None:
    table = _table("Newest runs", "started", "verb", "status", "seconds", "run", "message")
    for one in runs:
        seconds = "" if one["seconds"] is None else f"{one['seconds']:g}"
        message = one["message"] or ""
        table.add_row(
            one["started_at"],
            one["verb"],
            _state(one["status"]),
            seconds,
            one["run_id"],
            message[:80],
        )
    _print(table, console)


def _print_gates(gates: list[dict[str, Any]], console: Console) -> None:
    table = _table("Quality gates", "entity", "state", "rules passed", "rules with failing rows")
    for one in gates:
        table.add_row(one["entity"], _state(one["state"]), str(one["passed"]), str(one["failed"]))
    _print(table, console)


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    return Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)


def _state(name: str) -> Text:
    return styled((name.replace("_", " "), STYLES.get(name, "red")))


def _print(table: Table, console: Console) -> None:
    if table.row_count:
        console.print(table)
        console.print()
