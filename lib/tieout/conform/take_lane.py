"""Which rows of a large entity need the JVM? Only those that Spark's workers cannot map by themselves.

On one machine, workers read bronze's files, compute what the mapping's plan says column by column, and write silver's
files. Rows that share their key, that break a rule, or of which it is not certain what Spark would find, are left:
they become a small work of their own, done as any other. Whole entities are left where their plan has something else
than the lane knows, or where tables are elsewhere.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.columnar.plan import NotColumnarError
from tieout.conform.accounts import tally_of_ends
from tieout.conform.bronze import Bronze
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED, key_hash, repeated_keys, with_ends_but_for
from tieout.conform.lane import Lane, plain_struct
from tieout.conform.lane_job import Pipeline, pipeline, run_lane
from tieout.conform.lane_keys import repeated_hashes
from tieout.conform.lane_orders import APART, CONTROL, DECIDING, KEY, Target
from tieout.conform.lane_source import source_of
from tieout.conform.silver import KEYS, SILVER_ONLY, silver_columns
from tieout.conform.work import SENT_ROWS, Spot, Work
from tieout.conform.writing import in_silver
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.session import java, local_path, workers_here
from tieout.sources.exported import bronze_table

log = logging.getLogger(__name__)
# Languages with rules of their own for small letters and capitals, and Spark's switch for Unicode's.
OWN_LETTERS = ("az", "el", "hy", "lt", "nl", "tr")
UNICODE_LETTERS = "spark.sql.icu.caseMappings.enabled"


def take_lane(context: Context, bronze: Bronze, work: Work) -> None:
    """Have an entity's rows mapped by workers, if all is known and here; the work gets its `lane` and its `rest`.

    Only what silver has nothing of yet: Spark finds out what changed.
    """
    lake = context.lake
    if not workers_here(context.spark) or not lake.is_local or not _has_usual_letters(lake) or in_silver(lake, work):
        return
    now = datetime.now(UTC)
    try:
        rows = {spot: _lane_rows(work, spot, context.run.run_id) for spot in work.objects}
        plans = {spot: _pipeline(lake, spot, frame, now) for spot, frame in rows.items()}
        lane = _opened(lake, work.name, rows[work.objects[0]].drop(*CONTROL, *DECIDING))
    except (NotColumnarError, Py4JError, TypeError) as reason:
        log.info("%s is mapped by Spark: %s", work.name, reason)
        return
    if lane is None:
        return
    try:
        contested = _contested(lane, work, list(plans.values()))
        if contested is not None:
            work.rest = _run(lane, bronze, work, plans, contested)
            work.lane = lane
    except PySparkException:
        # Nothing is lost but time: Spark maps what the workers failed at, and says it if it cannot either.
        log.warning("%s could not be mapped by workers, and is mapped by Spark", work.name, exc_info=True)
    if work.lane is None:
        lane.discard()


def _has_usual_letters(lake: Lakehouse) -> bool:
    """Tell whether Spark makes small letters and capitals by Unicode's rules, and by none of a language."""
    language = str(java(lake.spark).packages.java.util.Locale.getDefault().getLanguage())
    return language not in OWN_LETTERS and lake.spark.conf.get(UNICODE_LETTERS, "true") == "true"


def _pipeline(lake: Lakehouse, spot: Spot, rows: DataFrame, now: datetime) -> Pipeline:
    """Return what workers do for one object. Raises NotColumnarError."""
    return pipeline(source_of(lake, bronze_table(*spot)), rows, rows.columns, now)


def _lane_rows(work: Work, spot: Spot, run_id: str) -> DataFrame:
    """Return all rows of one object as if each stood alone, with silver's columns and CONTROL."""
    ended = with_ends_but_for(work.judge_one(spot, None, None), None)
    control = [F.col(name) for name in {**dict.fromkeys(CONTROL), **DECIDING} if name not in (KEY, APART)]
    key = F.when(F.col("source_id").isNotNull(), key_hash()).alias(KEY)
    apart = (F.col("_end") == QUARANTINED).alias(APART)
    columns = [F.expr(sql) for sql in silver_columns(work.entity, run_id)]
    return ended.select(*columns, *control, key, apart)


def _opened(lake: Lakehouse, entity: str, rows: DataFrame) -> Lane | None:
    """Start an append of rows to silver's table, there or not; None where it is not as files are written here."""
    append = lake.append_files("silver", entity)
    kinds = {field.name: str(field.dataType.jsonValue()) for field in rows.schema.fields}
    append.widen(kinds)
    fields = {field.name: field for field in append.fields()}
    if not append.is_known() or any(fields[name].kind != kind for name, kind in kinds.items()):
        return None
    folder = local_path(lake.path("silver", entity))
    scratch = Path(tempfile.mkdtemp(prefix=f"tieout-{entity}-"))
    return Lane(lake.spark, append, Target(folder, fields, tuple(KEYS)), scratch)


def _contested(lane: Lane, work: Work, plans: Sequence[Pipeline]) -> NDArray[np.int64] | None:
    """Return the hashes of keys that several rows have, in order; None for too many."""
    keys = repeated_hashes(lane.spark, plans, lane.scratch / "keys", SENT_ROWS)
    if keys is None:
        log.info("Spark is asked for the keys of %s: workers are not certain of all", work.name)
        found = repeated_keys(work.judged).select("_key").limit(SENT_ROWS + 1).toArrow()
        keys = np.sort(found.column("_key").to_numpy())
    return keys if len(keys) <= SENT_ROWS else None


def _run(
    lane: Lane, bronze: Bronze, work: Work, plans: dict[Spot, Pipeline], contested: NDArray[np.int64]
) -> Work | None:
    """Have the workers map all objects; return the work on what they left."""
    aside: dict[Spot, DataFrame] = {}
    held: list[str] = []
    left = 0
    for spot, plan in plans.items():
        folder = lane.scratch / "__".join(spot)
        done = run_lane(lane.spark, plan, lane.target, folder, contested, (CURRENT, DELETED), len(work.rules))
        lane.files += done.files
        lane.tally.add(tally_of_ends(spot, done.ends, done.firsts, done.broken))
        held += done.held
        left += done.aside_rows + done.held_rows
        if done.aside:
            aside[spot] = _rows_aside(lane, bronze, spot, done.aside)
    if not left:
        return None
    # Held rows have not all columns of judged ones.
    return work.left(aside or {work.objects[0]: _table(bronze, work.objects[0]).limit(0)}, _rows_held(lane, held), left)


def _rows_aside(lane: Lane, bronze: Bronze, spot: Spot, files: list[str]) -> DataFrame:
    """Return the bronze rows of an object that were left, as its table has them."""
    return lane.spark.read.schema(_table(bronze, spot).schema).parquet(*files)


def _table(bronze: Bronze, spot: Spot) -> DataFrame:
    table = bronze.read(*spot)
    assert table is not None
    return table


def _rows_held(lane: Lane, files: list[str]) -> DataFrame | None:
    """Return mapped rows that share their key, as judged rows that break no rule that matters."""
    if not files:
        return None
    kinds = {name: column.kind for name, column in lane.fields.items()} | DECIDING
    rows = lane.spark.read.schema(plain_struct(kinds)).parquet(*files)
    return rows.drop(*SILVER_ONLY).withColumn("_good", F.lit(True))
