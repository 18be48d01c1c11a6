"""How is the lakehouse? `tieout status`: runs, data products against their promises, gates, open work."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tieout.config import Config, load_config
from tieout.config.products import read_products
from tieout.console import styled
from tieout.context import open_lakehouse
from tieout.lakehouse import Lakehouse
from tieout.report.status import judge, observe

SHOWN_RUNS = 8
STYLES = {"on_time": "green", "done": "green", "passed": "green", "below_bar": "yellow", "warned": "yellow"}
BROKEN = 3


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Look at the lakehouse without writing to it; return the figures."""
    config = load_config(Path(args.config))
    figures = status(open_lakehouse(args, config, "status"), config)
    return figures | ({"exit_code": BROKEN} if args.strict and figures["broken"] else {})


def status(lake: Lakehouse, config: Config, now: datetime | None = None) -> dict[str, Any]:
    """Return `runs, products, gates, quarantine, review, broken` (number of products).

    `products` has for each of `products.yml` its state, age and problems; see `judge`. Raises
    ConfigError when `products.yml` is wrong.
    """
    products = read_products(config.directory).products
    seen = observe(lake, sorted(config.entities))
    health = [judge(name, one, seen, now or datetime.now(UTC)) for name, one in products.items()]
    return {
        "place": lake.root or lake.catalog,
        "runs": [_run_figures(run) for run in seen.runs[:SHOWN_RUNS]],
        "products": [one.to_dict() for one in health],
        "gates": seen.gates,
        "quarantine": _by_entity(seen.quarantine),
        "review": _by_entity(seen.reviews),
        "tables": len(seen.tables),
        "broken": sum(one.state != "on_time" for one in health),
    }


def _run_figures(run: dict[str, Any]) -> dict[str, Any]:
    started, finished = run["started_at"], run["finished_at"]
    seconds = round((finished - started).total_seconds(), 1) if finished else None
    times = {"started_at": f"{started:%Y-%m-%d %H:%M:%S}", "seconds": seconds}
    return {key: run[key] for key in ("run_id", "verb", "user", "status", "message")} | times


def _by_entity(counts: dict[str, int]) -> dict[str, Any]:
    return {"open": sum(counts.values()), "by_entity": counts}


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
    return Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)


def _state(name: str) -> Text:
    return styled((name.replace("_", " "), STYLES.get(name, "red")))


def _print(table: Table, console: Console) -> None:
    if table.row_count:
        console.print(table)
        console.print()
