"""How right are the matches, measured against known truth? Only when truth was given."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Card, Cards, Chart, Column, Note, Table, Tone
from tieout.report.facts import MatchFacts
from tieout.report.frames import by_size, first, floats

MEASURES = {
    "precision": ("Precision", "of the pairs that were joined are right"),
    "recall": ("Recall", "of the pairs that belong together were joined"),
    "f1": ("F1", "both in one figure, by pairs"),
    "b3_f1": ("B-cubed F1", "both in one figure, by records"),
    "blocking_recall": ("Compared", "of the true pairs were compared at all"),
    "ece": ("Calibration error", "mean gap between stated and true probability"),
}
CURVE_COLUMNS = [
    Column("threshold", "Accept from", "decimal"),
    Column("precision", "Precision", "percent"),
    Column("recall", "Recall", "percent"),
    Column("f1", "F1", "percent"),
]
CALIBRATION_COLUMNS = [
    Column("predicted", "Stated", "percent"),
    Column("observed", "True", "percent"),
    Column("cases", "Cases", "count"),
]


def blocks(facts: MatchFacts) -> list[Block]:
    """Build the cards and, where their points are known, the calibration and threshold charts."""
    if not facts.quality:
        text_ = "No truth was given to this run, so accuracy is not measured here (tieout evaluate --truth DIR)."
        return [Note(text_)]
    found: list[Block] = [Cards(cards(facts.quality))]
    if not facts.curve.empty:
        found.append(_curve(facts.curve, facts.thresholds.get("accept")))
    if not facts.calibration.empty:
        found.append(_calibration(facts.calibration, facts.quality.get("ece")))
    return found


def curve_chart(curve: pd.DataFrame, accept: float | None) -> go.Figure:
    """Draw precision, recall and F1 over the accepting threshold (`threshold, precision, recall, f1`)."""
    ordered = curve.sort_values("threshold")
    figure = go.Figure()
    for key, colour, dash in (
        ("precision", theme.CRM, "solid"), ("recall", theme.ERP, "solid"), ("f1", theme.INK, "dot"),
    ):  # fmt: skip
        figure.add_scatter(
            x=floats(ordered, "threshold"), y=floats(ordered, key), mode="lines", name=MEASURES[key][0],
            line={"color": colour, "width": 2.5, "dash": dash},
            hovertemplate="from %{x:.3g}: %{y:.2%}<extra>" + MEASURES[key][0] + "</extra>",
        )  # fmt: skip
    theme.style(figure, height=340, margin={"l": 8, "r": 16, "t": 62, "b": 8}, legend_y=1.09)
    if accept is not None:
        figure.add_vline(
            x=accept, line={"color": theme.INK, "width": 1, "dash": "dot"},
            annotation={"text": f"accept from {accept:g}", "yanchor": "bottom", "xanchor": "left",
                        "font": {"size": 11, "color": theme.MUTED}},
        )  # fmt: skip
    floor = min(min(floats(ordered, key)) for key in ("precision", "recall", "f1"))
    figure.update_yaxes(tickformat=".0%", range=[max(0.0, min(floor - 0.02, 0.9)), 1.005])
    return figure.update_xaxes(title_text="match probability from which a pair is accepted")


def calibration_chart(points: pd.DataFrame) -> go.Figure:
    """Draw stated probability against the share that is true (`predicted, observed, cases`)."""
    ordered = points.sort_values("predicted")
    cases = floats(ordered, "cases")
    sizes = [8 + 18 * (each / max(*cases, 1.0)) ** 0.5 for each in cases]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": theme.NEUTRAL, "dash": "dot"}, hoverinfo="skip",
        name="as stated",
    )  # fmt: skip
    figure.add_scatter(
        x=floats(ordered, "predicted"), y=floats(ordered, "observed"), mode="lines+markers", name="measured",
        marker={"size": sizes, "color": theme.BOTH, "opacity": 0.85}, line={"color": theme.BOTH, "width": 1},
        customdata=cases,
        hovertemplate="stated %{x:.1%}, true %{y:.1%}, %{customdata:,} cases<extra></extra>",
    )  # fmt: skip
    theme.style(figure, height=380)
    figure.update_yaxes(title_text="share that is true", tickformat=".0%", range=[-0.04, 1.04])
    return figure.update_xaxes(title_text="stated probability", tickformat=".0%", range=[-0.03, 1.03])


def cards(quality: dict[str, float]) -> list[Card]:
    """Return a card for each measure that is known."""
    return [
        Card(label, text.percent(quality[key], 2 if key == "ece" else 1), detail, _tone(key, quality[key]))
        for key, (label, detail) in MEASURES.items()
        if quality.get(key) is not None
    ]


def _tone(key: str, value: float) -> Tone:
    good = value <= 0.03 if key == "ece" else value >= 0.93
    return "good" if good else "warn"


def _curve(curve: pd.DataFrame, accept: float | None) -> Block:
    best = first(by_size(curve, "f1"))
    reading = (
        f"F1 is best, {text.percent(best['f1'])}, when pairs are accepted from {best['threshold']:.2g}. "
        "A higher threshold joins less and errs less; a lower one finds more."
    )
    table = Table("Accuracy by threshold", CURVE_COLUMNS, curve)
    return Chart("Accuracy by threshold", curve_chart(curve, accept), reading, table)


def _calibration(points: pd.DataFrame, error: float | None) -> Block:
    gap = "" if error is None else f" On average the two are {text.percent(error)} apart."
    reading = f"On the dotted line, of the cases stated at 90 %, nine in ten are right.{gap}"
    table = Table("Stated and true probability", CALIBRATION_COLUMNS, points)
    return Chart("Can the confidence be believed?", calibration_chart(points), reading, table)
