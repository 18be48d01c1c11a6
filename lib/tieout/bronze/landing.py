"""How checked files reach their bronze table: each once, whatever happens in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.bronze.exported import CORRUPT, FILE, FILE_HASH, INGESTED_AT, ROW, RUN_ID, SYSTEM_COLUMNS
from tieout.lakehouse.tables import SMALL_DICTIONARIES, Lakehouse
from tieout.platform.session import settings

# Raw strings are read whole by the next step, so statistics on them would cost time and help nobody.
STATISTICS = f"{FILE},{ROW},{FILE_HASH},{RUN_ID}"
# Opening a table for the first time reads its log, which waits more than it works.
OPENED_AT_ONCE = 4
TABLE_SETTINGS = {
    "spark.databricks.delta.properties.defaults.dataSkippingStatsColumns": STATISTICS,
    # Exports have column names with blanks and brackets, which Delta allows only with mapped columns.
    "spark.databricks.delta.properties.defaults.columnMapping.mode": "name",
    **SMALL_DICTIONARIES,
}


@dataclass(frozen=True)
class Landed:
    """What one append wrote: rows, and how many of them are kept as they are in `_corrupt`."""

    rows: int
    corrupt: int


def known_hashes(lake: Lakehouse, table: str, hashes: Iterable[str]) -> set[str]:
    """Return those of `hashes` whose file is already in the bronze table."""
    wanted = list(hashes)
    if not wanted or not lake.exists("bronze", table):
        return set()
    rows = lake.read("bronze", table).where(F.col(FILE_HASH).isin(wanted)).select(FILE_HASH).distinct()
    # Bounded by the number of files asked for.
    return {row[FILE_HASH] for row in rows.collect()}


def with_run(frame: DataFrame, run_id: str, at: datetime) -> DataFrame:
    """Add `_run_id` and `_ingested_at`; the exported columns come first, then Tieout's own."""
    marked = frame.withColumn(RUN_ID, F.lit(run_id)).withColumn(INGESTED_AT, F.lit(at))
    exported = [F.col(f"`{name.replace('`', '``')}`") for name in frame.columns if name not in SYSTEM_COLUMNS]
    return marked.select(*exported, *(F.col(name) for name in SYSTEM_COLUMNS))


def land(lake: Lakehouse, table: str, frame: DataFrame, hashes: Iterable[str]) -> None:
    """Append rows to a bronze table in one commit, which carries a token."""
    lake.append("bronze", table, frame, once=landing_token(table, lake.version("bronze", table), hashes))


def landing_token(table: str, version: int | None, hashes: Iterable[str]) -> str:
    """Return the token of the files' hashes and the version built on: of two runs at the same time one writes."""
    return ":".join([table, str(version), *sorted(hashes)])


def landed(lake: Lakehouse, written: Mapping[str, Iterable[str]]) -> dict[tuple[str, str], Landed]:
    """Count the rows of each (table, content hash); `written` are the hashes by table. One job counts all."""
    if not written:
        return {}
    with ThreadPoolExecutor(OPENED_AT_ONCE) as pool:
        frames = list(pool.map(lambda table: lake.read("bronze", table), written))
    rows = [
        frame.where(F.col(FILE_HASH).isin(list(hashes))).select(
            F.lit(table).alias("table"), FILE_HASH, F.col(CORRUPT).isNotNull().alias("corrupt")
        )
        for frame, (table, hashes) in zip(frames, written.items(), strict=True)
    ]
    counted = reduce(DataFrame.union, rows).groupBy("table", FILE_HASH)
    counts = counted.agg(F.count(F.lit(1)).alias("rows"), F.count_if("corrupt").alias("corrupt"))
    # Bounded by the number of files asked for.
    return {(row["table"], row[FILE_HASH]): Landed(row["rows"], row["corrupt"]) for row in counts.collect()}


def bronze_settings(spark: SparkSession) -> AbstractContextManager[None]:
    """Create bronze tables, while this lasts, with the properties that suit them."""
    return settings(spark, TABLE_SETTINGS)
