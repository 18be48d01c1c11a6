"""In which order does the report tell its story? Facts in, page out, file written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tieout.context import Context
from tieout.report.blocks import Page
from tieout.report.facts import Facts, RunFacts
from tieout.report.files import write_text
from tieout.report.gather import gather
from tieout.report.page import render
from tieout.report.sections import (
    conflicts,
    customers,
    lineage,
    matching,
    metrics,
    rows,
    summary,
    teams,
    tie_out,
)
from tieout.report.text import words
from tieout.session import local_path

SUBTITLE = "Which customers are the same, who counts them how, and whether what was sold was invoiced."


def write_report(context: Context, place: str | None, figures: Mapping[str, Any]) -> str:
    """Write the report of a run to a path or URI; return where it is.

    `place` defaults to `report.html` in the lakehouse's local root, else in the working directory.
    `figures` is the run's JSON dictionary: `seconds` by step, `as_of`, and, where there was truth,
    `evaluation` by entity as `tieout evaluate` returns it (with its curve) or `match`, its short form
    for accounts. The rest is read from the tables. Raises UsageError when the place cannot be written.
    """
    return write_text(place or default_place(context), render(write_page(gather(context, figures))))


def default_place(context: Context) -> str:
    """Return where the report goes when nobody says: beside the tables, where that is a folder here."""
    root = local_path(context.lake.root) if context.lake.root else "."
    return "report.html" if "://" in root else f"{root}/report.html"


def write_page(facts: Facts) -> Page:
    """Put the chapters together: the executive summary first, details after it."""
    currency = facts.run.currency
    chapters = [
        customers.section(facts.customers, facts.run.systems),
        matching.section(facts.matches),
        teams.section(facts.teams, currency),
        tie_out.section(facts.tie_out, currency),
        metrics.risk_section(facts.metrics, currency),
        metrics.section(facts.metrics, currency),
        conflicts.section(facts.conflicts),
        rows.section(facts.rows),
        rows.rejected_section(facts.quarantine),
        lineage.section(facts.run),
    ]
    return Page(_title(facts.run), SUBTITLE, _facts(facts.run), [summary.section(chapters), *chapters])


def _title(run: RunFacts) -> str:
    return f"Customer tie-out of {words(sorted(run.systems)) if run.systems else 'no systems'}"


def _facts(run: RunFacts) -> list[tuple[str, str]]:
    found = {
        "As of": run.as_of,
        "Amounts in": run.currency,
        "Run": run.run_id,
        "Started": run.started_at,
        "Tables at": run.place,
    }
    return [(label, value) for label, value in found.items() if value]
