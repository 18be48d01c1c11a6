"""How does one pair of records come to its probability? From the prior, comparison by comparison."""

from __future__ import annotations

import itertools

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.frames import floats, rows


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
