"""Changes since the last finished run: money, cases cleared and new, customers, matching."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pandas as pd
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.report.chapters.worklist import chains, named, reason_words
from tieout.report.facts import ChangeFacts, empty
from tieout.report.layout import text
from tieout.report.layout.blocks import Block, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import rows
from tieout.report.tables import Tables, small

STEP = "report"
# What tells a report from the row that says why the step ran, or that it was skipped.
TOLD = '"told"'
LINE_TABLE = "tie_out_line"
MOVED, EVENTS = 200, 60
# Key of the headline → words, kind of value, and whether more is better (None: neither).
FIGURES: dict[str, tuple[str, str, bool | None]] = {
    "won": ("Won", "money", None),
    "invoiced": ("Invoiced", "money", None),
    "differing": ("Does not agree", "money", False),
    "unexplained": ("Unexplained", "money", False),
    "overdue": ("Overdue", "money", False),
    "at_risk": ("Revenue at risk", "money", False),
    "cases": ("Cases", "count", False),
    "customers": ("Real customers", "count", None),
    "records": ("Customer records", "count", None),
    "reviews": ("Pairs that wait for a person", "count", False),
    "rejected": ("Rejected rows", "count", False),
    "precision": ("Precision of matches", "percent", True),
    "recall": ("Recall of matches", "percent", True),
    "reasons_right": ("Right reasons", "percent", True),
}
WORDS = {"cleared": "Cleared", "new": "New", "changed": "Other amount or reason"}
FIGURE_COLUMNS = [
    Column("figure", "Figure"),
    Column("before", "Last run", "right"),
    Column("now", "Now", "right"),
    Column("change", "Change", "right"),
]
MOVED_COLUMNS = [
    Column("kind", "Cases that are"),
    Column("label", "Reason"),
    Column("owner", "Who acts"),
    Column("cases", "Cases", "count"),
    Column("amount", "Amount", "amount_bar"),
]
EVENT_COLUMNS = [
    Column("entity", "Of"),
    Column("event", "Identities that were"),
    Column("identities", "Number", "count"),
]


def change_facts(tables: Tables, steps: DataFrame, run_id: str, config: Config) -> ChangeFacts:
    """Read what the last finished run that made a report recorded, and compare its cases with today's."""
    last = last_report(steps, tables.find("ops", "run"), run_id)
    if not last:
        return ChangeFacts()
    since, before = str(last["at"]), json.loads(last["details"])
    moved = named(_moved(tables, dict(before.get("versions") or {}).get(LINE_TABLE)), reason_words(config))
    moved = moved.assign(kind=[WORDS[kind] for kind in moved["kind"]])
    return ChangeFacts(since, before, moved, _events(tables, since))


def last_report(steps: DataFrame, runs: DataFrame | None, run_id: str) -> dict[str, Any]:
    """Return `run_id, at` (text, UTC) and `details` of the newest report of another run that finished; else nothing."""
    if runs is None:
        return {}
    done = runs.where("status = 'done'").select("run_id")
    reports = steps.where((F.col("step") == STEP) & (F.col("run_id") != run_id) & F.col("details").contains(TOLD))
    newest = reports.join(done, "run_id", "left_semi").orderBy(F.desc("at"))
    found = rows(small(newest.select("run_id", F.date_format("at", "yyyy-MM-dd HH:mm:ss").alias("at"), "details"), 1))
    return found[0] if found else {}


def moved_cases(before: DataFrame, now: DataFrame) -> DataFrame:
    """Return `kind` (cleared, new, changed), `reason, cases, amount` from the `chains` of two versions."""
    sides = before.select("chain_id", F.col("reason").alias("old"), F.col("amount").alias("was")).join(
        now.select("chain_id", "reason", "amount"), "chain_id", "full"
    )
    kind = F.when(F.col("reason").isNull(), "cleared").when(F.col("old").isNull(), "new")
    kind = kind.when((F.col("old") != F.col("reason")) | (F.col("was") != F.col("amount")), "changed")
    grouped = sides.select(
        kind.alias("kind"), F.coalesce("reason", "old").alias("reason"), F.coalesce("amount", "was").alias("amount")
    )
    counted = grouped.where("kind IS NOT NULL").groupBy("kind", "reason")
    return counted.agg(F.count("*").alias("cases"), F.sum("amount").alias("amount")).orderBy(F.desc("amount"))


def _moved(tables: Tables, version: int | None) -> pd.DataFrame:
    nothing = empty("kind", "reason", "cases", "amount")
    lines = tables.find("gold", LINE_TABLE)
    if lines is None or version is None or tables.lake.version("gold", LINE_TABLE) == version:
        return nothing
    try:
        before = tables.lake.read("gold", LINE_TABLE, version)
        return small(moved_cases(chains(before), chains(lines)), MOVED)
    except PySparkException:
        # Old versions of a table are cleaned away after some time.
        return nothing


def _events(tables: Tables, since: str) -> pd.DataFrame:
    events = tables.find("match", "identity_event")
    if events is None:
        return ChangeFacts().events
    grouped = events.where(F.col("at") > F.lit(since).cast("timestamp")).groupBy("entity", "event")
    return small(grouped.agg(F.count("*").alias("identities")).orderBy("entity", "event"), EVENTS)


def section(facts: ChangeFacts, now: Mapping[str, Any], currency: str) -> Section:
    """Build the chapter from what was and what is; `now` is the headline of this run."""
    title = "Since the last run"
    if not facts.since:
        first = "This is the first report of these tables; the next one says what changed: money, cases, customers."
        return Section("changes", title, blocks=[Note(first)])
    compared = compared_figures(facts.before, now, currency)
    lead = f"Compared with the last finished run, of {facts.since[:16]} UTC."
    changed = compared[compared["change"] != text.NOTHING]
    blocks: list[Block] = [Table(f"Figures then and now, money in {currency}", FIGURE_COLUMNS, compared)]
    if not facts.moved.empty:
        blocks.append(Table(f"Cases that moved, in {currency}", MOVED_COLUMNS, facts.moved, shown=20))
    elif changed.empty:
        blocks = [Note("Nothing changed: the figures are those of the last run.", "good"), *blocks]
    if not facts.events.empty:
        blocks.append(Table("Identities that changed", EVENT_COLUMNS, facts.events))
    return Section("changes", title, [lead], blocks, [_finding(facts, changed, currency)])


def compared_figures(before: Mapping[str, Any], now: Mapping[str, Any], currency: str) -> pd.DataFrame:
    """Return `figure, before, now, change`, as people write them, of the figures that both have."""
    found = []
    for key, (label, kind, _) in FIGURES.items():
        was, is_ = text.number(before.get(key)), text.number(now.get(key))
        if was is not None and is_ is not None:
            same = abs(is_ - was) < (0.5 if kind != "percent" else 0.00005)
            change = text.NOTHING if same else _signed(is_ - was, kind, currency)
            found.append((label, _written(was, kind, currency), _written(is_, kind, currency), change))
    return pd.DataFrame(found, columns=["figure", "before", "now", "change"])


def _written(value: float, kind: str, currency: str) -> str:
    if kind == "money":
        return text.money(value, currency)
    return text.percent(value, 2) if kind == "percent" else text.count(value)


def _signed(value: float, kind: str, currency: str) -> str:
    sign = "+" if value > 0 else "−"
    return sign + _written(abs(value), kind, currency)


def _finding(facts: ChangeFacts, changed: pd.DataFrame, currency: str) -> Finding:
    headline = f"Since the last run ({facts.since[:10]}): "
    if facts.moved.empty:
        parts = [f"{row['figure'].lower()} {row['change']}" for row in rows(changed.head(3))]
        return Finding(headline + (text.words(parts) if parts else "nothing changed") + ".")
    told = []
    for kind in WORDS.values():
        mine = facts.moved[facts.moved["kind"] == kind]
        if len(mine):
            cases, amount = sum(mine["cases"]), sum(mine["amount"])
            told.append(f"{text.plural(cases, 'case')} {kind.lower()} ({text.money(amount, currency)})")
    return Finding(headline + text.words(told) + ".")
