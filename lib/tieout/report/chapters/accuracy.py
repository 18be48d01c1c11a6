"""Accuracy: the tie-out's reasons and the matches against known truth, and confidence where there is none."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from tieout.report.facts import MatchFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Card, Chart, Column, Finding, Heading, Note, Section, Table, Tone
from tieout.report.layout.frames import by_size, first, floats, total

MEASURES = {
    "precision": ("Precision", "of the pairs that were joined are right"),
    "recall": ("Recall", "of the pairs that belong together were joined"),
    "f1": ("F1", "both in one figure, by pairs"),
    "b3_f1": ("B-cubed F1", "both in one figure, by records"),
    "blocking_recall": ("Compared", "of the true pairs were compared at all"),
    "ece": ("Calibration error", "mean gap between stated and true probability"),
}
STATUSES = {
    "confirmed": "Confirmed by a person",
    "auto": "Matched",
    "review": "Matched, in review",
    "singleton": "Alone",
}
STORY_COLUMNS = [
    Column("story", "What happened"),
    Column("deals", "Deals", "count"),
    Column("right", "Right reason", "count"),
    Column("part", "Share", "percent"),
    Column("span", "95 % interval", "right"),
    Column("others", "What the tie-out says"),
]
REASON_COLUMNS = [
    Column("reason", "Reason that was given"),
    Column("deals", "Deals", "count"),
    Column("right", "Rightly", "count"),
    Column("part", "Share", "percent"),
    Column("span", "95 % interval", "right"),
]
CURVE_COLUMNS = [
    Column("threshold", "Accept from", "decimal"),
    Column("precision", "Precision", "percent"),
    Column("recall", "Recall", "percent"),
    Column("f1", "F1", "percent"),
]
CALIBRATION_COLUMNS = [
    Column("predicted", "Stated", "percent"),
    Column("observed", "True", "percent"),
    Column("low", "At least", "percent"),
    Column("high", "At most", "percent"),
    Column("cases", "Cases", "count"),
]
CONFIDENCE_COLUMNS = [
    Column("low", "From", "percent"),
    Column("status", "Status"),
    Column("records", "Records", "bar"),
]
REVIEW_COLUMNS = [
    Column("left", "One record"),
    Column("right", "The other"),
    Column("probability", "Probability", "percent"),
    Column("reason", "Why it is asked"),
]
SURE = 0.9
# Fewer cases than this say little, and are drawn faintly.
MANY = 30
NO_TRUTH = "No truth was given to this run, so accuracy is not measured here (tieout evaluate --truth DIR)."


def section(matches: list[MatchFacts], reasons: dict[str, Any], labels: dict[str, str]) -> Section:
    """Build the chapter: reasons first, then the matches of each entity. `labels`: reason code → its words."""
    shown = [found for found in matches if not found.confidence.empty or found.quality]
    if not shown and not reasons:
        return Section("accuracy", "How right this is", blocks=[Note("No records were matched yet.")])
    found: list[Block] = reason_blocks(reasons, labels)
    measured = [one for one in shown if one.quality]
    if measured:
        found.append(_quality(measured))
    elif not reasons:
        found.append(Note(NO_TRUTH))
    for one in shown:
        parts = entity_blocks(one)
        found += [Heading(f"{text.title(one.entity)}s"), *parts] if parts and len(shown) > 1 else parts
    lead = (
        "No key joins the systems, so records are compared field by field and each pair gets a probability. "
        "Confidence of a record is the probability that it belongs to its customer."
    )
    findings = _reason_findings(reasons) + (_match_findings(shown[0]) if shown else [])
    return Section("accuracy", "How right this is", [lead], found, findings)


def reason_blocks(reasons: dict[str, Any], labels: dict[str, str]) -> list[Block]:
    """Build the tables of `reason_figures`: by what happened, and by the reason that was given."""
    if not reasons:
        return []
    stories = pd.DataFrame([_story(row, labels) for row in reasons["by_story"]])
    called = pd.DataFrame([_reason(row, labels) for row in reasons["by_reason"]])
    note = "A deal that ties up to its invoices may be unpaid: payments are no part of this truth."
    return [
        Table("What happened to each deal, and whether the tie-out says so", STORY_COLUMNS, stories, note),
        Table("Each reason that was given, and how often rightly", REASON_COLUMNS, called),
    ]


def entity_blocks(facts: MatchFacts) -> list[Block]:
    """Build the charts of one entity: calibration and thresholds where truth is known, confidence, questions."""
    found = truth_blocks(facts)
    if not facts.confidence.empty:
        found.append(_confidence(facts.confidence))
    if not facts.review.empty:
        note = f"{text.plural(facts.open_reviews, 'pair')} in all; answer them with tieout review."
        found.append(Table(f"Pairs of {facts.entity}s most worth asking about", REVIEW_COLUMNS, facts.review, note))
    return found


def blocks(facts: MatchFacts) -> list[Block]:
    """Build the accuracy of one `tieout match`: measures, then charts; a sentence where there is no truth."""
    return [_quality([facts]), *truth_blocks(facts)] if facts.quality else [Note(NO_TRUTH)]


def truth_blocks(facts: MatchFacts) -> list[Block]:
    """Build the calibration and threshold charts where their points show something."""
    found: list[Block] = []
    if len(facts.calibration) > 1:
        found.append(_calibration(facts))
    if len(facts.curve) > 2:
        found.append(_curve(facts))
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
    """Draw stated probability against the share that is true, with its 95 % interval.

    `predicted, observed, cases`; what few cases say is drawn faintly.
    """
    ordered = with_intervals(points).sort_values("predicted")
    figure = go.Figure()
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": theme.NEUTRAL, "dash": "dot"}, hoverinfo="skip",
        name="as stated",
    )  # fmt: skip
    few = [cases < MANY for cases in floats(ordered, "cases")]
    for label, wanted, colour in (
        (f"measured, {MANY} cases or more", False, theme.BOTH), (f"fewer than {MANY} cases", True, "#9aa7b4"),
    ):  # fmt: skip
        group = ordered[[one is wanted for one in few]]
        observed, low, high = (floats(group, key) for key in ("observed", "low", "high"))
        figure.add_scatter(
            x=floats(group, "predicted"), y=observed, mode="markers", name=label, customdata=floats(group, "cases"),
            marker={"size": 6 if wanted else 11, "color": colour},
            error_y={
                "type": "data", "symmetric": False, "color": colour, "thickness": 1 if wanted else 2, "width": 4,
                "array": [top - at for top, at in zip(high, observed, strict=True)],
                "arrayminus": [at - bottom for bottom, at in zip(low, observed, strict=True)],
            },
            hovertemplate="stated %{x:.1%}, true %{y:.1%}, %{customdata:,} cases<extra></extra>",
        )  # fmt: skip
    theme.style(figure, height=380, margin={"l": 8, "r": 16, "t": 56, "b": 8})
    figure.update_yaxes(title_text="share that is true", tickformat=".0%", range=[-0.04, 1.04])
    return figure.update_xaxes(title_text="stated probability", tickformat=".0%", range=[-0.03, 1.03])


def with_intervals(points: pd.DataFrame) -> pd.DataFrame:
    """Add `low` and `high`: the 95 % interval of `observed` over `cases` (Wilson 1927)."""
    pairs = zip(floats(points, "observed"), floats(points, "cases"), strict=True)
    spans = [wilson(share * cases, cases) for share, cases in pairs]
    return points.assign(low=[low for low, _ in spans], high=[high for _, high in spans])


def wilson(right: float, cases: float, z: float = 1.96) -> tuple[float, float]:
    """Return the interval in which a share lies of which `right` of `cases` were seen (Wilson 1927)."""
    if cases <= 0:
        return 0.0, 1.0
    share, part = right / cases, z * z / cases
    middle = (share + part / 2) / (1 + part)
    half = z / (1 + part) * (share * (1 - share) / cases + part / (4 * cases)) ** 0.5
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def confidence_chart(confidence: pd.DataFrame) -> go.Figure:
    """Draw records of matched customers by confidence in steps (`low, status, records`)."""
    figure = go.Figure()
    for status, label in STATUSES.items():
        group = confidence[confidence["status"] == status].sort_values("low")
        if status != "singleton" and len(group):
            figure.add_bar(
                x=[low + 0.025 for low in floats(group, "low")], y=floats(group, "records"), name=label,
                marker_color=theme.STATUS[status], width=0.044, customdata=floats(group, "low"),
                hovertemplate="from %{customdata:.0%}: %{y:,} records<extra>" + label + "</extra>",
            )  # fmt: skip
    theme.style(figure, height=320, barmode="stack", showlegend=True)
    figure.update_yaxes(title_text="records", tickformat=",d")
    return figure.update_xaxes(title_text="confidence", tickformat=".0%", range=[-0.01, 1.01])


def sure_share(confidence: pd.DataFrame) -> float:
    """Return the share of matched records whose confidence is at least 90 %."""
    matched = confidence[confidence["status"] != "singleton"]
    sure = matched[[low >= SURE - 1e-9 for low in floats(matched, "low")]]
    return text.share(total(sure, "records"), total(matched, "records"))


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


def _quality(matches: list[MatchFacts]) -> Block:
    keys = [key for key in MEASURES if any(key in one.quality for one in matches)]
    frame = pd.DataFrame([{"entity": text.title(one.entity)} | one.quality for one in matches])
    columns = [Column("entity", "Records of"), *[Column(key, MEASURES[key][0], "percent") for key in keys]]
    note = (
        "Precision: the share of joined pairs of records that are right. Recall: the share of true pairs that were "
        "joined. F1: both in one figure, by pairs; B-cubed: by records."
    )
    return Table("Matches against known truth", columns, frame, note)


def _curve(facts: MatchFacts) -> Block:
    best = first(by_size(facts.curve, "f1"))
    reading = (
        f"F1 is best, {text.percent(best['f1'])}, when pairs are accepted from {best['threshold']:.2g}. "
        "A higher threshold joins less and errs less; a lower one finds more."
    )
    caption = f"Accuracy of {facts.entity}s by threshold"
    table = Table(f"{caption}, in figures", CURVE_COLUMNS, facts.curve)
    return Chart(caption, curve_chart(facts.curve, facts.thresholds.get("accept")), reading, table)


def _calibration(facts: MatchFacts) -> Block:
    error = facts.quality.get("ece")
    gap = "" if error is None else f" Over all records the two are {text.percent(error)} apart on average."
    reading = (
        "On the dotted line, of the cases stated at 90 %, nine in ten are right. Bars span what the truth may be, "
        f"given so few or many cases (95 %); fewer than {MANY} are drawn faintly.{gap}"
    )
    caption = f"Can the confidence of {facts.entity}s be believed?"
    points = with_intervals(facts.calibration)
    table = Table(f"{text.title(facts.entity)}s: stated and true probability", CALIBRATION_COLUMNS, points)
    return Chart(caption, calibration_chart(facts.calibration), reading, table)


def _confidence(confidence: pd.DataFrame) -> Block:
    alone = total(confidence[confidence["status"] == "singleton"], "records")
    ordered = confidence.sort_values(["low", "status"], ascending=[False, True])
    ordered = ordered.assign(status=[STATUSES.get(str(one), text.title(one)) for one in ordered["status"]])
    note = (
        f"{text.percent(sure_share(confidence), 0)} of the matched records are at 90 % or more. "
        f"{text.plural(alone, 'record')} matched no other."
    )
    return Table("Records by confidence", CONFIDENCE_COLUMNS, ordered, note, shown=6)


def _story(row: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    others = [f"{_label(name, labels)} {count:,}" for name, count in row["called"].items()]
    return _share(row) | {"story": text.title(row["story"]), "others": ", ".join(others)}


def _reason(row: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    return _share(row) | {"reason": _label(row["reason"], labels)}


def _share(row: dict[str, Any]) -> dict[str, Any]:
    low, high = wilson(row["right"], row["deals"])
    span = f"{text.percent(low)} to {text.percent(high)}"
    return {"deals": row["deals"], "right": row["right"], "part": text.share(row["right"], row["deals"]), "span": span}


def _label(code: str, labels: dict[str, str]) -> str:
    return labels.get(code, text.title(code))


def _reason_findings(reasons: dict[str, Any]) -> list[Finding]:
    if not reasons:
        return []
    right, planted = reasons["planted_right"], reasons["planted"]
    low, _ = wilson(right, planted)
    headline = f"{right:,} of {planted:,} known differences have the right reason."
    rest = f"That is {text.percent(text.share(right, planted))}, at least {text.percent(low)} with 95 % certainty."
    return [Finding(headline, rest, "good" if right >= 0.95 * planted else "warn")]


def _match_findings(facts: MatchFacts) -> list[Finding]:
    asked = f"{text.plural(facts.open_reviews, 'pair')} wait for a person's answer." if facts.open_reviews else ""
    if {"precision", "recall"} <= set(facts.quality):
        precision, recall = facts.quality["precision"], facts.quality["recall"]
        headline = (
            f"{text.percent(precision)} of the joined pairs are right, {text.percent(recall)} of the true ones found."
        )
        return [Finding(headline, asked, "good" if precision >= 0.97 else "warn")]
    sure = sure_share(facts.confidence)
    headline = f"{text.percent(sure, 0)} of the matched records are sure."
    return [Finding(headline, asked or "Their confidence is 90 % or more.", "good" if sure >= SURE else "warn")]
