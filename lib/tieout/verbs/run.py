"""`tieout run`: ingest, conform, train where there is no champion, resolve, publish, report."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from tieout.conform.check import check_mappings
from tieout.console import styled, to_json
from tieout.context import Context, open_context
from tieout.report import text, write_report
from tieout.report.facts import UNEXPLAINED
from tieout.verbs._next import next_steps
from tieout.verbs.conform import conform
from tieout.verbs.evaluate import evaluate
from tieout.verbs.ingest import ingest
from tieout.verbs.publish import publish
from tieout.verbs.resolve import resolve
from tieout.verbs.train import train_where_needed

# What the JSON line says of accounts against truth; the report has the rest.
MEASURED = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece")
# So many reasons are printed; the report has all.
REASONS = 7


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run every step; return the figures. With `--dry-run` only the exports are checked."""
    with open_context(args, "run", creates=True) as context:
        if args.dry_run:
            return {"ingest": ingest(context, args.input, dry_run=True)}
        return run_all(context, args) | {"next": next_steps(context)}


def run_all(context: Context, args: argparse.Namespace) -> dict[str, Any]:
    """Chain the steps. Each is idempotent, so a run that was killed is simply run again.

    A step for which nothing has changed since its last finished run repeats what that run said, unless
    `--full`. Truth is read only after gold is published, so no step can learn from it.
    """
    progress, full = context.progress, args.full
    with context.reported("ingest") as said:
        check = partial(check_mappings, context.spark, context.config)
        ingested = ingest(context, args.input, full=full, check=check)
        said["rows"] = _total(ingested["rows"])
    with context.reported("conform") as said:
        conformed = conform(context, full=full)
        said |= {"silver": _total(conformed["silver"]), "quarantined": _total(conformed["quarantined"])}
    with context.reported("train") as said:
        said["models"] = len(train_where_needed(context, retrain=args.retrain, full=full))
    with context.reported("resolve"):
        resolved = resolve(context, force=full)
    with context.reported("publish") as said:
        published = publish(context, args.as_of, full=full)
        said["customers"] = published["customers"]
    figures = _figures(ingested, conformed, resolved, published)
    measured: dict[str, Any] = {}
    if args.truth:
        with context.reported("evaluate"):
            measured = evaluate(context, args.truth, full=full)
        figures["reasons"] = {name: n for name, n in measured.get("tie_out", {}).items() if isinstance(n, int)}
        figures["match"] = {name: measured["account"][name] for name in MEASURED if name in measured["account"]}
    with context.reported("report"):
        told = figures | {"evaluation": measured, "as_of": published["as_of"], "seconds": progress.seconds}
        written = write_report(context, args.report, told, args.with_people, full=full)
        figures |= {"report": written.place, "headline": written.figures}
    skipped = dict(context.run.finished.skipped)
    return figures | {"unchanged_since": skipped, "run_id": context.run.run_id, "seconds": progress.seconds}


def _total(counts: dict[str, Any]) -> int:
    return sum(_total(value) if isinstance(value, dict) else int(value) for value in counts.values())


def _figures(
    ingested: dict[str, Any], conformed: dict[str, Any], resolved: dict[str, Any], published: dict[str, Any]
) -> dict[str, Any]:
    """Put the steps' figures into the one object that `--json` prints."""
    models = {entity: found["model"] for entity, found in resolved.items() if found.get("model")}
    return {
        "records": ingested["rows"],
        "bronze": conformed["bronze"],
        "silver": conformed["silver"],
        "quarantined": conformed["quarantined"],
        "customers": published["customers"],
        "match": {},
        "model": models.get("account"),
        "models": models,
        "tie_out": published.get("tie_out", {}),
        "metrics": published["metrics"],
        "files_new": ingested["files_new"],
        "files_skipped": ingested["files_skipped"],
        "as_of": published["as_of"],
    }


def render(figures: dict[str, Any], console: Console) -> None:
    """Print what was found, in a screenful, and where the report is."""
    if "ingest" in figures:
        console.print_json(to_json(figures["ingest"]))
        return
    if "headline" in figures:
        print_headline(figures["headline"], figures["as_of"], console)
    for title, lines in _sentences(figures).items():
        console.print(styled((title, "bold")))
        for line in lines:
            console.print(f"  {line}", markup=False)
    console.print(styled("\nReport: ", (str(figures["report"]), "bold")), soft_wrap=True)


def print_headline(found: dict[str, Any], as_of: str, console: Console) -> None:
    """Print money: won, invoiced, what does not agree by reason and who clears it, overdue, at risk."""
    currency = found["currency"]

    def money(value: float) -> str:
        return text.money(value, currency)

    table = Table(box=None, show_header=False, padding=(0, 1), title_justify="left", title_style="bold")
    table.title = f"Money in {currency}, as of {as_of}"
    for justify in ("left", "right", "right", "left"):
        table.add_column(justify=justify)
    table.add_row("won, in the CRM", money(found["won"]))
    table.add_row("invoiced, in the ERP", money(found["invoiced"]))
    table.add_row("does not agree", money(found["differing"]), text.plural(found["cases"], "case"))
    table.add_row("  explained", money(found["explained"]), "", "who clears it")
    reasons = [one for one in found["reasons"] if one["reason"] != UNEXPLAINED]
    for one in reasons[:REASONS]:
        cells = (f"    {one['label']}", money(one["amount"]), text.count(one["cases"]), one["owner"])
        table.add_row(*cells)
    rest = reasons[REASONS:]
    if rest:
        amount, cases = (sum(one[key] for one in rest) for key in ("amount", "cases"))
        table.add_row(f"    {text.plural(len(rest), 'more reason')}", money(amount), text.count(cases))
    table.add_row("  unexplained", money(found["unexplained"]))
    table.add_row("overdue", money(found["overdue"]))
    table.add_row("yearly revenue at risk", money(found["at_risk"]))
    console.print(table)


def _sentences(figures: dict[str, Any]) -> dict[str, list[str]]:
    """Return what is said of customers, quality, accuracy and time, by heading."""
    silver, quarantined = _total(figures["silver"]), _total(figures["quarantined"])
    customers = [f"{figures['customers']:,} real customers behind {figures['silver'].get('account', 0):,} records"]
    active = [
        f"{value:,.0f} ({name.removeprefix('active_customer.')})"
        for name, value in figures["metrics"].items()
        if name.startswith("active_customer.")
    ]
    if active:
        customers.append(f"active, by each team's definition: {', '.join(active)}")
    read = ", ".join(f"{system} {sum(objects.values()):,}" for system, objects in figures["bronze"].items())
    quality = [
        f"{silver:,} records passed their gates, {quarantined:,} are in quarantine (tieout quarantine list)",
        f"rows read: {read}",
    ]
    seconds = ", ".join(f"{step} {seconds:g}" for step, seconds in figures["seconds"].items())
    found = {"Customers": customers, "Quality": quality, "Accuracy, against truth": _accuracy(figures)}
    return {title: lines for title, lines in found.items() if lines} | {"Seconds": [seconds]}


def _accuracy(figures: dict[str, Any]) -> list[str]:
    lines, match, reasons = [], figures["match"], figures.get("reasons")
    if reasons:
        lines.append(f"{reasons['planted_right']:,} of {reasons['planted']:,} known differences have the right reason")
    if match:
        lines.append(
            f"matches: precision {match['precision']:.3f}, recall {match['recall']:.3f}, F1 {match['f1']:.3f} by "
            f"pair; B-cubed F1 {match['b3_f1']:.3f}"
        )
    return lines
