"""Explanations in words that a person without statistics understands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tieout.identity.explanation.lookup import Found
from tieout.identity.explanation.nearest import MoneyLink
from tieout.identity.explanation.neighbourhood import Link
from tieout.identity.explanation.pairs import SILENT, TOGETHER, PairExplanation, Step


def step_words(step: Step) -> str:
    """Say what one comparison adds, such as `agrees exactly: 5,000 times likelier if they are the same`."""
    if step.level == "missing":
        said = "neither has" if not step.left and not step.right else "only one has"
        return f"{said} a value: says little" if abs(step.weight) < SILENT else f"{said} a value: {_odds(step)}"
    if step.comparison == TOGETHER:
        return f"{step.level or 'taken together'}: {_odds(step)}"
    if step.level == "different":
        return f"differs: {_odds(step)}"
    return f"agrees ({step.level}): {_odds(step)}"


def _odds(step: Step) -> str:
    if abs(step.weight) < SILENT:
        return "says nothing"
    side = "the same" if step.weight > 0 else "different"
    return f"{times(abs(step.weight))} likelier if they are {side}"


def times(weight: float) -> str:
    """Say a number of bits as a factor."""
    factor = 2.0**weight
    return f"{factor:,.0f} times" if factor >= 10 else f"{factor:.1f} times"


def percent(share: float) -> str:
    """Say a probability, with more digits where it is close to certain."""
    return f"{100 * share:.4g} %"


def pair_verdict(
    left: Found,
    right: Found,
    explained: PairExplanation,
    pair: Link | None,
    path: Sequence[Link],
    decision: Mapping[str, Any] | None,
) -> str:
    """Say whether two records are one thing, and by what."""
    thing = left.entity
    if decision is not None and decision["verdict"] in ("match", "no_match"):
        word = "the same" if decision["verdict"] == "match" else "not the same"
        note = f": {decision['note']}" if decision.get("note") else ""
        return f"{decision['who']} decided on {decision['at']:%Y-%m-%d} that they are {word} {thing}{note}."
    if left.tieout_id == right.tieout_id:
        if pair is not None and pair.status == "accepted" or not path:
            return f"They are the same {thing}, {left.tieout_id}: this pair is accepted."
        return f"They are the same {thing}, {left.tieout_id}, through {_chain(path, left.name)}."
    apart = f"They are not the same {thing} ({left.tieout_id}, {right.tieout_id})"
    if pair is not None and pair.status == "cut":
        return f"{apart}: the pair alone would be accepted, but it was cut ({pair.cut_reason})."
    if pair is not None and pair.status == "review":
        return f"{apart} yet: the pair waits for a steward (tieout review export)."
    if explained.probability >= explained.thresholds["accept"]:
        return f"{apart}: no blocking rule brought them together, or they have changed since the last resolve."
    return f"{apart}: {percent(explained.probability)} is below the threshold."


def _chain(path: Sequence[Link], start: str) -> str:
    parts, here = [start], start
    for link in path:
        here = link.other(here)
        parts.append(f"{here} ({percent(link.probability)})")
    return " → ".join(parts)


def nearest_words(nearest: Mapping[str, Any] | None) -> str:
    """Say which record comes nearest to one that stands alone, and what speaks for and against it."""
    if nearest is None:
        return "no other record shares a blocking key"
    said = f"the nearest is {nearest['record']} ({nearest['name']}), {percent(nearest['probability'])} the same"
    said += f": agrees on {', '.join(nearest['for'])}" if nearest["for"] else ""
    return said + (f"; against it: {', '.join(nearest['against'])}" if nearest["against"] else "")


def money_words(links: Sequence[MoneyLink], name: str) -> str:
    """Say with which records a record's money agrees though they are other customers."""
    if not links:
        return ""
    parts = [f"{link.other(name)}, {link.amount:,.2f} ({link.evidence})" for link in links]
    return f"money agrees with another customer, ask in review: {'; '.join(parts)}"


def membership_words(record: Found, links: Sequence[Link], alone: bool) -> str:
    """Say why a record is in its cluster; `links` are its accepted pairs inside it, strongest first."""
    if alone:
        return "no other record is the same"
    if not links:
        return "put here by a steward, or by pairs that were compared inside the cluster"
    strongest = links[0]
    agreeing = [name for name, level in strongest.levels.items() if level > 0]
    differing = [name for name, level in strongest.levels.items() if level == 0]
    said = f"{percent(strongest.probability)} the same as {strongest.other(record.name)}"
    said += f": agree on {', '.join(agreeing)}" if agreeing else ""
    said += f"; differ in {', '.join(differing)}" if differing else ""
    return said + (f" (and {len(links) - 1} more)" if len(links) > 1 else "")
