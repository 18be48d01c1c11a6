"""Fields on which systems disagree, and changes that wait in the outbox."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.report.facts import ConflictFacts, empty
from tieout.report.tables import Tables, small

FIELDS, EXAMPLES, OUTBOX = 60, 12, 100


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
