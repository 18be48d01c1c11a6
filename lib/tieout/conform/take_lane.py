"""Which rows of a large entity need the JVM? Only those that Spark's workers cannot map by themselves.

On one machine, workers read bronze's files, compute what the mapping's plan says column by column, and write silver's
files. Of some rows it may not be certain what Spark would find: those are left to be mapped by it. Then workers decide
which of the rows that share their key stands. Whole entities are left where their plan has something else than the lane
knows, or where tables are elsewhere.
"""

from __future__ import annotations

import logging
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.columnar.plan import NotColumnarError
from tieout.conform.accounts import Tally, tally_of_ends
from tieout.conform.bronze import Bronze
from tieout.conform.ends import CURRENT, DELETED, QUARANTINED, key_hash, repeated_keys, with_ends_but_for
from tieout.conform.lane import Lane
from tieout.conform.lane_job import Pipeline, hold_frame, pipeline, run_lane, try_lane
from tieout.conform.lane_keys import repeated_hashes
from tieout.conform.lane_orders import CONTROL, DECIDING, END, KEY, PartFile, Sorting, Target
from tieout.conform.lane_settle import settle
from tieout.conform.silver import KEYS, silver_columns
from tieout.conform.work import SENT_ROWS, Spot, Work
from tieout.conform.writing import in_silver
from tieout.context import Context
from tieout.lakehouse import Lakehouse
from tieout.quality.rules import mask
from tieout.session import java, local_path, parallelism, workers_here

log = logging.getLogger(__name__)
# Languages with rules of their own for small letters and capitals, and Spark's switch for Unicode's.
OWN_LETTERS = ("az", "el", "hy", "lt", "nl", "tr")
UNICODE_LETTERS = "spark.sql.icu.caseMappings.enabled"
# Of rows that share their key about so many are settled by one task, and never more than so many.
PART_ROWS, MOST_PART_ROWS = 250_000, 4_000_000
# Rows that are not certain are mapped twice.
MOST_DOUBTED = 0.2


def take_lane(context: Context, bronze: Bronze, work: Work) -> None:
    """Have an entity's rows mapped by workers, if all is known and here; the work gets its `lane`.

    Only what silver has nothing of yet: Spark finds out what changed.
    """
    lake = context.lake
    if not workers_here(context.spark) or not lake.is_local or not _has_usual_letters(lake) or in_silver(lake, work):
        return
    now = datetime.now(UTC)
    try:
        rows = {spot: _lane_rows(work, spot, context.run.run_id) for spot in work.objects}
        plans = {spot: pipeline(bronze.source(*spot), frame, frame.columns, now) for spot, frame in rows.items()}
        lane = _opened(lake, work.name, rows[work.objects[0]].drop(*CONTROL, *DECIDING))
    except (NotColumnarError, Py4JError, TypeError) as reason:
        log.info("%s is mapped by Spark: %s", work.name, reason)
        return
    if lane is None:
        return
    try:
        contested = _contested(lane, work, list(plans.values())) if _is_worth_it(lane, work, plans) else None
        if contested is not None and _run(lane, context, bronze, work, plans, contested):
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


def _lane_rows(work: Work, spot: Spot, run_id: str, bronze: DataFrame | None = None) -> DataFrame:
    """Return rows of one object, all or these, as if each stood alone, with silver's columns, CONTROL and DECIDING."""
    ended = with_ends_but_for(work.judge_one(spot, None, bronze), None)
    control = [F.col(name) for name in {**dict.fromkeys(CONTROL), **DECIDING} if name != KEY]
    key = F.when(F.col("source_id").isNotNull(), key_hash()).alias(KEY)
    columns = [F.expr(sql) for sql in silver_columns(work.entity, run_id)]
    return ended.select(*columns, *control, key)


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


def _is_worth_it(lane: Lane, work: Work, plans: Mapping[Spot, Pipeline]) -> bool:
    """Tell whether workers are certain of most rows, as far as each object's first ones tell."""
    for spot, plan in plans.items():
        doubted = try_lane(lane.spark, plan, lane.folder(spot))
        if doubted > MOST_DOUBTED:
            told = "%s is mapped by Spark: workers are not certain of %.0f %% of %s %s"
            log.info(told, work.name, 100 * doubted, *spot)
            return False
    return True


def _contested(lane: Lane, work: Work, plans: Sequence[Pipeline]) -> NDArray[np.int64] | None:
    """Return the hashes of keys that several rows have, in order; None for too many."""
    keys = repeated_hashes(lane.spark, plans, lane.scratch / "keys", SENT_ROWS)
    if keys is None:
        log.info("Spark is asked for the keys of %s: workers are not certain of all", work.name)
        found = repeated_keys(work.judged).select("_key").limit(SENT_ROWS + 1).toArrow()
        keys = np.sort(found.column("_key").to_numpy())
    return keys if len(keys) <= SENT_ROWS else None


def _run(
    lane: Lane,
    context: Context,
    bronze: Bronze,
    work: Work,
    plans: dict[Spot, Pipeline],
    contested: NDArray[np.int64],
) -> bool:
    """Have all rows mapped, by Spark where workers are not certain, and settled; tell whether this was possible."""
    count = max(parallelism(lane.spark), -(-2 * len(contested) // PART_ROWS))
    sorting = Sorting((CURRENT, DELETED), (QUARANTINED,), count, len(work.rules))
    parts: defaultdict[int, list[PartFile]] = defaultdict(list)
    for spot, plan in plans.items():
        folder = lane.folder(spot)
        done = run_lane(lane.spark, plan, lane.target, folder, contested, sorting)
        lane.files += done.files
        lane.bad += done.bad
        lane.tally.add(tally_of_ends(spot, done.ends, done.firsts, done.broken))
        held = [done.parts]
        if done.aside:
            log.info("%s: Spark maps %d rows of %s %s", work.name, done.aside_rows, *spot)
            rows = _lane_rows(work, spot, context.run.run_id, _rows_aside(lane, bronze, spot, done.aside))
            held.append(hold_frame(rows.drop(END), lane.target, folder, count))
        for files in held:
            for part, more in files.items():
                parts[part] += more
    return _settle(lane, work, list(parts.values()))


def _settle(lane: Lane, work: Work, parts: Sequence[Sequence[PartFile]]) -> bool:
    """Have it decided which rows of the parts stand; tell whether they are few enough."""
    most = max((sum(file.rows for file in files) for files in parts), default=0)
    if most > MOST_PART_ROWS:
        log.info("%s is mapped by Spark: there are keys that very many rows have", work.name)
        return False
    files = [[file.path for file in part] for part in parts]
    for done in settle(lane.spark, files, lane.target, lane.scratch, mask(work.rules), len(work.rules)):
        lane.files += [done.file] if done.file is not None else []
        lane.bad += [done.bad] if done.bad is not None else []
        for one in done.counts:
            lane.tally.add(tally_of_ends((one.system, one.object), {one.end: one.rows}, one.firsts, {}))
        lane.tally.add(Tally(broken=done.broken))
    return True


def _rows_aside(lane: Lane, bronze: Bronze, spot: Spot, files: list[str]) -> DataFrame:
    """Return the bronze rows of an object that were left, as its table has them."""
    table = bronze.read(*spot)
    assert table is not None
    return lane.spark.read.schema(table.schema).parquet(*files)
