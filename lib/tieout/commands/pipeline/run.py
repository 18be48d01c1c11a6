"""`tieout run`: every step on a folder of exports, and the report."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from tieout.commands.arguments import add_people, opened
from tieout.platform.console import styled, to_json

if TYPE_CHECKING:
    from rich.console import Console


HELP = "run every step on a folder of exports, and write the report"
# So many reasons are printed; the report has all.
REASONS = 7


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
    parser.add_argument("--full", action="store_true", help="do every step again, also where nothing has changed")
    add_people(parser)


def step_options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the steps themselves take, by the library's names."""
    return {name: getattr(args, name) for name in ("as_of", "retrain", "full", "with_people")}


def execute(args: argparse.Namespace) -> dict[str, Any]:
    """Run every step; return the figures. With `--dry-run` only the exports are checked."""
    from tieout.bronze.ingest import ingest
    from tieout.pipeline.next_commands import next_steps
    from tieout.pipeline.run import run_all

    with opened(args, "run", creates=True) as context:
        if args.dry_run:
            return {"ingest": ingest(context, args.input, dry_run=True)}
        figures = run_all(context, args.input, truth=args.truth, report=args.report, **step_options(args))
        return figures | {"next": next_steps(context)}


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
    from rich.table import Table

    from tieout.report.facts import UNEXPLAINED
    from tieout.report.layout import text

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
    from tieout.pipeline.run import total

    silver, quarantined = total(figures["silver"]), total(figures["quarantined"])
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
