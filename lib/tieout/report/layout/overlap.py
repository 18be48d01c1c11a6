"""Chart of overlapping sets: a bar per combination, beside a row of dots that says which sets it is in.

The layout is that of an UpSet plot (Lex et al. 2014), turned so that one reads it like a table.
"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from tieout.report.layout import text, theme
from tieout.report.layout.frames import by_size, floats

MOST = 12


def describe(members: tuple[str, ...], sets: list[str]) -> str:
    """Say a combination in words: only a; a and b; all of them; none."""
    if not members:
        return "none"
    if len(members) == len(sets) > 2:
        return "all"
    return ("only " if len(members) == 1 else "") + text.words(members)


def overlap_chart(
    combinations: pd.DataFrame, sets: list[str], members: str, size: str, colours: dict[str, str]
) -> go.Figure:
    """Draw the combinations, largest first.

    `combinations` has the columns named by `members` (a tuple of set names) and `size` (a count).
    """
    shown = by_size(combinations, size).head(MOST)
    labels = [describe(tuple(found), sets) for found in shown[members]]
    figure = make_subplots(
        cols=2, shared_yaxes=True, horizontal_spacing=0.03, column_widths=[0.12 + 0.11 * len(sets), 1]
    )
    for position, name in enumerate(sets):
        inside = [name in found for found in shown[members]]
        full = colours.get(name, theme.NEUTRAL)
        figure.add_scatter(
            x=[position] * len(shown), y=labels, mode="markers", showlegend=False, hoverinfo="skip",
            marker={"size": 13, "color": [full if yes else theme.GRID for yes in inside]}, col=1, row=1,
        )  # fmt: skip
    figure.add_bar(
        x=floats(shown, size), y=labels, orientation="h", showlegend=False, col=2, row=1,
        marker_color=[_bar_colour(tuple(found), colours) for found in shown[members]],
        text=[text.count(value) for value in shown[size]], textposition="outside", cliponaxis=False,
        hovertemplate="%{y}: %{x:,}<extra></extra>",
    )  # fmt: skip
    return _layout(figure, sets, len(shown))


def _bar_colour(members: tuple[str, ...], colours: dict[str, str]) -> str:
    if len(members) == 1:
        return colours.get(members[0], theme.NEUTRAL)
    return theme.BOTH if members else theme.NEUTRAL


def _layout(figure: go.Figure, sets: list[str], rows: int) -> go.Figure:
    theme.style(figure, height=70 + 34 * rows, margin={"l": 8, "r": 70, "t": 44, "b": 8})
    figure.update_yaxes(autorange="reversed", showgrid=False, zeroline=False)
    figure.update_yaxes(showticklabels=False, col=2, row=1)
    figure.update_xaxes(
        col=1, row=1, side="top", tickvals=list(range(len(sets))), ticktext=text.plains(sets, 14),
        range=[-0.6, len(sets) - 0.4], showgrid=False, zeroline=False,
    )  # fmt: skip
    figure.update_xaxes(col=2, row=1, tickformat=",d", showticklabels=False, showgrid=False, zeroline=False)
    return figure
