"""How sure are we that records of one customer belong together?"""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Card, Chart, Column, Finding, Heading, Note, Section, Table
from tieout.report.facts import MatchFacts
from tieout.report.frames import floats, total
from tieout.report.sections import accuracy, model

STATUSES = {
    "confirmed": "Confirmed by a person",
    "auto": "Matched",
    "review": "Matched, in review",
    "singleton": "Alone",
}
CONFIDENCE_COLUMNS = [
    Column("low", "From", "percent"),
    Column("status", "Status", "status"),
    Column("records", "Records", "bar"),
]
REVIEW_COLUMNS = [
    Column("left", "One record"),
    Column("right", "The other"),
    Column("probability", "Probability", "percent"),
    Column("reason", "Why it is asked"),
]
SURE = 0.9


def section(matches: list[MatchFacts]) -> Section:
    """Build the chapter: accounts in full, the other entities by their confidence."""
    shown = [found for found in matches if not found.confidence.empty or not found.weights.empty]
    if not shown:
        return Section("confidence", "How sure we are", blocks=[Note("No records were matched yet.")])
    first = shown[0]
    blocks: list[Block] = []
    for found in shown:
        if len(shown) > 1:
            blocks.append(Heading(f"{text.title(found.entity)}s"))
        blocks += entity_blocks(found, full=found is first)
    lead = (
        "No key joins the systems, so records are compared field by field and each pair gets a probability. "
        "Confidence of a record is the probability that it belongs to its customer."
    )
    return Section("confidence", "How sure we are", [lead], blocks, _findings(first), _cards(first))


def entity_blocks(facts: MatchFacts, full: bool) -> list[Block]:
    """Build the blocks of one entity; `full` adds accuracy, pairs, model and questions."""
    found: list[Block] = []
    if full or facts.quality:
        found += accuracy.blocks(facts)
    if not facts.confidence.empty:
        found.append(_confidence(facts.confidence))
    if full:
        found += [*model.pair_blocks(facts), *model.blocks(facts.levels), *_review(facts)]
    return found


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


def _confidence(confidence: pd.DataFrame) -> Block:
    alone = total(confidence[confidence["status"] == "singleton"], "records")
    reading = (
        f"{text.percent(sure_share(confidence), 0)} of the matched records are at 90 % or more. "
        f"{text.plural(alone, 'record')} matched no other and are not drawn."
    )
    ordered = confidence.sort_values(["low", "status"], ascending=[False, True])
    table = Table("Records by confidence", CONFIDENCE_COLUMNS, ordered)
    return Chart("Confidence of matched records", confidence_chart(confidence), reading, table)


def _review(facts: MatchFacts) -> list[Block]:
    if facts.review.empty:
        return [Note("No pair waits for a person's answer.", "good")]
    note = f"{text.plural(facts.open_reviews, 'pair')} in all; answer them with tieout review."
    return [Table("The pairs most worth asking about", REVIEW_COLUMNS, facts.review, note)]


def _findings(facts: MatchFacts) -> list[Finding]:
    sure = sure_share(facts.confidence)
    headline = f"{text.percent(sure, 0)} of the matched records are sure."
    asked = f"{text.plural(facts.open_reviews, 'pair')} wait for a person's answer." if facts.open_reviews else ""
    if {"precision", "recall"} <= set(facts.quality):
        measured = (
            f"Against known truth, {text.percent(facts.quality['precision'])} of the joined pairs are right "
            f"and {text.percent(facts.quality['recall'])} of the true pairs were found. "
        )
        return [Finding(headline, measured + asked, "good" if facts.quality["precision"] >= 0.97 else "warn")]
    return [Finding(headline, asked or "Their confidence is 90 % or more.", "good" if sure >= SURE else "warn")]


def _cards(facts: MatchFacts) -> list[Card]:
    if "precision" in facts.quality:
        detail = f"and {text.percent(facts.quality.get('recall'))} of the true matches found"
        return [Card("Matches that are right", text.percent(facts.quality["precision"]), detail, "good")]
    detail = f"{text.plural(facts.open_reviews, 'pair')} to ask about"
    return [Card("Matched with 90 % or more", text.percent(sure_share(facts.confidence), 0), detail)]
