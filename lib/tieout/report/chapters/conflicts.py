"""Fields on which systems disagree, and the changes that wait to be sent."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from tieout.report import text, theme
from tieout.report.blocks import Block, Chart, Column, Finding, Note, Section, Table
from tieout.report.facts import ConflictFacts
from tieout.report.frames import by_size, first, floats, rows, total

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
