"""The report of a run: facts gathered, chapters put in order, one file written, its figures recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.lakehouse.incremental.digests import digest
from tieout.matching.tracking.registry import versions_in_use
from tieout.platform.session import local_path
from tieout.report.chapters import (
    accuracy,
    changes,
    conflicts,
    customers,
    lineage,
    metrics,
    model,
    risk,
    rows,
    summary,
    teams,
    tie_out,
    worklist,
)
from tieout.report.facts import Facts, RunFacts
from tieout.report.gate_pages import index_of, write_gate_pages
from tieout.report.gather import gather
from tieout.report.layout.blocks import Page
from tieout.report.layout.files import look_of_text, write_text
from tieout.report.layout.page import render
from tieout.report.layout.text import words
from tieout.report.recorded import recorded_steps
from tieout.report.tables import Tables

# Figures of how a run went, not of what it found: another run that finds the same needs no other report.
OF_ONE_RUN = ("seconds", "records", "files_new", "files_skipped", "run_id", "report", "headline", "unchanged_since")
SUBTITLE = "Whether what was sold was ordered, invoiced and paid, why not, and who clears it."
NO_PEOPLE = "It holds no names, e-mails or phones of persons: tieout report --with-people adds them."


@dataclass(frozen=True)
class Written:
    """Where a report is, and the figures that it opens with (see `summary.headline`)."""

    place: str
    figures: dict[str, Any]


def write_report(
    context: Context,
    place: str | None,
    figures: Mapping[str, Any],
    people: bool = False,
    of_run: str | None = None,
    *,
    full: bool = False,
) -> Written:
    """Write the report of a run to a path or URI; return where it is and its first figures.

    A report that is still as it was written, of tables, models and figures that have not changed, is left alone
    unless `full`; it keeps the date of its run.
    `place` defaults to `report.html` in the lakehouse's local root, else in the working directory.
    `figures` is the run's JSON dictionary: `seconds` by step, `as_of`, and, where there was truth,
    `evaluation` by entity as `tieout evaluate` returns it (with its curve) or `match`, its short form
    for accounts. The rest is read from the tables. `people` shows rows that hold names, e-mails or phones
    of persons. The figures are recorded as a step of the run, for the next one to say what changed; not so
    with `of_run`, the id of the run that is reported once more. Raises UsageError when the place cannot be
    written.
    """
    place = place or default_path(context)
    if of_run is not None:
        return Written(**_write(context, place, figures, people, of_run))
    compute = lambda inner: _write(inner, place, figures, people, None)  # noqa: E731
    return Written(**run_step(context, step(context, place, figures, people), compute, full=full))


def step(context: Context, place: str, figures: Mapping[str, Any], people: bool = False) -> Step:
    """Return what the report depends on, figures and champions too, and what it leaves: page and gates' pages."""
    return Step(
        "report",
        arguments={"place": place, "people": people},
        inputs=lambda: _depends_on(context, figures),
        leaves=lambda: {"file": look_of_text(place), "gates": look_of_text(index_of(place))},
    )


def _depends_on(context: Context, figures: Mapping[str, Any]) -> dict[str, str]:
    told = {name: value for name, value in figures.items() if name not in OF_ONE_RUN}
    return {"figures": digest(told), **versions_in_use(context.config.matching, context.tracking_uri)}


def _write(
    context: Context, place: str, figures: Mapping[str, Any], people: bool, of_run: str | None
) -> dict[str, Any]:
    facts = gather(context, figures, people, of_run)
    facts = replace(facts, run=replace(facts.run, gate_pages=write_gate_pages(Tables(context.lake), place)))
    found = summary.headline(facts)
    written = write_text(place, render(write_page(facts)))
    if of_run is None:
        context.run.step(changes.STEP, details=found | {"told": _told(facts, figures)})
    return {"place": written, "figures": found}


def reported_run(context: Context) -> tuple[str | None, dict[str, Any]]:
    """Return the newest finished run that made a report, and the figures to make it once more (without curves)."""
    tables = Tables(context.lake)
    last = changes.last_report(recorded_steps(tables, context.run), tables.find("ops", "run"), context.run.run_id)
    return (last["run_id"], json.loads(last["details"]).get("told") or {}) if last else (None, {})


def default_path(context: Context) -> str:
    """Return where the report goes when nobody says: beside the tables, where that is a folder here."""
    root = local_path(context.lake.root) if context.lake.root else "."
    return "report.html" if "://" in root else f"{root}/report.html"


def write_page(facts: Facts) -> Page:
    """Put the chapters together: money and who acts first, the models and how it was made last."""
    currency, found = facts.run.currency, summary.headline(facts)
    labels = {row["reason"]: row["label"] for row in found["reasons"]}
    chapters = [
        worklist.section(facts.work, currency),
        tie_out.section(facts.tie_out, currency),
        risk.section(facts.risk, currency),
        changes.section(facts.changes, found, currency),
        customers.section(facts.customers, facts.run.systems),
        teams.section(facts.teams, currency),
        metrics.section(facts.metrics, currency),
        conflicts.section(facts.conflicts, facts.people),
        rows.section(facts.rows),
        rows.rejected_section(facts.quarantine, facts.people),
        accuracy.section(facts.matches, facts.reasons, labels),
        model.section(facts.matches),
        lineage.section(facts.run),
    ]
    first = summary.section(chapters, summary.lead(facts, found), summary.top(facts, found))
    sheets = [] if facts.work.cases.empty else [worklist.case_sheet(facts.work, currency)]
    footnote = "" if facts.people else NO_PEOPLE
    return Page(_title(facts.run), SUBTITLE, _facts(facts.run), [first, *chapters], sheets, footnote)


def _title(run: RunFacts) -> str:
    return f"Tie-out of {words(sorted(run.systems)) if run.systems else 'no systems'}"


def _told(facts: Facts, figures: Mapping[str, Any]) -> dict[str, Any]:
    measured: dict[str, Any] = {one.entity: one.quality for one in facts.matches if one.quality}
    measured |= {"tie_out": facts.reasons} if facts.reasons else {}
    return {"as_of": facts.run.as_of, "seconds": dict(figures.get("seconds") or {}), "evaluation": measured}


def _facts(run: RunFacts) -> list[tuple[str, str]]:
    found = {"As of": run.as_of, "Amounts in": run.currency, "Run": run.run_id, "Started": run.started_at}
    return [(label, value) for label, value in found.items() if value]
