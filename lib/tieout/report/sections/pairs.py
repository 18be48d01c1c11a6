"""Which pairs of records were compared, and how were they decided?"""

from __future__ import annotations

import math

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Chart, Column, Table
from tieout.report.facts import MatchFacts
from tieout.report.frames import by_size, floats, total

STATUSES = {
    "accepted": "Accepted",
    "cut": "Cut by a guard",
    "review": "Asked of a person",
    "rejected": "Rejected",
}
RULE_COLUMNS = [
    Column("rule", "Two records share"),
    Column("pairs", "Pairs", "bar"),
    Column("accepted", "Accepted", "count"),
]
CUT_COLUMNS = [Column("reason", "Why"), Column("pairs", "Pairs", "count")]


def blocks(facts: MatchFacts) -> list[Block]:
    """Build charts of scored pairs by weight and by blocking rule, and the table of cut pairs."""
    found: list[Block] = []
    if not facts.weights.empty:
        found.append(_weights(facts.weights, facts.thresholds))
    if not facts.rules.empty:
        found.append(_rules(facts.rules))
    if not facts.cuts.empty:
        note = "Such pairs scored as matches, but joining them would have merged different companies."
        found.append(Table("Pairs that were cut, by reason", CUT_COLUMNS, facts.cuts, note))
    return found


def weight_chart(weights: pd.DataFrame, thresholds: dict[str, float]) -> go.Figure:
    """Draw scored pairs by match weight (bits, whole numbers) and status, with thresholds as lines.

    `weights` has `weight`, `status`, `pairs`; thresholds are probabilities.
    """
    figure = go.Figure()
    for status, label in STATUSES.items():
        group = weights[weights["status"] == status].sort_values("weight")
        if len(group):
            figure.add_bar(
                x=floats(group, "weight"), y=floats(group, "pairs"), name=label,
                marker_color=theme.STATUS[status],
                hovertemplate="weight %{x}: %{y:,} pairs<extra>" + label + "</extra>",
            )  # fmt: skip
    theme.style(figure, height=340, barmode="stack", bargap=0.08, margin={"l": 8, "r": 16, "t": 62, "b": 8})
    figure.update_layout(legend_y=1.09)
    _draw_thresholds(figure, thresholds)
    figure.update_yaxes(title_text="pairs", tickformat=",d")
    return figure.update_xaxes(title_text="match weight in bits (0 = even chances, each bit doubles the odds)")


def rule_chart(rules: pd.DataFrame) -> go.Figure:
    """Draw pairs by the blocking rule that found them, accepted and others (`rule, pairs, accepted`)."""
    shown = by_size(rules, "pairs").head(20)
    labels = text.plains(shown["rule"].tolist(), 46)
    pairs, accepted = floats(shown, "pairs"), floats(shown, "accepted")
    others = [max(0.0, every - good) for every, good in zip(pairs, accepted, strict=True)]
    figure = go.Figure()
    known = [("Accepted", accepted, theme.GOOD), ("Not accepted", others, theme.FAINT)]
    for label, values, colour in known if sum(accepted) else [("Pairs", pairs, theme.CRM)]:
        figure.add_bar(
            y=labels, x=values, name=label, orientation="h", marker_color=colour,
            hovertemplate="%{y}: %{x:,} pairs<extra>" + label + "</extra>",
        )  # fmt: skip
    theme.style(figure, height=110 + 28 * len(shown), barmode="stack")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure.update_xaxes(tickformat=",d")


def as_weight(probability: float) -> float:
    """Return the match weight of a probability: log2 of its odds."""
    bounded = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log2(bounded / (1 - bounded))


def _draw_thresholds(figure: go.Figure, thresholds: dict[str, float]) -> None:
    for name, label in (("review", "ask from"), ("accept", "accept from")):
        value = thresholds.get(name)
        if value is not None:
            figure.add_vline(
                x=as_weight(value), line={"color": theme.INK, "width": 1, "dash": "dot"},
                annotation={"text": f"{label} {value:g}", "font": {"size": 11, "color": theme.MUTED},
                            "yanchor": "bottom", "xanchor": "left" if name == "accept" else "right"},
            )  # fmt: skip


def _weights(weights: pd.DataFrame, thresholds: dict[str, float]) -> Block:
    totals = {status: total(weights[weights["status"] == status], "pairs") for status in STATUSES}
    scored, doubt = total(weights, "pairs"), totals["review"]
    reading = (
        f"Of {text.plural(scored, 'scored pair')}, {text.count(totals['accepted'])} were accepted and "
        f"{text.count(doubt)} wait for a person ({text.percent(text.share(doubt, scored))}). "
        "A good model leaves a valley between the two hills."
    )
    table = weights.pivot_table(index="weight", columns="status", values="pairs", aggfunc="sum", fill_value=0)
    table = table.reset_index()
    columns = [Column("weight", "Weight, bits", "count")]
    columns += [Column(key, label, "count") for key, label in STATUSES.items() if key in table]
    data = Table("Scored pairs by match weight", columns, table)
    return Chart("Pairs by match weight", weight_chart(weights, thresholds), reading, data)


def _rules(rules: pd.DataFrame) -> Block:
    reading = (
        "Records are only compared when they share at least one of these keys. A pair counts for the first "
        "rule that finds it."
    )
    ordered = by_size(rules, "pairs")
    return Chart("Pairs by blocking rule", rule_chart(rules), reading, Table("Pairs by rule", RULE_COLUMNS, ordered))
