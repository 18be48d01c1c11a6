"""The tie-out: sales against finance by quarter, the way from deal to cash, and the reasons for each step."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Card, Chart, Column, Finding, Note, Section, Table
from tieout.report.facts import TieOutFacts
from tieout.report.frames import by_size, first, floats, rows, total

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
WON, INVOICED, PAID = "Won in CRM", "Invoiced", "Paid"
STOPS = {WON: theme.CRM, INVOICED: theme.ERP, PAID: theme.PAID}
# Steps smaller than this share of what was won are drawn together.
SMALL = 0.0005


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


def waterfall_chart(facts: TieOutFacts, currency: str) -> go.Figure:
    """Draw the way from money won in the CRM to money invoiced and paid, one line per reason."""
    steps = waterfall_steps(facts)
    lines = rows(steps)
    figure = go.Figure(
        go.Bar(
            y=list(range(len(lines))), x=floats(steps, "amount"), base=floats(steps, "start"), width=0.66,
            orientation="h", marker_color=[_colour(row) for row in lines],
            customdata=[f"{text.plain(row['label'])}: {row['amount']:,.0f} {currency}" for row in lines],
            hovertemplate="%{customdata}<extra></extra>",
        )
    )  # fmt: skip
    for line, row in enumerate(lines):
        end = max(row["start"], row["start"] + row["amount"])
        label = text.money(row["amount"], currency)
        figure.add_annotation(x=end, y=line, text=label, showarrow=False, xanchor="left", xshift=4)
        if row["label"] not in STOPS:
            _connect(figure, row["start"], line)
    theme.style(figure, height=60 + 32 * len(lines), showlegend=False, margin={"l": 8, "r": 30, "t": 12, "b": 8})
    labels = [_label(row) for row in lines]
    figure.update_yaxes(
        range=[len(lines) - 0.5, -0.5],
        tickvals=list(range(len(lines))),
        ticktext=labels,
        showgrid=False,
        zeroline=False,
    )
    return figure.update_xaxes(**theme.money_axis(currency), range=axis_range(steps))


def waterfall_steps(facts: TieOutFacts) -> pd.DataFrame:
    """Return `label, amount, start`: won, reasons, invoiced, reasons, paid; what takes away most first.

    Invoiced = won - the sum of `to_invoice` over the reasons; paid = invoiced - not due yet - the sum
    of `to_cash`. What no reason explains is within tolerance.
    """
    sums = {name: total(facts.quarters, name) for name in ("crm", "invoiced", "paid", "not_due")}
    least = SMALL * abs(sums["crm"])
    to_invoice = _leg(facts.reasons, "to_invoice", sums["invoiced"] - sums["crm"], least)
    due = [("Not due yet", -sums["not_due"])] if sums["not_due"] else []
    to_cash = due + _leg(facts.reasons, "to_cash", sums["paid"] + sums["not_due"] - sums["invoiced"], least)
    found = [(WON, sums["crm"], 0.0), *_stacked(to_invoice, sums["crm"]), (INVOICED, sums["invoiced"], 0.0)]
    found += [*_stacked(to_cash, sums["invoiced"]), (PAID, sums["paid"], 0.0)]
    return pd.DataFrame(found, columns=["label", "amount", "start"])


def axis_range(steps: pd.DataFrame) -> list[float]:
    """Return the waterfall's axis, with room for the amounts beside the bars."""
    start, highest = axis_start(steps), max(_edges(steps))
    return [start, highest + 0.14 * (highest - start)]


def axis_start(steps: pd.DataFrame) -> float:
    """Return where the axis starts: 0, or nearer when every step is small beside the totals."""
    lowest, highest = min(_edges(steps)), max(_edges(steps))
    if lowest <= 0.6 * highest:
        return min(0.0, 1.05 * lowest)
    size = 10 ** max(len(str(int(highest))) - 2, 0)
    return float(max(0, int((lowest - 0.5 * (highest - lowest)) // size * size)))


def _leg(reasons: pd.DataFrame, key: str, gap: float, least: float) -> list[tuple[str, float]]:
    sizes = [(text.title(row["reason"]), -float(row[key])) for row in rows(reasons)]
    found = sorted((one for one in sizes if abs(one[1]) > least), key=lambda one: one[1])
    rest = gap - sum(size for _, size in found)
    return [*found, ("Small ones, and within tolerance", rest)] if abs(rest) > max(1.0, least / 10) else found


def _stacked(leg: list[tuple[str, float]], start: float) -> list[tuple[str, float, float]]:
    found = []
    for label, size in leg:
        found.append((label, size, start))
        start += size
    return found


def _edges(steps: pd.DataFrame) -> list[float]:
    return [row["start"] + row["amount"] for row in rows(steps)]


def _colour(row: dict[str, object]) -> str:
    stop = STOPS.get(str(row["label"]))
    return stop or (theme.BAD if float(str(row["amount"])) < 0 else theme.GOOD)


def _label(row: dict[str, object]) -> str:
    label = text.plain(row["label"], 34)
    return f"<b>{label}</b>" if row["label"] in STOPS else label


def _connect(figure: go.Figure, start: float, line: int) -> None:
    figure.add_shape(
        type="line", x0=start, x1=start, y0=line - 0.67, y1=line - 0.33,
        line={"color": theme.MUTED, "width": 1, "dash": "dot"},
    )  # fmt: skip
