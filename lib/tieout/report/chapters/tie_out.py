"""The tie-out: sales against finance by quarter, the way from deal to cash, and the reasons for each step."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import Column as SparkColumn
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report.chapters.worklist import named, reason_words
from tieout.report.facts import TieOutFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Chart, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows
from tieout.report.tables import Tables, small

STAGES = ("crm_amount", "ordered", "invoiced", "paid", "not_due", "difference")
QUARTERS, SHOWN = 24, 8
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
    Column("cases", "Cases", "count"),
    Column("difference", "Difference", "amount"),
]
WON, INVOICED, PAID = "Won in CRM", "Invoiced", "Paid"
STOPS = {WON: theme.CRM, INVOICED: theme.ERP, PAID: theme.PAID}
# Steps smaller than this share of what was won are drawn together.
SMALL = 0.0005


def tie_out_facts(tables: Tables, config: Config, reasons: pd.DataFrame) -> TieOutFacts:
    """Read `gold.tie_out` and, for reasons by quarter, `gold.tie_out_line`; `reasons` are those of `work_facts`."""
    table = tables.find("gold", "tie_out")
    if table is None:
        return TieOutFacts()
    lines = tables.find("gold", "tie_out_line")
    lines = table if lines is None else lines
    quarters = small(by_quarter(table).orderBy(F.desc("period")), QUARTERS)
    quarters = quarters.sort_values("period", ignore_index=True)
    known = reason_words(config)
    shown = list(quarters["period"])[-SHOWN:]
    by_period = named(small(by_quarter_and_reason(lines, shown)), known)
    whole = table.agg(*_sums(), _count("tied"), _count("differing"), F.count_distinct("period").alias("quarters"))
    totals = {name: text.number(value) or 0.0 for name, value in rows(small(whole, 1))[0].items()}
    return TieOutFacts(quarters, reasons, by_period, totals)


def by_quarter(table: DataFrame) -> DataFrame:
    """Return `period`, the sums of each stage, and how many customers tie and differ."""
    return table.groupBy("period").agg(*_sums(), _count("tied"), _count("differing"))


def by_quarter_and_reason(lines: DataFrame, periods: list[str]) -> DataFrame:
    """Return `period, reason, difference` for the given quarters."""
    differing = lines.where("status = 'differing'").where(F.col("period").isin(periods))
    grouped = differing.groupBy("period", F.col("reason_code").alias("reason"))
    return grouped.agg(F.sum("difference").alias("difference"))


def _sums() -> list[SparkColumn]:
    return [F.sum(name).alias("crm" if name == "crm_amount" else name) for name in STAGES]


def _count(status: str) -> SparkColumn:
    return F.sum((F.col("status") == status).cast("int")).alias(status)


def section(facts: TieOutFacts, currency: str) -> Section:
    """Build the chapter; all amounts are in the reporting currency `currency`."""
    if facts.quarters.empty:
        nothing = "There is nothing to tie out: it takes won deals of a CRM and invoices of an ERP."
        return Section("tie-out", "From deal to cash", blocks=[Note(nothing)])
    lead = (
        "Each deal is followed from the CRM to its order, its invoices and the money received, quarter by "
        f"quarter and customer by customer, in {currency} and without tax. Where the amounts part, the first "
        "rule that holds names the reason. Difference means: won, but neither paid nor waiting to fall due."
    )
    blocks: list[Block] = []
    if not facts.reasons.empty:
        blocks.append(_waterfall(facts, currency))
    blocks.append(_quarters(facts, currency))
    if not facts.by_quarter.empty:
        blocks.append(_by_quarter(facts.by_quarter, currency))
    return Section("tie-out", "From deal to cash", [lead], blocks, [_finding(facts, currency)])


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


def quarter_grid(by_quarter: pd.DataFrame) -> pd.DataFrame:
    """Return a row per reason (`label`), a column per quarter and `sum`, from `period, label, difference`."""
    numbers = by_quarter.assign(difference=floats(by_quarter, "difference"))
    grid = numbers.pivot_table(index="label", columns="period", values="difference", aggfunc="sum").sort_index(axis=1)
    grid = grid.loc[grid.abs().sum(axis=1).sort_values(ascending=False).index]
    return grid.assign(sum=grid.sum(axis=1)).reset_index()


def _by_quarter(by_quarter: pd.DataFrame, currency: str) -> Block:
    grid = quarter_grid(by_quarter)
    periods = [str(name) for name in grid.columns if name not in {"label", "sum"}]
    columns = [
        Column("label", "Reason"),
        *[Column(name, name, "heat") for name in periods],
        Column("sum", "Sum", "heat"),
    ]
    note = (
        "Blue: more was won than came in. Orange: more came in than was won. Opposite amounts in neighbouring "
        "quarters are the same money at another time."
    )
    return Table(f"Differences by reason and quarter, in thousand {currency}", columns, grid, note, sheet="By quarter")


def _quarters(facts: TieOutFacts, currency: str) -> Block:
    quarters = facts.quarters
    parts = [text.share(row["tied"], row["tied"] + row["differing"]) for row in rows(quarters)]
    table = quarters.assign(part=parts)
    gaps = [row["invoiced"] - row["crm"] for row in rows(quarters)]
    widest = first(by_size(quarters.assign(gap=gaps), "gap"))
    reading = (
        f"Sales and finance are furthest apart in {widest['period']}: {text.money(widest['crm'], currency)} won, "
        f"{text.money(widest['invoiced'], currency)} invoiced."
    )
    if facts.whole("quarters") > len(quarters):
        reading += f" The newest {len(quarters)} of {text.count(facts.whole('quarters'))} quarters are drawn."
    data = Table(f"Quarter by quarter, in {currency}", QUARTER_COLUMNS, table, sheet="Quarters")
    return Chart("Sales against finance by quarter", quarter_chart(quarters, currency), reading, data)


def _waterfall(facts: TieOutFacts, currency: str) -> Block:
    reasons = by_size(facts.reasons, "difference")
    top = first(reasons)
    reading = (
        "From what sales won to what finance invoiced and what came in. The largest reason is "
        f"“{top['label']}” with {text.money(abs(float(top['difference'])), currency)} in "
        f"{text.plural(top['cases'], 'case')}."
    )
    start = axis_start(waterfall_steps(facts))
    if start:
        reading += f" The axis starts at {text.money(start, currency)}, so that the steps can be seen."
    note = "A positive difference means that less came in than was won, a negative one that more did."
    table = Table(f"Differences by reason, in {currency}", REASON_COLUMNS, reasons, note)
    return Chart("From deal to cash", waterfall_chart(facts, currency), reading, table)


def _finding(facts: TieOutFacts, currency: str) -> Finding:
    won, invoiced, paid = (facts.whole(name) for name in ("crm", "invoiced", "paid"))
    tied, differing = facts.whole("tied"), facts.whole("differing")
    headline = (
        f"{text.money(won, currency)} won, {text.money(invoiced, currency)} invoiced, "
        f"{text.money(paid, currency)} received."
    )
    if not differing:
        return Finding(headline, "Every customer ties in every quarter.", "good")
    part = text.percent(text.share(tied, tied + differing), 0)
    rest = f"{part} of the customers' quarters tie: {text.count(tied)} of {text.count(tied + differing)}."
    return Finding(headline, rest, "warn")


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
    sums = {name: facts.whole(name) for name in ("crm", "invoiced", "paid", "not_due")}
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
    sizes = [(str(row["label"]), -float(row[key])) for row in rows(reasons)]
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
