"""Fields on which systems disagree, and the changes that wait to be sent."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.report.facts import ConflictFacts, empty
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Chart, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.tables import Tables, small

FIELDS, EXAMPLES, OUTBOX = 60, 12, 100
FIELD_COLUMNS = [
    Column("entity", "Entity"),
    Column("field", "Field"),
    Column("owner", "System of record"),
    Column("records", "Records that differ", "bar"),
]
EXAMPLE_COLUMNS = [
    Column("name", "Customer"),
    Column("field", "Field"),
    Column("owner", "System of record"),
    Column("values", "What each system says"),
]
OUTBOX_COLUMNS = [
    Column("system", "To"),
    Column("entity", "Entity"),
    Column("field", "Field"),
    Column("changes", "Changes", "bar"),
]


def conflict_facts(tables: Tables, hidden: Iterable[str] = ()) -> ConflictFacts:
    """Read `gold.discrepancy` and `gold.outbox`, with a few examples; none of the `hidden` fields."""
    conflicts, outbox = tables.find("gold", "discrepancy"), tables.find("gold", "outbox")
    facts = ConflictFacts()
    fields, examples, changes = facts.fields, facts.examples, facts.outbox
    if conflicts is not None:
        fields = small(by_field(conflicts), FIELDS)
        fields = fields.assign(owner=fields["owner"].map(tables.titled))
        examples = _examples(conflicts.where(~F.col("field").isin(list(hidden))), tables.find("gold", "customer"))
        values = pd.Series(
            [{tables.titled(k): v for k, v in found.items()} for found in examples["values"]], dtype=object
        )
        examples = examples.assign(owner=examples["owner"].map(tables.titled), values=values)
    if outbox is not None:
        grouped = outbox.groupBy(F.col("target_system").alias("system"), "entity", "field")
        changes = small(grouped.agg(F.count("*").alias("changes")).orderBy(F.desc("changes")), OUTBOX)
        changes = changes.assign(system=changes["system"].map(tables.titled))
    return ConflictFacts(fields, examples, changes)


def by_field(conflicts: DataFrame) -> DataFrame:
    """Return `entity, field, owner, records`; `owner` lists the systems whose values won."""
    owners = F.array_join(F.array_sort(F.collect_set("owner_system")), ", ").alias("owner")
    grouped = conflicts.groupBy("entity", "field").agg(owners, F.count("*").alias("records"))
    return grouped.orderBy(F.desc("records"), "entity", "field")


def _examples(conflicts: DataFrame, customer: DataFrame | None) -> pd.DataFrame:
    if customer is None:
        return empty("name", "field", "owner", "values")
    # One example of each field: the first customer by id, so that two runs show the same.
    first = (
        conflicts.where("entity = 'account'")
        .groupBy("field")
        .agg(F.min_by(F.struct("tieout_id", "owner_system", "values"), "tieout_id").alias("one"))
    )
    named = first.select("field", "one.*").join(customer.select("tieout_id", "name"), "tieout_id")
    picked = named.select("name", "field", F.col("owner_system").alias("owner"), "values")
    return small(picked.orderBy("field"), EXAMPLES)


def section(facts: ConflictFacts, people: bool = True) -> Section:
    """Build the chapter from conflicts by field and from the outbox by system.

    Without `people`, it says that examples of phones, e-mails and the like are left out.
    """
    title = "Fields in conflict, and changes to send"
    if facts.fields.empty and facts.outbox.empty:
        return Section("conflicts", title, blocks=[Note("No system contradicts another.", "good")])
    conflicts, changes = total(facts.fields, "records"), total(facts.outbox, "changes")
    lead = (
        f"In {text.plural(conflicts, 'case')} the systems say different things about one field of a record. "
        f"The system of record wins; {text.plural(changes, 'change')} would bring the others into line. "
        "They wait in the outbox: Tieout sends nothing by itself."
    )
    blocks: list[Block] = []
    if not facts.fields.empty:
        blocks.append(_fields(facts.fields))
    if not facts.examples.empty:
        note = None if people else "Fields that say who a person is, or how to reach one, are left out."
        blocks.append(Table("Examples of conflicts", EXAMPLE_COLUMNS, _in_words(facts.examples), note))
    if not facts.outbox.empty:
        blocks.append(Table("Changes that wait in the outbox", OUTBOX_COLUMNS, facts.outbox))
    finding = Finding(
        f"Systems contradict each other in {text.plural(conflicts, 'field')}.",
        f"{text.plural(changes, 'correction')} are ready in the outbox.",
    )
    return Section("conflicts", title, [lead], blocks, [finding])


def field_chart(fields: pd.DataFrame) -> go.Figure:
    """Draw conflicting records by entity and field (`entity, field, records`), most first."""
    shown = by_size(fields, "records").head(20)
    figure = go.Figure(
        go.Bar(
            y=[f"{text.plain(row['entity'])}: {text.plain(row['field'])}" for row in rows(shown)],
            x=floats(shown, "records"),
            orientation="h",
            marker_color=theme.CRM,
            text=[text.count(value) for value in shown["records"]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x:,} records<extra></extra>",
        )  # fmt: skip
    )
    theme.style(figure, height=50 + 25 * len(shown), margin={"l": 8, "r": 60, "t": 12, "b": 8})
    figure.update_xaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure.update_yaxes(autorange="reversed", showgrid=False)


def _fields(fields: pd.DataFrame) -> Block:
    ordered = by_size(fields, "records")
    top = first(ordered)
    often = text.plural(top["records"], "record")
    reading = f"Systems differ most often on {top['entity']} {top['field']}: {often}."
    table = Table("Conflicts by field", FIELD_COLUMNS, ordered)
    return Chart("Conflicts by field", field_chart(fields), reading, table)


def _in_words(examples: pd.DataFrame) -> pd.DataFrame:
    written = [
        "; ".join(f"{system}: {text.shorten(value, 60)}" for system, value in sorted(dict(found).items()))
        for found in examples["values"]
    ]
    return examples.assign(values=written)
