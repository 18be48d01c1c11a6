"""Row accounting: what became of every bronze row, by object and entity."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.errors import SourceError
from tieout.quality.rules import BROKEN, Rule
from tieout.silver.row_status import CURRENT, DELETED, NOT_APPLICABLE, STATUSES, SUPERSEDED

Counts = dict[str, int]
Objects = list[tuple[str, str]]


@dataclass
class Tally:
    """Counted rows of one entity: by (system, object) and status, and broken rules by number.

    `rows_of` counts bronze rows that were mapped, `newest` is when the newest record of silver changed (UTC).
    """

    statuses: dict[tuple[str, str], Counts] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    rows_of: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    broken: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    newest: dict[tuple[str, str], datetime] = field(default_factory=dict)
    checked: int = 0

    def total(self, status: str) -> int:
        """Return the number of rows with this status over all objects."""
        return sum(counts.get(status, 0) for counts in self.statuses.values())


def tally_of(ended: DataFrame, rules: list[Rule]) -> Tally:
    """Count rows by status and broken rules with one aggregation."""
    measures = [F.count(F.lit(1)).alias("rows"), F.count_if(_first()).alias("firsts")]
    measures += [F.count_if(F.expr(_breaks(n))).alias(f"rule_{n}") for n in range(len(rules))]
    # As text, which no driver's time zone moves.
    measures.append(F.max("_modified_at").cast("string").alias("newest"))
    # Bounded: systems x objects x statuses.
    rows = ended.groupBy("source_system", "_object", "_status").agg(*measures).collect()
    tally = Tally()
    for row in rows:
        counts = {n: row[f"rule_{n}"] for n in range(len(rules))}
        key = row["source_system"], row["_object"]
        _add(tally, key, row["_status"], row["rows"], row["firsts"], counts)
        if row["_status"] in (CURRENT, DELETED) and row["newest"]:
            at = datetime.fromisoformat(row["newest"]).replace(tzinfo=UTC)
            tally.newest[key] = max(at, tally.newest.get(key, at))
    return tally


def balanced(bronze_rows: int, tally: Tally, key: tuple[str, str], whole: bool) -> Counts:
    """Return the counts of one object and entity: `bronze`, every status, `not_applicable`, `elements`.

    bronze + elements = silver_current + superseded + soft_deleted + quarantined + not_applicable,
    where `elements` are the rows beyond the first that a list gave (`each:`). `whole` says that
    every bronze row belongs to the entity. Raises SourceError when rows were lost or doubled.
    """
    statuses = tally.statuses.get(key, {})
    mapped = sum(statuses.values())
    rows = tally.rows_of.get(key, 0)
    what = f"{key[0]} {key[1]}: {bronze_rows} bronze rows, {rows} of them mapped"
    if rows > bronze_rows:
        raise SourceError(f"{what}; a join gives rows twice. Nothing was recorded; please report this.")
    if whole and rows != bronze_rows:
        raise SourceError(f"{what}; rows were lost. Nothing was recorded; please report this.")
    counts = {status: statuses.get(status, 0) for status in STATUSES}
    counts[NOT_APPLICABLE] = statuses.get(NOT_APPLICABLE, 0) + bronze_rows - rows
    return {"bronze": bronze_rows, **counts, "elements": mapped - rows}


def _add(tally: Tally, key: tuple[str, str], status: str, rows: int, firsts: int, broken: dict[int, int]) -> None:
    tally.statuses[key][status] += rows
    tally.rows_of[key] += firsts
    if status not in (SUPERSEDED, NOT_APPLICABLE):
        tally.checked += rows
    if status != SUPERSEDED:
        for n, count in broken.items():
            tally.broken[n] += count


def _first() -> Column:
    return F.coalesce(F.col("_position"), F.lit(0)) == 0


def _breaks(n: int) -> str:
    return f"{BROKEN} & {1 << n}L <> 0"
