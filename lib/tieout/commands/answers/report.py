"""`tieout report`: the report of the last finished run, written again."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import add_people, opened
from tieout.errors import UsageError
from tieout.platform.console import styled

if TYPE_CHECKING:
    from rich.console import Console


HELP = "write the report of the last run again, from the tables as they are"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the report goes, truth, and whether persons are in it."""
    parser.add_argument("--out", metavar="FILE", help="where the report goes; default <root>/report.html")
    parser.add_argument("--truth", metavar="URI", help="known answers to measure against, for the charts of accuracy")
    add_people(parser)


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Write the report; return its place and the figures that it opens with."""
    from tieout.pipeline.evaluate import evaluate
    from tieout.report.run_report import default_path, reported_run, write_report

    with opened(args, "report") as context:
        if not context.lake.exists("gold", "customer"):
            raise UsageError("There is no gold yet: run `tieout run` first.")
        run_id, figures = reported_run(context)
        if args.dry_run:
            return {"report": args.out or default_path(context), "of_run": run_id}
        if args.truth:
            figures |= {"evaluation": evaluate(context, args.truth)}
        written = write_report(context, args.out, figures, args.with_people, of_run=run_id or "")
    return {"report": written.place, "of_run": run_id, "headline": written.figures}


def render(figures: dict[str, Any], console: Console) -> None:
    """Print where the report is."""
    console.print(styled("Report: ", (str(figures["report"]), "bold")), soft_wrap=True)
