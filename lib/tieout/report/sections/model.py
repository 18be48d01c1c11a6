"""What did the model learn? m, u and weight of each comparison level."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tieout.report import text, theme
from tieout.report.blocks import Block, Chart, Column, Note, Table
from tieout.report.frames import floats, rows

COLUMNS = [
    Column("comparison", "Comparison"),
    Column("level", "Level"),
    Column("m", "m: share among matches", "decimal"),
    Column("u", "u: share among others", "decimal"),
    Column("weight", "Weight, bits", "decimal"),
]
MOST_LEVELS = 90


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
