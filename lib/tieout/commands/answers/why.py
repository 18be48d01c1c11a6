"""`tieout why`: why records are, or are not, one customer."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import opened
from tieout.platform.console import styled

if TYPE_CHECKING:
    from rich.console import Console


HELP = "explain why records are, or are not, one customer"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the records to explain."""
    parser.add_argument("record", metavar="A", help="system:id, an id as exported, or a tieout_id")
    parser.add_argument("other", metavar="B", nargs="?", help="a second record; then the pair is explained")
    parser.add_argument("--entity", metavar="NAME", help="account, contact, product, where an id is in several")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Explain; return it as data."""
    from tieout.identity.explanation.why import why_cluster, why_pair

    with opened(args, "why", record=False) as context:
        if args.other is None:
            return why_cluster(context, args.record, args.entity)
        return why_pair(context, args.record, args.other, args.entity)


def render(figures: dict[str, Any], console: Console) -> None:
    """Print the waterfall of a pair, or the reasons of a customer's records."""
    from rich.table import Table

    if "steps" not in figures:
        _render_cluster(figures, console)
        return
    left, right = figures["left"], figures["right"]
    names = [f"{side['source_system']}:{side['source_id']}" for side in (left, right)]
    prior, posterior = figures["prior"], figures["posterior"]
    console.print(styled((names[0], "bold"), " and ", (names[1], "bold"), f", {figures['entity']}"))
    console.print(
        f"Before looking, two records are the same in one of {1 / prior['probability']:,.0f} pairs "
        f"({prior['weight']:+.1f} bits)."
    )
    table = Table("comparison", names[0], names[1], "level", "bits", "then", "in words", box=None)
    for step in figures["steps"]:
        table.add_row(
            step["comparison"], step["left"], step["right"], step["level"], f"{step['weight']:+.1f}",
            _percent(step["running_probability"]), figures["words"][step["comparison"]],
        )  # fmt: skip
    console.print(table)
    limits = figures["thresholds"]
    console.print(
        f"Together {posterior['weight']:+.1f} bits: {_percent(posterior['probability'])} the same "
        f"(accepted from {_percent(limits['accept'])}, asked from {_percent(limits['review'])})."
    )
    console.print(f"Compared because of: {'; '.join(figures['rules']) or 'no rule, so only as part of a chain'}.")
    console.print(styled((figures["verdict"], "bold")))


def _render_cluster(figures: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    what = f", {figures['entity']}, {len(figures['records'])} record(s)"
    console.print(styled((figures["tieout_id"], "bold"), what))
    table = Table("record", "name", "confidence", "status", "why it is here", box=None)
    for record in figures["records"]:
        name = f"{record['source_system']}:{record['source_id']}"
        table.add_row(name, record["name"], f"{record['confidence']:.4f}", record["status"], record["why"])
    console.print(table)
    for link in figures["kept_apart"]:
        reason = f" ({link['cut_reason']})" if link["cut_reason"] else ""
        console.print(f"Kept apart: {link['left']} | {link['right']}, {_percent(link['probability'])}{reason}")


def _percent(share: float) -> str:
    return f"{100 * share:.4g} %"
