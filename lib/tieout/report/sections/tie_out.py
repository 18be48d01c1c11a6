"""Does what sales won agree with what finance invoiced, and where not, why?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Card, Chart, Column, Finding, Note, Section, Table
from tieout.report.facts import TieOutFacts
from tieout.report.frames import by_size, first, floats, rows, total
from tieout.report.sections.waterfall import axis_start, waterfall_chart, waterfall_steps

SERIES = {
    "crm": ("Won in CRM", theme.CRM),
    "ordered": ("Ordered", theme.ORDERED),
    "invoiced": ("Invoiced", theme.ERP),
    "paid": ("Paid", theme.PAID),
}
QUARTER_COLUMNS = [
    Column("period", "Quarter"),
    *[Column(key, label, "amount") for key, (label, _) in SERIES.items()],
    Column("not_due", "Not due yet", "amount"),
    Column("difference", "Difference", "amount"),
    Column("tied", "Tied", "count"),
    Column("differing", "Differing", "count"),
    Column("part", "Share tied", "percent"),
]
REASON_COLUMNS = [
    Column("label", "Reason"),
    Column("wording", "What it means"),
    Column("owner", "Who clears it"),
    Column("rows", "Cases", "count"),
    Column("difference", "Difference", "amount"),
]
LARGEST_COLUMNS = [
    Column("name", "Customer"),
    Column("period", "Quarter"),
    Column("crm", "Won in CRM", "amount"),
    Column("ordered", "Ordered", "amount"),
    Column("invoiced", "Invoiced", "amount"),
    Column("paid", "Paid", "amount"),
    Column("difference", "Difference", "amount"),
    Column("label", "Reason"),
    Column("tieout_id", "Tieout id", "code"),
]


def section(facts: TieOutFacts, currency: str) -> Section:
    """Build the chapter; all amounts are in the reporting currency `currency`."""
    if facts.quarters.empty:
        nothing = "There is nothing to tie out: it takes won deals of a CRM and invoices of an ERP."
        return Section("tie-out", "The tie-out", blocks=[Note(nothing)])
    lead = (
        "Each deal is followed from the CRM to its order, its invoices and the money received, quarter by "
        f"quarter and customer by customer, in {currency} and without tax. Where the amounts part, the first "
        "rule that holds names the reason. Difference means: won, but neither paid nor waiting to fall due."
    )
    blocks: list[Block] = [_quarters(facts.quarters, currency)]
    if not facts.reasons.empty:
        blocks += [_waterfall(facts, currency), _heat(facts, currency)]
    blocks += _largest(facts.largest, currency)
    return Section("tie-out", "The tie-out", [lead], blocks, [_finding(facts, currency)], _cards(facts, currency))


def quarter_chart(quarters: pd.DataFrame, currency: str) -> go.Figure:
    """Draw won, ordered, invoiced and paid money side by side for each quarter."""
    figure = go.Figure()
    for key, (label, colour) in SERIES.items():
        figure.add_bar(
            x=quarters["period"].tolist(), y=floats(quarters, key), name=label, marker_color=colour,
            hovertemplate="%{x}: %{y:,.0f} " + currency + "<extra>" + label + "</extra>",
        )  # fmt: skip
    theme.style(figure, height=360, barmode="group", bargap=0.3, bargroupgap=0.06)
    figure.update_xaxes(type="category", showgrid=False)
    return figure.update_yaxes(**theme.money_axis(currency))


def heat_chart(by_quarter: pd.DataFrame, currency: str) -> go.Figure:
    """Draw differences by reason and quarter (`period, reason, difference`): blue where the CRM has more."""
    grid = by_quarter.pivot_table(index="reason", columns="period", values="difference", aggfunc="sum")
    grid = grid.loc[grid.abs().sum(axis=1).sort_values(ascending=False).index].head(15)
    values = [[None if pd.isna(cell) else float(cell) for cell in row] for row in grid.to_numpy()]
    bound = max((abs(cell) for row in values for cell in row if cell is not None), default=1.0) or 1.0
    texts = [["" if cell is None else text.money(cell, currency) for cell in row] for row in values]
    figure = go.Figure(
        go.Heatmap(
            z=values, x=[str(period) for period in grid.columns],
            y=[text.plain(text.title(name), 34) for name in grid.index],
            text=texts, texttemplate="%{text}", textfont={"size": 11}, xgap=2, ygap=2, showscale=False,
            zmin=-bound, zmax=bound, colorscale=theme.DIVERGING,
            hovertemplate="%{y}, %{x}: %{z:,.0f} " + currency + "<extra></extra>",
        )
    )  # fmt: skip
    theme.style(figure, height=90 + 34 * len(grid), margin={"l": 8, "r": 16, "t": 34, "b": 8})
    figure.update_xaxes(type="category", showgrid=False, side="top")
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _quarters(quarters: pd.DataFrame, currency: str) -> Block:
    parts = [text.share(row["tied"], row["tied"] + row["differing"]) for row in rows(quarters)]
    table = quarters.assign(part=parts)
    widest = first(by_size(quarters, "difference"))
    reading = (
        f"The widest gap is in {widest['period']}: {text.money(widest['crm'], currency)} won against "
        f"{text.money(widest['invoiced'], currency)} invoiced."
    )
    data = Table(f"Quarter by quarter, in {currency}", QUARTER_COLUMNS, table)
    return Chart("Sales against finance by quarter", quarter_chart(quarters, currency), reading, data)


def _waterfall(facts: TieOutFacts, currency: str) -> Block:
    reasons = by_size(_labelled(facts.reasons), "difference")
    top = first(reasons)
    reading = (
        "From what sales won to what finance invoiced and what came in. The largest reason is "
        f"“{top['label']}” with {text.money(abs(float(top['difference'])), currency)} in "
        f"{text.plural(top['rows'], 'case')}."
    )
    start = axis_start(waterfall_steps(facts))
    if start:
        reading += f" The axis starts at {text.money(start, currency)}, so that the steps can be seen."
    note = "A positive difference means that less came in than was won, a negative one that more did."
    table = Table(f"Differences by reason, in {currency}", REASON_COLUMNS, reasons, note)
    return Chart("From deal to cash", waterfall_chart(facts, currency), reading, table)


def _heat(facts: TieOutFacts, currency: str) -> Block:
    reading = (
        "Blue: more was won than came in. Orange: more came in than was won. Opposite amounts in "
        "neighbouring quarters are the same money at another time."
    )
    return Chart("Differences by reason and quarter", heat_chart(facts.by_quarter, currency), reading)


def _largest(largest: pd.DataFrame, currency: str) -> list[Block]:
    if largest.empty:
        return [Note("No customer differs in any quarter.", "good")]
    caption = f"The largest differences of one customer in one quarter, in {currency}"
    return [Table(caption, LARGEST_COLUMNS, _labelled(largest))]


def _labelled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(label=[text.title(name) for name in frame["reason"]])


def _finding(facts: TieOutFacts, currency: str) -> Finding:
    won, invoiced = total(facts.quarters, "crm"), total(facts.quarters, "invoiced")
    headline = f"Sales won {text.money(won, currency)}, finance invoiced {text.money(invoiced, currency)}."
    if facts.reasons.empty:
        return Finding(headline, "Every customer ties in every quarter.", "good")
    parts = text.words(
        f"“{text.title(row['reason'])}” ({text.money(abs(row['difference']), currency)})"
        for row in rows(by_size(facts.reasons, "difference").head(2))
    )
    return Finding(headline, f"Each difference has a reason; the largest: {parts}.", "warn")


def _cards(facts: TieOutFacts, currency: str) -> list[Card]:
    tied, differing = total(facts.quarters, "tied"), total(facts.quarters, "differing")
    gap = sum(abs(value) for value in floats(facts.reasons, "difference"))
    part = text.percent(text.share(tied, tied + differing), 0)
    detail = f"{text.count(tied)} of {text.count(tied + differing)} customer quarters"
    return [
        Card("Tied out", part, detail, "good" if differing == 0 else "plain"),
        Card(
            "Explained differences",
            text.money(gap, currency),
            f"{text.plural(differing, 'case')} with a reason",
            "warn",
        ),
    ]
