"""The match tables, read and written so that a run that is killed and repeated changes nothing.

One commit a table, in an order that makes the last one the seal: events, crosswalk, review queue, and
then the pairs with the fingerprint of what they were made from.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.identity.decisions import last_decisions
from tieout.identity.fingerprint import NOT_RESOLVED
from tieout.identity.ids.crosswalk import GONE
from tieout.identity.ids.events import event_rows
from tieout.identity.records import KEY
from tieout.identity.resolution import Resolution
from tieout.identity.review.queue import first_questions
from tieout.lakehouse.tables import Lakehouse

LAYER = "match"
ROWS_A_FILE = 1_000_000


class MatchTables:
    """The tables of the match layer, as one run sees them."""

    def __init__(self, lake: Lakehouse, run_id: str) -> None:
        self._lake = lake
        self._run_id = run_id
        self._looked: dict[str, bool] = {}

    def _exists(self, table: str) -> bool:
        if table not in self._looked:
            self._looked[table] = self._lake.exists(LAYER, table)
        return self._looked[table]

    def crosswalk(self, entity: str) -> DataFrame | None:
        """Return one entity's crosswalk rows; None when the entity was never resolved."""
        if not self._exists("crosswalk"):
            return None
        rows = self._lake.read(LAYER, "crosswalk").where(F.col("entity") == entity)
        return None if rows.isEmpty() else rows

    def decisions(self, entity: str, *, labels: bool = False) -> DataFrame | None:
        """Return the stewards' decisions that hold (id_l, id_r, match); None when there are none.

        With `labels`, only those that may teach a model (see `last_decisions`).
        """
        if not self._exists("decision"):
            return None
        told = last_decisions(self._lake.read(LAYER, "decision"), entity, labels=labels)
        return None if told.isEmpty() else told

    def fingerprint(self, entity: str) -> int:
        """Return the fingerprint of the inputs that the entity's pairs were made from."""
        if not self._exists("pair"):
            return NOT_RESOLVED
        row = self._lake.read(LAYER, "pair").where(F.col("entity") == entity).select("_fingerprint").first()
        return int(row[0]) if row else NOT_RESOLVED

    def unchanged(self, entity: str) -> dict[str, Any]:
        """Return the figures of an entity that is left as it is."""
        rows = self._lake.read(LAYER, "crosswalk").where(F.col("entity") == entity)
        row = rows.agg(F.count("*").alias("records"), F.count_distinct("tieout_id").alias("clusters")).first()
        return {
            "unchanged": True,
            "records": row["records"] if row else 0,
            "clusters": row["clusters"] if row else 0,
        }

    def write(self, resolved: Sequence[Resolution]) -> dict[str, dict[str, int]]:
        """Write what was resolved; return counts by entity."""
        base = self._lake.version(LAYER, "crosswalk") if self._exists("crosswalk") else -1
        version = -1 if base is None else base
        events = _union(resolved, lambda one: event_rows(one.events, one.entity, version, self._run_id)).persist()
        changes = _union(resolved, lambda one: one.changes).withColumn("run_id", F.lit(self._run_id)).persist()
        review = _union(resolved, lambda one: one.review).withColumn("run_id", F.lit(self._run_id)).persist()
        pairs = _union(resolved, self._pairs)
        try:
            counts = _count(events, changes, review, pairs)
            entities = _any_of([one.entity for one in resolved])
            total = _totals(counts)
            if total["changed"] or total["events"]:
                self._replace("identity_event", events, f"{entities} AND _base_version = {version}", total["events"])
                self._merge(changes, total["changed"])
            queue = review.coalesce(_files(total["review"])).sortWithinPartitions(*first_questions())
            self._lake.replace_where(LAYER, "review_queue", queue, entities)
            self._replace("pair", pairs, entities, total["pairs"])
        finally:
            for frame in (events, changes, review):
                frame.unpersist()
        return counts

    def count(self, resolved: Sequence[Resolution]) -> dict[str, dict[str, int]]:
        """Return what `write` would, writing nothing."""
        events = _union(resolved, lambda one: event_rows(one.events, one.entity, -1, self._run_id))
        changes = _union(resolved, lambda one: one.changes)
        return _count(events, changes, _union(resolved, lambda one: one.review), _union(resolved, self._pairs))

    def _pairs(self, one: Resolution) -> DataFrame:
        run_id, mark = F.lit(self._run_id), F.lit(one.fingerprint).cast("bigint")
        return one.pairs.withColumns({"run_id": run_id, "_fingerprint": mark})

    def _replace(self, table: str, frame: DataFrame, predicate: str, rows: int) -> None:
        self._lake.replace_where(LAYER, table, frame.coalesce(_files(rows)), predicate)

    def _merge(self, changes: DataFrame, rows: int) -> None:
        changes = changes.coalesce(_files(rows))
        if not self._exists("crosswalk"):
            self._lake.append(LAYER, "crosswalk", changes.where(F.col("status") != GONE))
            return
        self._lake.merge(
            LAYER, "crosswalk", changes, ["entity", *KEY],
            update_when=f"new.status <> '{GONE}'", delete_when=f"new.status = '{GONE}'",
        )  # fmt: skip


def _union(resolved: Sequence[Resolution], part: Callable[[Resolution], DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionByName, map(part, resolved))


def _any_of(entities: Sequence[str]) -> str:
    return "entity IN (" + ", ".join(f"'{entity}'" for entity in entities) + ")"


def _files(rows: int) -> int:
    return rows // ROWS_A_FILE + 1


def _count(events: DataFrame, changes: DataFrame, review: DataFrame, pairs: DataFrame) -> dict[str, dict[str, int]]:
    """Count rows by entity and kind, in one Spark job of a few dozen rows."""
    parts = [
        events.select("entity", F.concat(F.lit("event_"), "event").alias("kind")),
        changes.select("entity", F.when(F.col("status") == GONE, "gone").otherwise("changed").alias("kind")),
        review.select("entity", F.lit("review").alias("kind")),
        pairs.select("entity", F.concat(F.lit("pair_"), "status").alias("kind")),
    ]
    rows = reduce(DataFrame.unionByName, parts).groupBy("entity", "kind").count().collect()
    counts: dict[str, dict[str, int]] = defaultdict(lambda: {"review": 0, "changed": 0, "gone": 0})
    for row in rows:
        counts[row["entity"]][row["kind"]] = row["count"]
    return dict(counts)


def _totals(counts: dict[str, dict[str, int]]) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for numbers in counts.values():
        for kind, number in numbers.items():
            group = kind.split("_")[0]
            totals[{"event": "events", "pair": "pairs", "gone": "changed"}.get(group, group)] += number
    return totals
