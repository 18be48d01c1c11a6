"""Colours, type and spacing that all charts share.

The colours keep a contrast of at least 4.5 : 1 on white and differ in lightness too, so they hold
for colour-blind readers and on a grey printer. One meaning keeps one colour all over the report.
"""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from tieout.report.layout.text import SYMBOLS

INK = "#1b2733"
MUTED = "#566473"
GRID = "#e4e9ef"
FAINT = "#c9d2dc"
PAPER = "#ffffff"

CRM = "#1f5fae"
ERP = "#b8530b"
BOTH = "#0b6e69"
PAID = "#6b4fa3"
ORDERED = "#d99a5b"

GOOD = "#0b6e69"
REVIEW = "#946300"
BAD = "#b3261e"
NEUTRAL = "#76838f"

STATUS = {
    "accepted": GOOD, "auto": GOOD, "confirmed": "#08514d", "tied": GOOD,
    "review": REVIEW, "cut": "#6b4fa3",
    "rejected": NEUTRAL, "singleton": NEUTRAL, "differing": BAD,
}  # fmt: skip
SEVERITY = {"critical": BAD, "error": BAD, "warning": REVIEW, "info": NEUTRAL}
SERIES = (CRM, ERP, PAID, BOTH, REVIEW, NEUTRAL)
KIND = {"crm": CRM, "erp": ERP}

DIVERGING = [[0, "#d98b52"], [0.35, "#f6e3d3"], [0.5, "#f7f8fa"], [0.65, "#d8e4f4"], [1, "#7ba6dc"]]

FONT = "'Inter', 'Segoe UI', 'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"


def axis(**changes: Any) -> dict[str, Any]:
    """Return an axis of the house style, with `changes`."""
    return {
        "gridcolor": GRID, "zerolinecolor": FAINT, "showline": False, "ticks": "", "automargin": True,
        "title": {"font": {"size": 12, "color": MUTED}, "standoff": 10},
        "tickfont": {"size": 12, "color": INK}, "ticklabelstandoff": 4, "fixedrange": True,
    } | changes  # fmt: skip


def style(figure: go.Figure, height: int = 340, **layout: Any) -> go.Figure:
    """Give a figure the house style; the HTML around it carries title and caption."""
    figure.update_layout(
        template="none", height=height, autosize=True, paper_bgcolor=PAPER, plot_bgcolor=PAPER,
        font={"family": FONT, "size": 13, "color": INK},
        margin={"l": 8, "r": 16, "t": 36, "b": 8},
        legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "xanchor": "left",
                "font": {"size": 12}, "title": {"text": ""}, "traceorder": "normal"},
        hoverlabel={"bgcolor": PAPER, "bordercolor": FAINT, "font": {"family": FONT, "color": INK}},
        bargap=0.28,
    )  # fmt: skip
    figure.update_xaxes(**axis())
    figure.update_yaxes(**axis())
    figure.update_layout(**layout)
    return figure


def colours(names: list[str]) -> dict[str, str]:
    """Give each name of a list its colour, by order, again from the start when they run out."""
    return {name: SERIES[position % len(SERIES)] for position, name in enumerate(names)}


def money_axis(currency: str) -> dict[str, Any]:
    """Return changes to an axis of money: $10M, 500k."""
    symbol = SYMBOLS.get(currency, "")
    return {"tickprefix": symbol, "exponentformat": "B", "separatethousands": True}
