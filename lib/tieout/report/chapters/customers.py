"""Real customers: how many, and which systems know them."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from pyspark.sql import functions as F

from tieout.report.facts import CustomerFacts
from tieout.report.layout import text, theme
from tieout.report.layout.blocks import Block, Card, Chart, Column, Finding, Note, Section, Table
from tieout.report.layout.frames import by_size, first, floats, rows, total
from tieout.report.layout.overlap import overlap_chart
from tieout.report.tables import Tables, small

LARGEST, SIZES = 8, 10
SYSTEMS_COLUMNS = [
    Column("where", "Known to"),
    Column("customers", "Customers", "bar"),
    Column("part", "Share", "percent"),
]
LARGEST_COLUMNS = [
    Column("name", "Customer"),
    Column("systems", "Systems"),
    Column("records", "Records", "count"),
    Column("tieout_id", "Tieout id", "code"),
]
KIND_WORDS = {"crm": "CRM", "erp": "ERP", "other": "another system"}


def customer_facts(tables: Tables) -> CustomerFacts:
    """Read `gold.customer` (`tieout_id, name, systems, record_count`)."""
    customer = tables.find("gold", "customer")
    if customer is None:
        return CustomerFacts()
    systems = F.array_sort("systems").alias("systems")
    counted = [F.count("*").alias("customers"), F.sum("record_count").alias("all_records")]
    by_systems = small(customer.groupBy(systems).agg(*counted).orderBy(F.desc("customers")), 60)
    size = F.least("record_count", F.lit(SIZES)).alias("records")
    sizes = small(customer.groupBy(size).agg(F.count("*").alias("customers")).orderBy("records"), SIZES)
    several = customer.where("record_count > 2").orderBy(F.desc("record_count"), "tieout_id")
    largest = several.select(
        "tieout_id",
        "name",
        F.col("record_count").alias("records"),
        F.concat_ws(", ", systems).alias("systems"),
    )
    by_systems["systems"] = [tuple(map(tables.titled, found)) for found in by_systems["systems"]]
    shown = small(largest, LARGEST)
    shown = shown.assign(systems=shown["systems"].map(tables.titled))
    records = int(by_systems["all_records"].sum()) if len(by_systems) else 0
    return CustomerFacts(by_systems, sizes, shown, records)


def section(facts: CustomerFacts, kinds: dict[str, str]) -> Section:
    """Build the chapter; `kinds` says of each system whether it is a crm, an erp or other."""
    if not facts.customers:
        return Section("customers", "How many real customers", blocks=[Note("No customers were published yet.")])
    records = facts.records
    both, only = _by_kind(facts.by_systems, kinds)
    lead = (
        f"The systems hold {text.plural(records, 'customer record')}. After matching they are "
        f"{text.plural(facts.customers, 'customer')}: the same company under two numbers, two spellings "
        "or in two systems is one. Each customer has a Tieout id that stays the same from run to run."
    )
    finding = Finding(
        f"{text.plural(records, 'record')} are {text.plural(facts.customers, 'real customer')}.",
        _systems_in_words(both, only, facts.customers),
    )
    blocks = [_by_systems(facts.by_systems, kinds), _sizes(facts.sizes), *_largest(facts.largest)]
    return Section("customers", "How many real customers", [lead], blocks, [finding], _cards(facts, records, both))


def systems_chart(by_systems: pd.DataFrame, kinds: dict[str, str]) -> go.Figure:
    """Draw customers by the combination of systems that know them (`systems` tuple, `customers`)."""
    systems = sorted({name for found in by_systems["systems"] for name in found})
    colours = theme.colours(systems)
    if len({kinds.get(name) for name in systems}) == len(systems):
        colours |= {name: theme.KIND.get(kinds.get(name, ""), theme.PAID) for name in systems}
    return overlap_chart(by_systems, systems, "systems", "customers", colours)


def size_chart(sizes: pd.DataFrame, noun: str = "customers") -> go.Figure:
    """Draw how many customers have 1, 2, 3, ... records; the last bar is `that many or more`."""
    ordered = sizes.sort_values("records")
    labels = [str(int(value)) for value in ordered["records"]]
    figure = go.Figure(
        go.Bar(
            x=labels,
            y=floats(ordered, noun),
            marker_color=theme.BOTH,
            text=[text.count(value) for value in ordered[noun]],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x} records: %{y:,} " + noun + "<extra></extra>",
        )  # fmt: skip
    )
    theme.style(figure, height=280, margin={"l": 8, "r": 16, "t": 24, "b": 8})
    figure.update_yaxes(showticklabels=False, showgrid=False, zeroline=False)
    return figure.update_xaxes(type="category", title_text="records per customer", showgrid=False)


def _by_kind(by_systems: pd.DataFrame, kinds: dict[str, str]) -> tuple[int, dict[str, int]]:
    """Return how many customers several kinds of system know, and how many only one kind, by kind."""
    both, only = 0, dict.fromkeys(("crm", "erp", "other"), 0)
    for row in rows(by_systems):
        found = {kinds.get(name, "other") for name in row["systems"]}
        if len(found) == 1:
            only[found.pop()] += int(row["customers"])
        else:
            both += int(row["customers"])
    return both, only


def _systems_in_words(both: int, only: dict[str, int], customers: int) -> str:
    parts = [f"{text.count(found)} are only in {KIND_WORDS[kind]}" for kind, found in only.items() if found]
    start = f"{text.percent(text.share(both, customers), 0)} are known to both sales and finance systems"
    return f"{start}; {text.words(parts)}." if parts else f"{start}."


def _cards(facts: CustomerFacts, records: int, both: int) -> list[Card]:
    ratio = text.percent(text.share(records - facts.customers, records), 0)
    return [
        Card(
            "Real customers",
            text.count(facts.customers),
            f"from {text.count(records)} records, {ratio} fewer",
        ),
        Card(
            "In CRM and ERP",
            text.percent(text.share(both, facts.customers), 0),
            text.plural(both, "customer"),
        ),
    ]


def _by_systems(by_systems: pd.DataFrame, kinds: dict[str, str]) -> Block:
    table = by_size(by_systems, "customers")
    table = table.assign(
        where=[text.words(found) for found in table["systems"]],
        part=[text.share(value, total(table, "customers")) for value in table["customers"]],
    )
    top = first(table)
    return Chart(
        "Where customers live",
        systems_chart(by_systems, kinds),
        "Each row is one combination of systems; filled dots say which. The largest group, "
        f"{text.plural(top['customers'], 'customer')}, is known to {top['where']}.",
        Table("Customers by the systems that know them", SYSTEMS_COLUMNS, table),
    )


def _sizes(sizes: pd.DataFrame) -> Block:
    alone = total(sizes[sizes["records"] == 1], "customers")
    part = text.percent(text.share(alone, total(sizes, "customers")), 0)
    columns = [Column("records", "Records", "count"), Column("customers", "Customers", "bar")]
    return Chart(
        "Records per customer",
        size_chart(sizes),
        f"{part} of the customers have one record. Bars to the right are companies entered several times.",
        Table("Customers by number of records", columns, sizes.sort_values("records")),
    )


def _largest(largest: pd.DataFrame) -> list[Block]:
    if largest.empty:
        return []
    return [Table("Customers with the most records", LARGEST_COLUMNS, largest)]
