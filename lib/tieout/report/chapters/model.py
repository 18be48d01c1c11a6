"""The matching model: how scored pairs were decided, what m, u and weights it learned, how one pair adds up."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tieout.errors import ModelError
from tieout.report.facts import MatchFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Chart, Column, Note, Section, Table
from tieout.report.layout.frames import by_size, floats, rows, total

SQLITE = "sqlite:///"
COLUMNS = [
    Column("comparison", "Comparison"),
    Column("level", "Level"),
    Column("m", "m: share among matches", "decimal"),
    Column("u", "u: share among others", "decimal"),
    Column("weight", "Weight, bits", "decimal"),
]
MOST_LEVELS = 90
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


def champion_levels(tracking_uri: str, entity: str) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Return the champion's levels and its `name, version, alias`; nothing where there is no champion.

    Levels: `comparison, level` (words), `m, u, weight, weight_common, weight_rare`.
    """
    nothing: tuple[pd.DataFrame, dict[str, Any]] = (MatchFacts().levels, {})
    if tracking_uri.startswith(SQLITE) and not Path(tracking_uri.removeprefix(SQLITE)).exists():
        # Asking would make a new, empty store.
        return nothing
    from mlflow.exceptions import MlflowException

    from tieout.matching.tracking.registry import champion
    from tieout.matching.training.parameters_table import parameter_rows

    try:
        found = champion(entity, tracking_uri)
    except (MlflowException, ModelError, OSError):
        # A report about money must not fail because a model store is away.
        return nothing
    if found is None:
        return nothing
    model, version = found
    levels = pd.DataFrame(parameter_rows(model)).drop(columns="level").rename(columns={"label": "level"})
    return levels, version.to_dict()


def section(matches: list[MatchFacts]) -> Section:
    """Build the chapter about the model of the first entity that has one to show."""
    facts = next((one for one in matches if not one.weights.empty or not one.levels.empty), None)
    if facts is None:
        return Section("model", "The matching model", blocks=[Note("No records were matched yet.")])
    lead = f"For those who tune it: how pairs of {facts.entity}s were found, decided and weighed."
    return Section("model", "The matching model", [lead], [*pair_blocks(facts), *blocks(facts.levels)])


def pair_blocks(facts: MatchFacts) -> list[Block]:
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


def blocks(levels: pd.DataFrame) -> list[Block]:
    """Build the chart and table of m/u from `comparison, level, m, u[, weight]`."""
    if levels.empty:
        return [Note("The model's m and u are not at hand: no trained version was found where models are tracked.")]
    shown = with_weights(levels).head(MOST_LEVELS)
    ordered = rows(shown.sort_values("weight"))
    worst, best = ordered[0], ordered[-1]
    reading = (
        "Left: how often a level occurs among records of the same company (m, filled) and among others "
        "(u, hollow). Right: what seeing it adds to or takes from the match, as log2(m / u); a thin line "
        "spans from common to rare values. "
        f"The strongest sign for a match is {best['comparison']} “{best['level']}” ({best['weight']:+.1f}), "
        f"the strongest against is {worst['comparison']} “{worst['level']}” ({worst['weight']:+.1f})."
    )
    table = Table("m, u and weight by comparison and level", COLUMNS, shown)
    return [Chart("What the model learned", level_chart(shown), reading, table)]


def with_weights(levels: pd.DataFrame) -> pd.DataFrame:
    """Add `weight` = log2(m / u) (Fellegi and Sunter 1969) where it is not given."""
    found = levels.copy()
    for key in ("m", "u"):
        found[key] = floats(found, key)
    if "weight" not in found or found["weight"].isna().all():
        found["weight"] = [_log_ratio(m, u) for m, u in zip(floats(found, "m"), floats(found, "u"), strict=True)]
    found["weight"] = floats(found, "weight")
    return found


def level_chart(levels: pd.DataFrame) -> go.Figure:
    """Draw m and u (left) and weight (right), one line per level, grouped by comparison."""
    lines = list(range(len(levels)))
    names = text.plains([f"{row['comparison']}: {row['level']}" for row in rows(levels)])
    figure = make_subplots(
        cols=2, shared_yaxes=True, horizontal_spacing=0.04, column_widths=[0.42, 0.58],
        column_titles=["share of pairs", "weight in bits"],
    )  # fmt: skip
    filled = {"color": theme.BOTH, "size": 10}
    hollow = {"color": theme.PAPER, "size": 10, "line": {"color": theme.ERP, "width": 2}}
    for key, label, marker in (("u", "u: among others", hollow), ("m", "m: among matches", filled)):
        figure.add_scatter(
            x=floats(levels, key), y=lines, mode="markers", marker=marker, name=label, row=1, col=1,
            customdata=names, hovertemplate="%{customdata}: %{x:.4g}<extra>" + label + "</extra>",
        )  # fmt: skip
    figure.add_bar(
        x=floats(levels, "weight"), y=lines, orientation="h", row=1, col=2,
        showlegend=False, customdata=names,
        marker_color=[theme.GOOD if weight >= 0 else theme.BAD for weight in floats(levels, "weight")],
        hovertemplate="%{customdata}: %{x:+.2f} bits<extra></extra>", error_x=_rarity(levels),
    )  # fmt: skip
    return _layout(figure, levels)


def _rarity(levels: pd.DataFrame) -> dict[str, Any] | None:
    """Return the span from the commonest to the rarest value, where the weight depends on it."""
    if not {"weight_common", "weight_rare"} <= set(levels) or levels["weight_rare"].isna().all():
        return None
    middle, common, rare = (floats(levels, key) for key in ("weight", "weight_common", "weight_rare"))
    return {
        "type": "data", "symmetric": False, "color": theme.MUTED, "thickness": 1, "width": 3,
        "array": [max(0.0, high - at) for high, at in zip(rare, middle, strict=True)],
        "arrayminus": [max(0.0, at - low) for low, at in zip(common, middle, strict=True)],
    }  # fmt: skip


def _layout(figure: go.Figure, levels: pd.DataFrame) -> go.Figure:
    rows = len(levels)
    theme.style(figure, height=120 + 23 * rows, margin={"l": 8, "r": 16, "t": 70, "b": 8})
    figure.update_layout(legend={"y": 1, "yanchor": "top", "yref": "container"})
    figure.update_yaxes(
        range=[rows - 0.5, -0.5], tickvals=list(range(rows)), ticktext=_line_labels(levels), showgrid=False,
        zeroline=False, tickfont_size=11,
    )  # fmt: skip
    for line in _group_starts(levels)[1:]:
        figure.add_hline(y=line - 0.5, line={"color": theme.FAINT, "width": 1})
    figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%", col=1, row=1)
    figure.update_xaxes(zeroline=True, zerolinecolor=theme.MUTED, col=2, row=1)
    figure.update_annotations(font={"size": 12, "color": theme.MUTED})
    return figure


def _group_starts(levels: pd.DataFrame) -> list[int]:
    names = levels["comparison"].tolist()
    return [line for line, name in enumerate(names) if line == 0 or names[line - 1] != name]


def _line_labels(levels: pd.DataFrame) -> list[str]:
    starts = set(_group_starts(levels))
    return [
        (f"<b>{text.plain(row['comparison'], 26)}</b>  " if line in starts else "") + text.plain(row["level"], 40)
        for line, row in enumerate(rows(levels))
    ]


def _log_ratio(m: float, u: float) -> float:
    if not (m > 0 and u > 0):
        return 0.0
    return math.log2(m / u)


def pair_chart(steps: pd.DataFrame) -> go.Figure:
    """Draw the waterfall of one pair: `comparison, level, weight` (bits), the prior first.

    The last bar is the sum, the match weight: above 0 a match is likelier than not.
    """
    weights = floats(steps, "weight")
    ends = list(itertools.accumulate(weights))
    labels = [_label(row) for row in rows(steps)] + ["<b>match weight</b>"]
    figure = go.Figure(
        go.Bar(
            y=list(range(len(labels))), x=[*weights, ends[-1]], base=[0.0, *ends[:-1], 0.0],
            orientation="h",
            marker_color=[*map(_colour, weights), theme.INK], width=0.66, cliponaxis=False,
            text=[f"{weight:+.1f}" for weight in [*weights, ends[-1]]], textposition="outside",
            hovertemplate="%{text} bits<extra></extra>",
        )
    )  # fmt: skip
    theme.style(figure, height=70 + 30 * len(labels), margin={"l": 8, "r": 50, "t": 12, "b": 8})
    figure.update_yaxes(
        range=[len(labels) - 0.5, -0.5], tickvals=list(range(len(labels))), ticktext=labels, showgrid=False
    )
    return figure.update_xaxes(title_text="match weight in bits", zeroline=True, zerolinecolor=theme.MUTED)


def _label(row: dict[str, object]) -> str:
    level = f": {text.plain(row['level'], 36)}" if row["level"] else ""
    return f"{text.plain(row['comparison'], 24)}{level}"


def _colour(weight: float) -> str:
    return theme.GOOD if weight >= 0 else theme.BAD
