"""Digests of what a system's share of an entity is made from, to see what changed since the last run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.config.models.source import SourceConfig
from tieout.lakehouse.incremental.digests import code_version
from tieout.lakehouse.tables import Lakehouse
from tieout.silver.bronze_tables import Bronze

STEP = "conform"


@dataclass(frozen=True)
class Before:
    """What the last run recorded of one object and entity: row counts by status, and its newest change (UTC)."""

    fingerprint: str
    counts: dict[str, int]
    newest: datetime | None = None

    def details(self) -> dict[str, str]:
        """Return what is recorded beside the counts."""
        return {"fingerprint": self.fingerprint} | ({"newest_change": self.newest.isoformat()} if self.newest else {})


def fingerprint(config: Config, bronze: Bronze, entity: str, system: str, lists: str, released: int) -> str:
    """Return a digest of bronze content, config, code lists and stewards' corrections for one share."""
    source = config.sources[system]
    quality = config.quality.get(entity)
    parts = [
        code_version(),
        lists,
        str(released),
        config.entities[entity].model_dump_json(),
        quality.model_dump_json() if quality else "",
        source.defaults.model_dump_json(),
    ]
    for name in sorted(_read_objects(source, entity)):
        content = bronze.contents.get((system, name))
        parts += [name, source.objects[name].model_dump_json(), str(content)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def lists_digest(config: Config) -> str:
    """Return a digest of every code list."""
    digest = hashlib.sha256()
    for path in sorted((config.directory / "lookups").glob("*.csv")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def recorded(lake: Lakehouse) -> dict[tuple[str, str, str], Before]:
    """Return what the last run recorded, by (entity, system, object)."""
    if not lake.exists("ops", "step"):
        return {}
    marked = F.get_json_object("details", "$.fingerprint").isNotNull()
    steps = lake.read("ops", "step").where((F.col("step") == STEP) & marked)
    newest = steps.groupBy("entity", "system", "object").agg(
        F.max_by(F.struct("details", "counts"), "at").alias("last")
    )
    # Bounded: entities x objects.
    rows = newest.select("entity", "system", "object", "last.*").collect()
    return {(row["entity"], row["system"], row["object"]): _before(row["details"], row["counts"]) for row in rows}


def _before(details: str, counts: dict[str, int]) -> Before:
    said = json.loads(details)
    newest = said.get("newest_change")
    return Before(said["fingerprint"], dict(counts), datetime.fromisoformat(newest) if newest else None)


def released(known: DataFrame | None) -> dict[tuple[str, str], int]:
    """Return a digest of the stewards' corrections by (entity, system)."""
    if known is None:
        return {}
    mine = known.where("state = 'released' AND (corrections IS NOT NULL OR accepted)")
    content = F.xxhash64("quarantine_id", F.to_json("corrections"), "accepted")
    # Bounded: entities x systems.
    rows = mine.groupBy("entity", "source_system").agg(F.bit_xor(content).alias("digest")).collect()
    return {(row["entity"], row["source_system"]): row["digest"] for row in rows}


def _read_objects(source: SourceConfig, entity: str) -> set[str]:
    """Return the objects that become the entity and those that they join, directly or through others."""
    wanted = [name for name, item in source.objects.items() if entity in item.to]
    found: set[str] = set()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += _joined(source, [name])
    return found


def _joined(source: SourceConfig, names: Iterable[str]) -> list[str]:
    return [join.object for name in names for join in source.objects[name].joins.values() if join.object]
