"""`tieout run`: ingest, conform, train where there is no champion, resolve, publish, report."""

from __future__ import annotations

import argparse
from functools import partial
from typing import Any

from rich.console import Console
from rich.table import Table

from tieout.conform.check import check_mappings
from tieout.context import Context, open_context
from tieout.progress import Progress
from tieout.report import write_report
from tieout.verbs.conform import conform, load_gates
from tieout.verbs.evaluate import evaluate
from tieout.verbs.ingest import ingest
from tieout.verbs.publish import publish
from tieout.verbs.resolve import resolve
from tieout.verbs.train import champion, train

# What the JSON line says of accounts against truth; the report has the rest.
MEASURED = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece")
HELP = "run every step on a folder of exports, and write the report"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add where the exports, the truth and the report are."""
    parser.add_argument("--input", required=True, metavar="URI", help="folder with one folder of exports a system")
    parser.add_argument("--truth", metavar="URI", help="known answers to measure against, after publishing")
    parser.add_argument("--systems", metavar="A,B", help="only these systems, each of which must be there")
    parser.add_argument("--report", metavar="FILE", help="where the report goes; default <root>/report.html")
    add_step_arguments(parser)


def add_step_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the steps themselves take."""
    parser.add_argument("--as-of", metavar="DATE", help="date of the metrics; default the newest change in silver")
    parser.add_argument("--retrain", action="store_true", help="train a challenger where there is a champion")


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run every step; return the figures. With `--dry-run` only the exports are checked."""
    with open_context(args, "run") as context:
        if args.dry_run:
            return {"ingest": ingest(context, args.input, dry_run=True)}
        return run_all(context, args)


def run_all(context: Context, args: argparse.Namespace) -> dict[str, Any]:
    """Chain the steps. Each is idempotent, so a run that was killed is simply run again.

    Truth is read only after gold is published, so no step can learn from it.
    """
    progress = Progress(context.run.run_id)
    load_gates()
    with progress.step("ingest") as said:
        ingested = ingest(context, args.input, check=partial(check_mappings, context.spark, context.config))
        said["rows"] = _total(ingested["rows"])
    with progress.step("conform") as said:
        conformed = conform(context)
        said |= {"silver": _total(conformed["silver"]), "quarantined": _total(conformed["quarantined"])}
    with progress.step("train") as said:
        trained = train(context) if args.retrain or not champion(context) else {}
        said["models"] = len(trained)
    with progress.step("resolve") as said:
        resolved = resolve(context)
    with progress.step("publish") as said:
        published = publish(context, args.as_of)
        said["customers"] = published["customers"]
    figures = _figures(ingested, conformed, resolved, published)
    measured: dict[str, Any] = {}
    if args.truth:
        with progress.step("evaluate"):
            measured = evaluate(context, args.truth)
        figures["match"] = {name: measured["account"][name] for name in MEASURED if name in measured["account"]}
    with progress.step("report"):
        told = figures | {"evaluation": measured, "as_of": published["as_of"], "seconds": progress.seconds}
        figures["report"] = write_report(context, args.report, told)
    return figures | {"run_id": context.run.run_id, "seconds": progress.seconds}


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
        console.print(figures["ingest"])
        return
    rows = Table("system", "records", "objects", box=None)
    for system, objects in figures["bronze"].items():
        rows.add_row(system, f"{sum(objects.values()):,}", str(len(objects)))
    console.print(rows)
    for line in _sentences(figures):
        console.print(f"  {line}")
    console.print(f"\nReport: [bold]{figures['report']}[/bold]")


def _sentences(figures: dict[str, Any]) -> list[str]:
    silver, quarantined = _total(figures["silver"]), _total(figures["quarantined"])
    lines = [
        f"{silver:,} records passed their gates; {quarantined:,} are in quarantine (tieout quarantine list)",
        f"{figures['customers']:,} real customers behind {figures['silver'].get('account', 0):,} account records",
    ]
    if figures["match"]:
        match = figures["match"]
        lines.append(
            f"measured against truth: precision {match['precision']:.3f}, recall {match['recall']:.3f}, "
            f"F1 {match['f1']:.3f} by pair; B-cubed F1 {match['b3_f1']:.3f}"
        )
    active = {
        name.split(".")[1]: value for name, value in figures["metrics"].items() if name.startswith("active_customer.")
    }
    if active:
        lines.append("active customers: " + ", ".join(f"{team} says {value:,.0f}" for team, value in active.items()))
    if figures["tie_out"]:
        tie_out = figures["tie_out"]
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in tie_out["by_reason"].items())
        lines.append(
            f"tie-out by customer and quarter: {tie_out['tied']:,} tie, {tie_out['differing']:,} differ ({reasons})"
        )
    lines.append("seconds: " + ", ".join(f"{step} {seconds}" for step, seconds in figures["seconds"].items()))
    return lines
