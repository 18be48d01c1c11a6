"""The summary: what a reader in a hurry must know, how much, why, and who acts."""

from __future__ import annotations

from typing import Any

from tieout.report.chapters.worklist import by_owner, owner_table
from tieout.report.facts import UNEXPLAINED, Facts
from tieout.report.layout import text
from tieout.report.layout.blocks import Block, Card, Cards, Findings, Section, Table, Tone
from tieout.report.layout.frames import first, rows, total

LEAD = (
    "Sales, finance and marketing each keep their own list of customers and their own books. This report "
    "says what those lists have in common, how sure that is, and where the money does not agree."
)


def section(chapters: list[Section], lead: str = LEAD, top: list[Block] | None = None) -> Section:
    """Build the summary: `top`, else the sections' cards; then their findings, in the order of the sections."""
    cards = [card for chapter in chapters for card in chapter.cards]
    findings = [(chapter.anchor, finding) for chapter in chapters for finding in chapter.findings]
    blocks: list[Block] = list(top or [])
    if cards and not top:
        blocks.append(Cards(cards))
    if findings:
        blocks.append(Findings(findings))
    return Section("summary", "In short", [lead] if lead else [], blocks)


def headline(facts: Facts) -> dict[str, Any]:
    """Return the figures that a controller asks for first; money in the reporting currency.

    `won, invoiced, paid`; `differing` and `cases` (what does not agree, each chain once), of that
    `explained` and `unexplained`, and `reasons`: rows of `reason, label, owner, cases, amount`, most money
    first; `overdue, at_risk`; `customers, records, reviews, rejected`; `precision, recall, reasons_right`
    (shares, where truth was given); `versions` of the tables that the next run compares with.
    """
    work, accounts = facts.work, next(iter(facts.matches), None)
    unexplained = total(work.unexplained, "amount")
    figures: dict[str, Any] = {
        "currency": facts.run.currency,
        "won": facts.tie_out.whole("crm"),
        "invoiced": facts.tie_out.whole("invoiced"),
        "paid": facts.tie_out.whole("paid"),
        "differing": total(work.reasons, "amount"),
        "cases": int(total(work.reasons, "cases")),
        "explained": total(work.reasons, "amount") - unexplained,
        "unexplained": unexplained,
        "reasons": [
            {key: row[key] for key in ("reason", "label", "owner")}
            | {"cases": int(row["cases"]), "amount": float(row["amount"])}
            for row in rows(work.reasons)
        ],
        "overdue": facts.risk.exposure.get("overdue"),
        "at_risk": facts.risk.exposure.get("revenue_at_risk"),
        "customers": facts.customers.customers,
        "records": facts.customers.records,
        "reviews": sum(one.open_reviews for one in facts.matches),
        "rejected": int(total(facts.quarantine.rules, "rows")),
        "precision": accounts.quality.get("precision") if accounts else None,
        "recall": accounts.quality.get("recall") if accounts else None,
        "reasons_right": text.share(facts.reasons["planted_right"], facts.reasons["planted"])
        if facts.reasons.get("planted")
        else None,
        "versions": {row["table"]: int(row["version"]) for row in rows(facts.run.tables) if row["layer"] == "gold"},
    }
    return figures


def top(facts: Facts, figures: dict[str, Any]) -> list[Block]:
    """Build what the first screen shows: money in large type, then who must act and why."""
    if facts.tie_out.quarters.empty:
        return []
    blocks: list[Block] = [Cards(_cards(figures), dense=True)]
    if not facts.work.reasons.empty:
        table: Table = owner_table(facts.work, str(figures["currency"]))
        blocks.append(table)
    return blocks


def lead(facts: Facts, figures: dict[str, Any]) -> str:
    """Say in a sentence or two how much does not agree, why, and who acts."""
    if facts.tie_out.quarters.empty:
        return LEAD
    currency = str(figures["currency"])
    won, invoiced = figures["won"], figures["invoiced"]
    more = text.money(abs(invoiced - won), currency) + (" more" if invoiced > won else " less")
    told = f"Sales won {text.money(won, currency)}; finance invoiced {text.money(invoiced, currency)}, {more}. "
    if not figures["cases"]:
        return told + "Every deal ties with its orders, invoices and payments."
    told += f"{text.money(figures['differing'], currency)} in {text.plural(figures['cases'], 'case')} does not agree"
    rest = text.money(figures["unexplained"], currency)
    told += f"; {rest} has no reason. " if figures["unexplained"] > 0 else ", and each case has a reason. "
    owner = first(by_owner(facts.work.reasons))
    return told + f"Most of it is for {owner['owner']} to clear: {text.money(owner['amount'], currency)}."


def _cards(figures: dict[str, Any]) -> list[Card]:
    currency = str(figures["currency"])

    def card(label: str, key: str, detail: str, tone: Tone = "plain") -> Card:
        return Card(label, text.money(figures[key], currency), detail, tone)

    known = [one for one in figures["reasons"] if one["reason"] != UNEXPLAINED]
    told = f"{text.plural(sum(one['cases'] for one in known), 'case')}, {text.plural(len(known), 'reason')}"
    found = [
        card("Won", "won", "deals in the CRM"),
        card("Invoiced", "invoiced", "invoices in the ERP"),
        card("Differs, explained", "explained", told, "warn"),
        card(
            "Differs, unexplained", "unexplained", "no rule names a reason", "bad" if figures["unexplained"] else "good"
        ),
    ]
    if figures["overdue"] is not None:
        found.append(card("Overdue", "overdue", "receivables past their date", "bad"))
    if figures["at_risk"] is not None:
        found.append(card("Revenue at risk", "at_risk", "a year, of customers that may leave", "bad"))
    return found
