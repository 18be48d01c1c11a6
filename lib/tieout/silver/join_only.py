"""Row accounting for join-only objects, which become no entity themselves.

Their rows are accounted for as well: the newest row of each key is current, older ones are superseded,
rows that cannot be read are quarantined.
"""

from __future__ import annotations

from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config import Config
from tieout.config.models.source import ObjectConfig
from tieout.platform.sql import quoted
from tieout.quality import quarantine
from tieout.quality.rules import Rule
from tieout.silver.accounting import Tally
from tieout.silver.bronze_tables import Bronze
from tieout.silver.mapping.bronze_columns import exported_columns
from tieout.silver.mapping.namespace import Namespace
from tieout.silver.row_status import CURRENT, QUARANTINED, SUPERSEDED

ENTITY = "(joined only)"
UNREADABLE = Rule("readable row", "the row cannot be read", "critical", "quarantine", "_corrupt IS NOT NULL")


def join_only_objects(config: Config, bronze: Bronze) -> list[tuple[str, str]]:
    """Return (system, object) of every object in bronze that becomes no entity."""
    return [
        (system, name)
        for system, source in config.sources.items()
        for name, item in source.objects.items()
        if not item.to and bronze.read(system, name) is not None
    ]


def join_only_tally(config: Config, bronze: Bronze, objects: list[tuple[str, str]]) -> Tally:
    """Count current, superseded and unreadable rows of these objects by one job."""
    parts = []
    for system, name in objects:
        frame = bronze.read(system, name)
        assert frame is not None
        key = _key(config.sources[system].objects[name], name, frame)
        parts.append(
            frame.where("_corrupt IS NULL").selectExpr(f"'{system}' AS system", f"'{name}' AS object", f"{key} AS key")
        )
    keys = reduce(DataFrame.union, parts).groupBy("system", "object", "key").agg(F.count(F.lit(1)).alias("rows"))
    # Bounded: one row an object.
    counted = (
        keys.groupBy("system", "object").agg(F.count(F.lit(1)).alias("keys"), F.sum("rows").alias("rows")).collect()
    )
    found = {(row["system"], row["object"]): (row["keys"], row["rows"]) for row in counted}
    tally = Tally()
    for system, name in objects:
        current, rows = found.get((system, name), (0, 0))
        content = bronze.contents.get((system, name))
        corrupt = content.corrupt if content else 0
        statuses = {CURRENT: current, SUPERSEDED: rows - current, QUARANTINED: corrupt}
        tally.statuses[system, name] = statuses
        tally.rows_of[system, name] = rows + corrupt
    return tally


def join_only_rejects(config: Config, bronze: Bronze, run_id: str) -> list[DataFrame]:
    """Return quarantine rows of the unreadable rows of these objects."""
    frames = []
    for system, name in join_only_objects(config, bronze):
        frame = bronze.read(system, name)
        content = bronze.contents.get((system, name))
        if frame is not None and content and content.corrupt:
            frames.append(quarantine.rejected_rows(_unreadable(frame, system, name), ENTITY, [UNREADABLE], run_id))
    return frames


def _unreadable(frame: DataFrame, system: str, name: str) -> DataFrame:
    raw = ", ".join(map(quoted, exported_columns(frame)))
    reason = "_corrupt_reason" if "_corrupt_reason" in frame.columns else "CAST(NULL AS STRING)"
    return frame.where("_corrupt IS NOT NULL").selectExpr(
        f"xxhash64('{system}/{name}', _file_hash, _row) AS _rejected_id",
        f"'{system}' AS source_system",
        f"'{name}' AS _object",
        "CAST(NULL AS STRING) AS source_id",
        f"concat('{name}/', substring_index(_file, '/', -1), '#', _row) AS _bronze_ref",
        f"coalesce(_corrupt, to_json(struct({raw}))) AS _raw",
        f"{reason} AS _corrupt_reason",
        "1L AS _broken",
    )


def _key(item: ObjectConfig, name: str, frame: DataFrame) -> str:
    namespace = Namespace(name, exported_columns(frame), {})
    parts = [f"({part.expr})" if part.expr else _column(namespace, part.column or "") for part in item.key]
    return f"xxhash64({', '.join(f'{part}, isnull({part})' for part in parts)})"


def _column(namespace: Namespace, column: str) -> str:
    return quoted(column) if column in namespace.columns else "CAST(NULL AS STRING)"
