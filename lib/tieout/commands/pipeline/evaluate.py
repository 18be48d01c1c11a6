"""`tieout evaluate`: published identities and reasons measured against truth."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import named, opened
from tieout.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console


HELP = "measure matching, and the reasons of the tie-out, against known truth"
SHOWN = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece", "blocking_recall")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the truth is."""
    parser.add_argument(
        "--truth",
        required=True,
        metavar="URI",
        help="folder with <entity>/*.csv of source_system,source_id,true_id, or one such file (then give --entity)",
    )
    parser.add_argument("--entity", metavar="A,B", help="only these entities; default all that truth knows")
    parser.add_argument("--full", action="store_true", help="measure even if nothing has changed")
    parser.add_argument("--out", metavar="FILE", help="also write every figure, with the curve, as JSON")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Measure; return the figures by entity. Raises UsageError for an empty path."""
    from tieout.pipeline.evaluate import evaluate

    if not args.truth.strip():
        raise UsageError("--truth is empty: name the folder that holds the known answers, such as demo/truth")
    with opened(args, "evaluate") as context, context.reported("evaluate"):
        entities = named(args.entity)
        figures = evaluate(context, args.truth, entities, log=not args.dry_run, full=args.full)
    if args.out and not args.dry_run:
        Path(args.out).write_text(json.dumps(figures, indent=1), encoding="utf-8")
    return figures


def render(figures: dict[str, Any], console: Console) -> None:
    """Print a line an entity."""
    from rich.table import Table

    table = Table("entity", "records", *SHOWN, box=None)
    for entity, measured in figures.items():
        if entity == "tie_out":
            continue
        ratios = [f"{measured[name]:.4f}" if name in measured else "-" for name in SHOWN]
        table.add_row(entity, f"{measured['records']:,}", *ratios)
    console.print(table)
    if "tie_out" in figures:
        console.print(reasons_in_words(figures["tie_out"]))


def reasons_in_words(figures: dict[str, Any]) -> str:
    """Say how many deals got a right reason."""
    return (
        f"tie-out: {figures['planted_right']:,} of {figures['planted']:,} known differences have the right reason; "
        f"{figures['right']:,} of {figures['deals']:,} deals in all"
    )
