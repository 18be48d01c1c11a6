"""`tieout report`: the report of the last finished run once more, without computing anything anew."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console

from tieout.console import styled
from tieout.context import open_context
from tieout.errors import UsageError
from tieout.report import reported_run, write_report
from tieout.report.book import default_place
from tieout.verbs.evaluate import evaluate


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Write the report; return its place and the figures that it opens with."""
    with open_context(args, "report") as context:
        if not context.lake.exists("gold", "customer"):
            raise UsageError("There is no gold yet: run `tieout run` first.")
        run_id, figures = reported_run(context)
        if args.dry_run:
            return {"report": args.out or default_place(context), "of_run": run_id}
        if args.truth:
            figures |= {"evaluation": evaluate(context, args.truth)}
        written = write_report(context, args.out, figures, args.with_people, of_run=run_id or "")
    return {"report": written.place, "of_run": run_id, "headline": written.figures}


def render(figures: dict[str, Any], console: Console) -> None:
    """Print where the report is."""
    console.print(styled("Report: ", (str(figures["report"]), "bold")), soft_wrap=True)
