"""Explanation of a pair of records, or of the records of a customer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pyspark.sql import functions as F

from tieout.errors import ModelError, UsageError
from tieout.identity.explanation.lookup import Found, find_records, is_tieout_id, members
from tieout.identity.explanation.nearest import MoneyLink, money_links, nearest
from tieout.identity.explanation.neighbourhood import Link, links_of, strongest_path
from tieout.identity.explanation.pairs import SILENT, explain_pair
from tieout.identity.explanation.verdict import membership_words, money_words, nearest_words, pair_verdict, step_words
from tieout.identity.records import KEY, record_id, records
from tieout.lakehouse.context import Context
from tieout.matching.tracking import registry

MOST_MEMBERS = 200


def why_pair(context: Context, one: str, other: str, entity: str | None = None) -> dict[str, Any]:
    """Explain a pair of source records: waterfall, rules, verdict, and the chain that joins them.

    Raises UsageError for an unknown or ambiguous id, ModelError where there is no model.
    """
    for text in (one, other):
        if is_tieout_id(text):
            raise UsageError(f"{text} is a tieout_id; give two source records, or `tieout why {text}` alone")
    left, right = find_records(_crosswalk(context), [one, other], entity)
    if left == right:
        raise UsageError(f"{one} and {other} are the same source record, {left.name}")
    values = _values(context, [left, right])
    trained = registry.champion(left.entity, context.tracking_uri)
    if trained is None:
        raise ModelError(f"{left.entity}: no model in {context.tracking_uri}; train one with `tieout train`")
    config = context.config.matching[left.entity]
    explained = explain_pair(trained[0], values[left.name], values[right.name], config.thresholds)
    links = links_of(context.lake.read("match", "pair"), _company(context, left, right))
    pair = next((link for link in links if {link.left, link.right} == {left.name, right.name}), None)
    path = strongest_path(links, left.name, right.name) if left.tieout_id == right.tieout_id else []
    decision = _decision(context, left, right)
    verdict = pair_verdict(left, right, explained, pair, path, decision)
    money = [link for link in _money(context, [left, right]) if {link.left, link.right} == {left.name, right.name}]
    if money:
        verdict += f" Their money agrees: {money[0].amount:,.2f} ({money[0].evidence})."
    steps = {step.comparison: step_words(step) for step in explained.steps}
    return {
        "entity": left.entity,
        "left": asdict(left),
        "right": asdict(right),
        "model": trained[1].to_dict(),
        **explained.to_dict(),
        "words": steps,
        "pair": asdict(pair) if pair else None,
        "path": [asdict(link) for link in path],
        "money": [asdict(link) for link in money],
        "decision": decision,
        "same": left.tieout_id == right.tieout_id,
        "verdict": verdict,
    }


def why_cluster(context: Context, text: str, entity: str | None = None) -> dict[str, Any]:
    """Explain for each record of a customer why it is in it; `text` is a tieout_id or a source id."""
    crosswalk = _crosswalk(context)
    tieout_id = text if is_tieout_id(text) else find_records(crosswalk, [text], entity)[0].tieout_id
    found = members(crosswalk, tieout_id, MOST_MEMBERS)
    if not found:
        raise UsageError(f"{text}: no such tieout_id in match.crosswalk{_former(context, text)}")
    links = links_of(context.lake.read("match", "pair"), found)
    names = {record.name for record in found}
    kind = found[0].entity
    values = _values(context, found)
    money = _money(context, found)
    closest = _nearest(context, found[0], values[found[0].name]) if len(found) == 1 else None
    return {
        "entity": kind,
        "tieout_id": tieout_id,
        "records": [_member(record, values[record.name], links, names, money, closest) for record in found],
        "kept_apart": [asdict(link) for link in links if not {link.left, link.right} <= names][:MOST_MEMBERS],
    }


def _member(
    record: Found,
    values: dict[str, Any],
    links: list[Link],
    names: set[str],
    money: list[MoneyLink],
    closest: dict[str, Any] | None,
) -> dict[str, Any]:
    inside = [
        link
        for link in links
        if record.name in (link.left, link.right) and link.other(record.name) in names and link.status == "accepted"
    ]
    asked = [link for link in money if record.name in (link.left, link.right)]
    alone = len(names) == 1
    said = [membership_words(record, inside, alone), nearest_words(closest) if alone else ""]
    return asdict(record) | {
        "name": _name(values),
        "links": [{"to": link.other(record.name), "probability": link.probability} for link in inside],
        "nearest": closest,
        "money": [asdict(link) for link in asked],
        "why": "; ".join(part for part in [*said, money_words(asked, record.name)] if part),
    }


def _name(values: dict[str, Any]) -> str | None:
    return values.get("name") or values.get("full_name")


def _money(context: Context, found: list[Found]) -> list[MoneyLink]:
    if not context.lake.exists("match", "review_queue"):
        return []
    return money_links(context.lake.read("match", "review_queue"), found)


def _nearest(context: Context, alone: Found, values: dict[str, Any]) -> dict[str, Any] | None:
    """Return the record nearest to one that stands alone: record, name, tieout_id, probability, for, against."""
    trained = registry.champion(alone.entity, context.tracking_uri)
    if trained is None:
        return None
    keyed = _crosswalk(context).withColumn("record_id", record_id(alone.entity))
    everybody = records(context.lake.read("silver", alone.entity), alone.entity)
    own = everybody.where((F.col("source_system") == alone.source_system) & (F.col("source_id") == alone.source_id))
    own_id = own.select("record_id").first()
    best = nearest(everybody, trained[0], values, own_id[0]) if own_id else None
    other = None if best is None else keyed.where((F.col("record_id") == best[0]) & (F.col("entity") == alone.entity))
    row = None if other is None else other.drop("record_id").first()
    if best is None or row is None:
        return None
    found = Found.of(row)
    theirs = _values(context, [found])[found.name]
    steps = explain_pair(trained[0], values, theirs, context.config.matching[alone.entity].thresholds).steps
    return {
        "record": found.name,
        "name": _name(theirs),
        "tieout_id": found.tieout_id,
        "probability": best[1],
        "for": [step.comparison for step in steps if step.weight > SILENT and step.level != "missing"],
        "against": [f"{step.comparison} ({step.level})" for step in steps if step.weight < -SILENT],
    }


def _crosswalk(context: Context) -> Any:
    if not context.lake.exists("match", "crosswalk"):
        raise UsageError("There is no match.crosswalk yet: run `tieout resolve` (or `tieout run`) first.")
    return context.lake.read("match", "crosswalk")


def _company(context: Context, left: Found, right: Found) -> list[Found]:
    """Return the records whose pairs may connect the two: their whole cluster when they share one."""
    if left.tieout_id != right.tieout_id:
        return [left, right]
    return members(_crosswalk(context), left.tieout_id, MOST_MEMBERS)


def _values(context: Context, found: list[Found]) -> dict[str, dict[str, Any]]:
    """Return the silver values of these records by `system:id`."""
    silver = context.lake.read("silver", found[0].entity)
    wanted = F.lit(False)
    for system in sorted({record.source_system for record in found}):
        ids = [record.source_id for record in found if record.source_system == system]
        wanted = wanted | ((F.col("source_system") == system) & F.col("source_id").isin(ids))
    # Bounded: two records, or those of one cluster up to MOST_MEMBERS.
    rows = [row.asDict() for row in silver.where(wanted).collect()]
    return {":".join(row[part] for part in KEY): row for row in rows}


def _decision(context: Context, left: Found, right: Found) -> dict[str, Any] | None:
    if not context.lake.exists("match", "decision"):
        return None
    log = context.lake.read("match", "decision").where(F.col("entity") == left.entity)
    wanted = F.lit(False)
    for one, other in ((left, right), (right, left)):
        wanted = wanted | (
            (F.col("source_system_l") == one.source_system) & (F.col("source_id_l") == one.source_id)
            & (F.col("source_system_r") == other.source_system) & (F.col("source_id_r") == other.source_id)
        )  # fmt: skip
    row = log.where(wanted).orderBy(F.desc("at")).first()
    return {name: row[name] for name in ("verdict", "who", "at", "note")} if row else None


def _former(context: Context, tieout_id: str) -> str:
    """Say what became of an id that is no longer in use."""
    if not context.lake.exists("match", "identity_event"):
        return ""
    events = context.lake.read("match", "identity_event").where(
        ((F.col("event") == "merged") & (F.col("other_tieout_id") == tieout_id))
        | ((F.col("event") == "retired") & (F.col("tieout_id") == tieout_id))
    )
    row = events.orderBy(F.desc("at")).first()
    if row is None:
        return ""
    return f"; it was merged into {row['tieout_id']}" if row["event"] == "merged" else "; it was retired"
