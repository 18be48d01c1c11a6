"""Rows that were read and what became of each, and rows that were rejected, by rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.bronze.drift.record import RENAMED, RETYPED
from tieout.report.facts import QuarantineFacts, RowFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Card, Chart, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.tables import Tables, small

RULES, EXAMPLES_EACH, RAW_LENGTH = 60, 3, 400
OBJECTS, CHANGES = 300, 100
COUNTS = {
    "bronze": "bronze",
    "current": "silver_current",
    "superseded": "superseded",
    "soft_deleted": "soft_deleted",
    "not_applicable": "not_applicable",
    "quarantined": "quarantined",
}
OUTCOMES = {
    "current": ("Current", theme.BOTH),
    "superseded": ("Older", theme.FAINT),
    "soft_deleted": ("Deleted", theme.NEUTRAL),
    "not_applicable": ("Not used", "#b9c6e0"),
    "quarantined": ("Rejected", theme.BAD),
}
COLUMNS = [
    Column("system", "System"),
    Column("object", "Object"),
    Column("entity", "Becomes"),
    Column("bronze", "Rows read", "bar"),
    *[Column(key, label, "count") for key, (label, _) in OUTCOMES.items()],
    Column("adds_up", "Accounting", "tick"),
]
DRIFT = [
    Column("at", "Found"),
    Column("system", "System"),
    Column("object", "Object"),
    Column("change", "Change"),
    Column("said", "Column"),
]
RULE_COLUMNS = [
    Column("entity", "Entity"),
    Column("rule", "Rule"),
    Column("severity", "Severity", "status"),
    Column("reason", "Why it matters"),
    Column("rows", "Rows", "count"),
]
EXAMPLE_COLUMNS = [
    Column("rule", "Rule"),
    Column("source", "Where"),
    Column("source_id", "Record", "code"),
    Column("reason", "Why"),
    Column("raw", "The row as exported", "raw"),
]
RAW_WIDTH = 180


def quarantine_facts(tables: Tables, hidden: Iterable[str] = ()) -> QuarantineFacts:
    """Read `silver.quarantine`: open rows by entity and rule, and up to three examples of each.

    Of the `hidden` entities, whose rows are about persons, there are no examples.
    """
    table = tables.find("silver", "quarantine")
    if table is None:
        return QuarantineFacts()
    rows = table.where("state = 'open'")
    told = rows.where(~F.col("entity").isin(list(hidden))) if hidden else rows
    examples = small(examples_by_rule(told), RULES * EXAMPLES_EACH)
    examples = examples.assign(source=examples["source"].map(tables.titled))
    return QuarantineFacts(small(rows_by_rule(rows), RULES), examples)


def rows_by_rule(rows: DataFrame) -> DataFrame:
    """Return `entity, rule, severity, reason, rows`, most first; `reason` is one of the rule's."""
    grouped = rows.groupBy("entity", "rule", "severity").agg(
        F.min("reason").alias("reason"), F.count("*").alias("rows")
    )
    return grouped.orderBy(F.desc("rows"), "entity", "rule")


def examples_by_rule(rows: DataFrame) -> DataFrame:
    """Return up to three rows of each rule as `entity, rule, source, source_id, reason, raw`."""
    first = Window.partitionBy("entity", "rule").orderBy("source_system", "source_id", "quarantine_id")
    numbered = rows.withColumn("_number", F.row_number().over(first)).where(F.col("_number") <= EXAMPLES_EACH)
    return numbered.select(
        "entity",
        "rule",
        F.concat_ws(" ", "source_system", "object").alias("source"),
        "source_id",
        "reason",
        F.substring("raw_json", 1, RAW_LENGTH).alias("raw"),
    ).orderBy("entity", "rule", "source", "source_id")


def row_facts(steps: DataFrame, drift: DataFrame | None = None, titled: Callable[[str], str] = str) -> RowFacts:
    """Read the newest row accounting of each object from the recorded steps, and the newest changes of columns."""
    objects = small(accounting(steps), OBJECTS)
    objects = objects.assign(system=objects["system"].map(titled))
    facts = RowFacts(objects) if len(objects) else RowFacts()
    if drift is None:
        return facts
    changed = small(changes(drift), CHANGES)
    return replace(facts, drift=changed.assign(system=changed["system"].map(titled)))


def changes(drift: DataFrame) -> DataFrame:
    """Return `at` (day), `system, object, change` and what is `said` of each change of a column, newest first."""
    renamed = F.format_string("%s seems to be what was %s (%.2f)", "column", "before", "score")
    retyped = F.format_string("%s was %s and is %s", "column", "before", "after")
    said = F.when(F.col("change") == RENAMED, renamed).when(F.col("change") == RETYPED, retyped)
    day = F.date_format("at", "yyyy-MM-dd").alias("day")
    newest = drift.orderBy(F.desc("at"), "system", "object", "column")
    words = F.coalesce(said, F.col("column")).alias("said")
    return newest.select(day.alias("at"), "system", "object", "change", words)


def accounting(steps: DataFrame) -> DataFrame:
    """Return `system, object` and the counts of the newest step that accounts for each object's rows."""
    accounted = steps.where(F.col("object").isNotNull() & F.col("counts")["bronze"].isNotNull())
    newest = Window.partitionBy("system", "object", "entity").orderBy(F.desc("at"))
    latest = accounted.withColumn("_number", F.row_number().over(newest)).where("_number = 1")
    counts = [F.coalesce(F.col("counts")[name], F.lit(0)).alias(alias) for alias, name in COUNTS.items()]
    return latest.select("system", "object", "entity", *counts).orderBy("system", "object")


def section(facts: RowFacts) -> Section:
    """Build the chapter from `facts.objects`: one row per system, object and entity with its counts."""
    if facts.objects.empty:
        return Section("rows", "What was read", blocks=[Note("This run recorded no rows that were read.")])
    objects = with_check(facts.objects)
    files = by_object(objects)
    read, rejected = int(total(files, "bronze")), int(total(files, "quarantined"))
    systems = sorted(set(objects["system"]))
    off = objects[~objects["adds_up"].astype(bool)]
    lead = (
        f"{text.plural(read, 'row')} of {text.plural(len(files), 'object')} came from "
        f"{text.words(systems)}. Every row that was read is current, an older version of a current row, "
        "deleted in its source, for another entity or none, or rejected; the last column checks the sum."
    )
    return Section(
        "rows",
        "What was read",
        [lead],
        [_outcomes(files), _table(objects), _verdict(off), *_drift(facts.drift)],
        [_finding(read, rejected, off)],
        [
            Card(
                "Rows read",
                text.count(read),
                f"{text.count(rejected)} rejected",
                "plain" if off.empty else "bad",
            )
        ],
    )


def with_check(objects: pd.DataFrame) -> pd.DataFrame:
    """Add `adds_up` (bool): rows read = the sum of what became of them; sort by system and size."""
    counts = objects.copy()
    for key in ["bronze", *OUTCOMES]:
        counts[key] = [int(value) for value in floats(counts, key)]
    counts["adds_up"] = counts["bronze"] == counts[list(OUTCOMES)].sum(axis=1)
    return counts.sort_values(["system", "bronze"], ascending=[True, False], ignore_index=True)


def by_object(objects: pd.DataFrame) -> pd.DataFrame:
    """Add up the entities of each object, so that a row which two of them share counts once as read."""
    kinds = [key for key in OUTCOMES if key != "not_applicable"]
    sums = objects.groupby(["system", "object"], as_index=False).agg({"bronze": "max"} | dict.fromkeys(kinds, "sum"))
    rest = sums["bronze"] - sums[kinds].sum(axis=1)
    return sums.assign(not_applicable=rest.clip(lower=0))


def outcome_chart(objects: pd.DataFrame) -> go.Figure:
    """Draw per system the rows by what became of them, as bars that add up to the rows read."""
    totals = objects.groupby("system", as_index=False)[list(OUTCOMES)].sum()
    figure = go.Figure()
    for key, (label, colour) in OUTCOMES.items():
        if total(totals, key):
            figure.add_bar(
                y=text.plains(totals["system"].tolist()), x=floats(totals, key), name=label, orientation="h",
                marker_color=colour, hovertemplate="%{y}: %{x:,} rows<extra>" + label + "</extra>",
            )  # fmt: skip
    theme.style(figure, height=110 + 44 * len(totals), barmode="stack")
    figure.update_yaxes(autorange="reversed", showgrid=False)
    return figure.update_xaxes(tickformat=",d")


def _outcomes(objects: pd.DataFrame) -> Block:
    current = text.percent(text.share(total(objects, "current"), total(objects, "bronze")))
    return Chart(
        "Rows by system and what became of them",
        outcome_chart(objects),
        f"{current} of the rows read are current records that the rest of this report uses.",
    )


def _table(objects: pd.DataFrame) -> Block:
    return Table("Rows of each object and what became of them", COLUMNS, objects)


def _drift(drift: pd.DataFrame) -> list[Block]:
    if drift.empty:
        return []
    return [Table("Columns that changed since an earlier export, newest first", DRIFT, drift)]


def _verdict(off: pd.DataFrame) -> Block:
    if off.empty:
        return Note("Every object adds up: no row was lost and none was counted twice.", "good")
    names = text.words(f"{row['system']} {row['object']}" for row in rows(off))
    return Note(f"These objects do not add up: {names}. Their figures below may be wrong.", "bad")


def _finding(read: int, rejected: int, off: pd.DataFrame) -> Finding:
    headline = f"{text.plural(read, 'row')} read, {text.count(rejected)} rejected."
    if off.empty:
        return Finding(headline, "Every row is accounted for.", "good")
    return Finding(headline, f"{text.plural(len(off), 'object')} do not add up.", "bad")


def rejected_section(facts: QuarantineFacts, people: bool = True) -> Section:
    """Build the chapter from open quarantine by rule, with a few examples of each rule.

    Without `people`, it says that rows about persons are left out.
    """
    rejected = int(total(facts.rules, "rows"))
    if not rejected:
        nothing = Note("No row was rejected: everything that was read passed every rule.", "good")
        return Section("rejected", "What was rejected, and why", blocks=[nothing])
    lead = (
        "A row that breaks a rule is set aside, not dropped and not repaired in silence. It stays in "
        "quarantine with its rule until someone releases or discards it (tieout quarantine list)."
    )
    blocks = [_rejected(facts.rules), *_examples(facts.examples, people)]
    return Section("rejected", "What was rejected, and why", [lead], blocks)


def rule_chart(rules: pd.DataFrame) -> go.Figure:
    """Draw rejected rows by rule, coloured by severity, most first."""
    ordered = by_size(rules, "rows").head(20)
    figure = go.Figure()
    for severity, group in ordered.groupby("severity", sort=False):
        figure.add_bar(
            y=[f"{text.plain(row['entity'])}: {text.plain(row['rule'], 44)}" for row in rows(group)],
            x=floats(group, "rows"), orientation="h", name=text.title(severity),
            marker_color=theme.SEVERITY.get(str(severity), theme.NEUTRAL),
            text=[text.count(value) for value in group["rows"]], textposition="outside", cliponaxis=False,
            hovertemplate="%{y}: %{x:,} rows<extra></extra>",
        )  # fmt: skip
    theme.style(figure, height=110 + 26 * len(ordered), margin={"l": 8, "r": 60, "t": 36, "b": 8})
    figure.update_yaxes(categoryorder="total ascending", showgrid=False)
    return figure.update_xaxes(tickformat=",d")


def _rejected(rules: pd.DataFrame) -> Block:
    top = first(by_size(rules, "rows"))
    part = text.percent(text.share(top["rows"], total(rules, "rows")), 0)
    reading = f"The most frequent is “{top['rule']}” of {top['entity']}, with {part} of the rejected rows."
    table = Table("Rejected rows by rule", RULE_COLUMNS, rules)
    return Chart("Rejected rows by rule", rule_chart(rules), reading, table)


def _examples(examples: pd.DataFrame, people: bool) -> list[Block]:
    hidden = "Rows that hold names, e-mails or phones of persons are left out (tieout report --with-people shows them)."
    note = None if people else hidden
    if examples.empty:
        return [] if note is None else [Note(note)]
    shown = examples.copy()
    shown["raw"] = [text.shorten(raw, RAW_WIDTH) for raw in shown["raw"]]
    return [Table("Examples, up to three of each rule", EXAMPLE_COLUMNS, shown, note, shown=6)]
