"""Reasons of the tie-out measured against known truth: which deals got a right one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.gold.tie_out.documents import CHAIN
from tieout.gold.tie_out.links import document_id, keyed

TIED = "tied"
TRUTH_COLUMNS = ("deal", "story", "reasons")


def deal_reasons(lines: DataFrame, deals: DataFrame, truth: DataFrame, deal_keys: list[str]) -> DataFrame:
    """Return `story, reason, planted, is_right (booleans), deals (bigint)`: what each story's deals were called.

    Needs `tie_out_lines`, won opportunities, and truth with `deal` (a number as `deal_keys` write it),
    `story` (what was planted, or found by hand) and `reasons` (the codes that are right, separated by
    blanks; `tied` where nothing differs). A deal's reason is that of its chain's line with the widest
    gaps, `tied` where every line ties. A difference is `planted` where `tied` would be wrong. Deals that
    the truth does not name are left out.
    """
    width = F.abs("ordered_gap") + F.abs("invoiced_gap") + F.abs("paid_gap")
    widest = F.max_by("reason_code", F.when(F.col("status") == "differing", F.struct(width, "reason_code")))
    called = lines.groupBy(CHAIN).agg(F.coalesce(widest, F.lit(TIED)).alias("reason"))
    numbers = keyed(deals.withColumn(CHAIN, document_id()), deal_keys, "deal_keys").select("_key", CHAIN)
    named = truth.where("deal <> ''").withColumn("_key", F.upper(F.trim("deal")))
    known = named.join(numbers, "_key").dropDuplicates([CHAIN]).join(called, CHAIN, "left")
    reason = F.coalesce("reason", F.lit(TIED))
    allowed = F.split(F.trim("reasons"), r"\s+")
    grouped = known.groupBy(
        "story",
        reason.alias("reason"),
        (~F.array_contains(allowed, TIED)).alias("planted"),
        F.array_contains(allowed, reason).alias("is_right"),
    )
    return grouped.agg(F.count("*").alias("deals"))


def reason_figures(found: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Sum up the rows of `deal_reasons`.

    Returns `deals, right`; `planted, planted_right` of the differences that were planted; `by_story` and
    `by_reason`: rows of `story` (or `reason`), `deals, right` and `called` {reason or story: deals}.
    """
    rows = [dict(row) for row in found]
    planted = [row for row in rows if row["planted"]]
    return {
        "deals": _deals(rows),
        "right": _deals(row for row in rows if row["is_right"]),
        "planted": _deals(planted),
        "planted_right": _deals(row for row in planted if row["is_right"]),
        "by_story": _by(rows, "story", "reason"),
        "by_reason": _by(rows, "reason", "story"),
    }


def _deals(rows: Iterable[Mapping[str, Any]]) -> int:
    return sum(int(row["deals"]) for row in rows)


def _by(rows: list[dict[str, Any]], key: str, other: str) -> list[dict[str, Any]]:
    found = []
    for name in sorted({row[key] for row in rows}):
        mine = [row for row in rows if row[key] == name]
        called: Counter[str] = Counter()
        for row in mine:
            called[row[other]] += int(row["deals"])
        right = _deals(row for row in mine if row["is_right"])
        found.append({key: name, "deals": _deals(mine), "right": right, "called": dict(called.most_common())})
    return sorted(found, key=lambda one: -one["deals"])
