"""What must a reader in a hurry know? The executive summary, from what every section found."""

from __future__ import annotations

from tieout.report.blocks import Block, Cards, Findings, Section

LEAD = (
    "Sales, finance and marketing each keep their own list of customers and their own books. This report "
    "says what those lists have in common, how sure that is, and where the money does not agree."
)


def section(chapters: list[Section], lead: str = LEAD) -> Section:
    """Build the summary: the sections' cards and findings, in the order of the sections."""
    cards = [card for chapter in chapters for card in chapter.cards]
    findings = [(chapter.anchor, finding) for chapter in chapters for finding in chapter.findings]
    blocks: list[Block] = []
    if cards:
        blocks.append(Cards(cards))
    if findings:
        blocks.append(Findings(findings))
    return Section("summary", "In short", [lead], blocks)
