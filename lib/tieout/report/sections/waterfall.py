"""By which steps does money get from deals won to invoices and to cash?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.facts import TieOutFacts
from tieout.report.frames import floats, rows, total

WON, INVOICED, PAID = "Won in CRM", "Invoiced", "Paid"
STOPS = {WON: theme.CRM, INVOICED: theme.ERP, PAID: theme.PAID}
# Steps smaller than this share of what was won are drawn together.
SMALL = 0.0005


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
