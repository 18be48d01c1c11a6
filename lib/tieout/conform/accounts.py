"""Do the rows add up? What became of every bronze row, by object and entity."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.conform.ends import ENDS, NOT_APPLICABLE, SUPERSEDED
from tieout.errors import SourceError
from tieout.quality.rules import BROKEN, Rule

Counts = dict[str, int]
Objects = list[tuple[str, str]]


@dataclass
class Tally:
    """Counted rows of one entity: by (system, object) and end, and broken rules by number.

    `rows_of` counts bronze rows that were mapped, `elements` rows beyond the first that one became.
    """

    ends: dict[tuple[str, str], Counts] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))
    rows_of: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))
    broken: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    judged: int = 0

    def add(self, other: Tally) -> None:
        """Count the rows of another tally too."""
        for spot, counts in other.ends.items():
            for end, rows in counts.items():
                self.ends[spot][end] += rows
        for spot, rows in other.rows_of.items():
            self.rows_of[spot] += rows
        for rule, rows in other.broken.items():
            self.broken[rule] += rows
        self.judged += other.judged

    def total(self, end: str) -> int:
        """Return the number of rows with this end over all objects."""
        return sum(counts.get(end, 0) for counts in self.ends.values())


def tally_of(ended: DataFrame, rules: list[Rule]) -> Tally:
    """Count rows by end and broken rules with one aggregation."""
    measures = [F.count(F.lit(1)).alias("rows"), F.count_if(_first()).alias("firsts")]
    measures += [F.count_if(F.expr(_breaks(n))).alias(f"rule_{n}") for n in range(len(rules))]
    # Bounded: systems x objects x ends.
    rows = ended.groupBy("source_system", "_object", "_end").agg(*measures).collect()
    tally = Tally()
    for row in rows:
        counts = {n: row[f"rule_{n}"] for n in range(len(rules))}
        _add(tally, (row["source_system"], row["_object"]), row["_end"], row["rows"], row["firsts"], counts)
    return tally


def observed(objects: Objects, rules: list[Rule]) -> list[Column]:
    """Return the same counts as metrics that Spark collects while it writes, so nothing is read twice."""
    metrics = [
        F.count_if(F.expr(f"{_breaks(n)} AND _end <> '{SUPERSEDED}'")).alias(f"rule_{n}") for n in range(len(rules))
    ]
    for place, (system, name) in enumerate(objects):
        mine = (F.col("source_system") == system) & (F.col("_object") == name)
        metrics.append(F.count_if(mine & _first()).alias(f"{place}.firsts"))
        for end in (*ENDS, NOT_APPLICABLE):
            metrics.append(F.count_if(mine & (F.col("_end") == end)).alias(f"{place}.{end}"))
    return metrics


def tally_from(metrics: dict[str, int], objects: Objects, rules: list[Rule]) -> Tally:
    """Return the tally of observed metrics."""
    tally = Tally()
    for place, spot in enumerate(objects):
        for end in (*ENDS, NOT_APPLICABLE):
            _add(tally, spot, end, metrics[f"{place}.{end}"], 0, {})
        tally.rows_of[spot] = metrics[f"{place}.firsts"]
    tally.broken = {n: metrics[f"rule_{n}"] for n in range(len(rules))}
    return tally


def tally_of_ends(spot: tuple[str, str], ends: Counts, firsts: int, broken: Mapping[int, int]) -> Tally:
    """Return the tally of rows that stand alone, of one object: by end, rows of bronze, broken rules by number."""
    tally = Tally()
    for end, rows in ends.items():
        _add(tally, spot, end, rows, 0, {})
    tally.rows_of[spot] = firsts
    tally.broken.update(broken)
    return tally


def balanced(bronze_rows: int, tally: Tally, spot: tuple[str, str], whole: bool) -> Counts:
    """Return the counts of one object and entity: `bronze`, every end, `not_applicable`, `elements`.

    bronze + elements = silver_current + superseded + soft_deleted + quarantined + not_applicable,
    where `elements` are the rows beyond the first that a list gave (`each:`). `whole` says that
    every bronze row belongs to the entity. Raises SourceError when rows were lost or doubled.
    """
    ends = tally.ends.get(spot, {})
    mapped = sum(ends.values())
    rows = tally.rows_of.get(spot, 0)
    what = f"{spot[0]} {spot[1]}: {bronze_rows} bronze rows, {rows} of them mapped"
    if rows > bronze_rows:
        raise SourceError(f"{what}; a join gives rows twice. Nothing was recorded; please report this.")
    if whole and rows != bronze_rows:
        raise SourceError(f"{what}; rows were lost. Nothing was recorded; please report this.")
    counts = {end: ends.get(end, 0) for end in ENDS}
    counts[NOT_APPLICABLE] = ends.get(NOT_APPLICABLE, 0) + bronze_rows - rows
    return {"bronze": bronze_rows, **counts, "elements": mapped - rows}


def _add(tally: Tally, spot: tuple[str, str], end: str, rows: int, firsts: int, broken: dict[int, int]) -> None:
    tally.ends[spot][end] += rows
    tally.rows_of[spot] += firsts
    if end not in (SUPERSEDED, NOT_APPLICABLE):
        tally.judged += rows
    if end != SUPERSEDED:
        for n, count in broken.items():
            tally.broken[n] += count


def _first() -> Column:
    return F.coalesce(F.col("_position"), F.lit(0)) == 0


def _breaks(n: int) -> str:
    return f"{BROKEN} & {1 << n}L <> 0"
