"""Fingerprint of all inputs that an entity's identities depend on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.matching import MatchingConfig
from tieout.identity.records import KEY
from tieout.lakehouse.incremental.digests import code_version

NOT_RESOLVED = 0


@dataclass(frozen=True)
class Mark:
    """The number of current records, and the fingerprint of everything that is read."""

    records: int
    number: int


def input_fingerprint(
    silver: DataFrame, decisions: DataFrame | None, model_version: str, config: MatchingConfig, more: str = ""
) -> Mark:
    """Fingerprint an entity's silver rows, decisions (id_l, id_r, match), model version and config.

    Rows count as in `content`; `more` is what else is read. Runs one Spark job, two with decisions.
    """
    row = silver.agg(*content(silver)).first()
    told = (
        decisions.agg(F.count("*"), _sum(F.xxhash64("id_l", "id_r", "match"))).first()
        if decisions is not None
        else None
    )
    words = [code_version(), model_version, config.model_dump_json(), str(row), str(told), more]
    return Mark(int(row["records"]) if row else 0, _number("\n".join(words)))


def content(silver: DataFrame) -> list[Column]:
    """Return aggregates that tell a silver table's content: records, rows, and a sum over all of them.

    Rows count by key, `_record_hash` and `_deleted` where they have these, else by all columns; their
    order and the number of commits do not matter.
    """
    deleted = F.coalesce("_deleted", F.lit(False)) if "_deleted" in silver.columns else F.lit(False)
    values = [F.col("_record_hash")] if "_record_hash" in silver.columns else _fields(silver)
    return [
        F.count_if(~deleted).alias("records"),
        F.count("*").alias("rows"),
        _sum(F.xxhash64(*KEY, deleted, *values)),
    ]


def _fields(silver: DataFrame) -> list[Column]:
    names = sorted(name for name in silver.columns if not name.startswith("_"))
    return [F.col(f"`{name}`") for name in names]


def _sum(hashed: Column) -> Column:
    # As decimals, because a sum of 64-bit numbers overflows.
    return F.sum(hashed.cast("decimal(20,0)")).alias("content")


def _number(text: str) -> int:
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True) or 1
