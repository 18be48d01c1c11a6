"""A file of known answers as the truth that clusters and pairs are measured by."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.matching.inputs import LEFT_NAMES, RIGHT_NAMES, Inputs, column_named, frame_of, read_file, record_of
from tieout.matching.prepare.local_parquet import LocalParquet, all_of, quoted
from tieout.platform.spark_hash import xxhash64

CLUSTER_NAMES = ("cluster", "cluster_id", "true_id", "entity", "entity_id", "group")
Tables = tuple[pa.Table | None, pa.Table | None]


@dataclass(frozen=True)
class Truth:
    """Known answers: `clusters` (record_id, true_id bigint) or `pairs` (id_l, id_r as record ids).

    Ids may be of no record, and a record may be named twice. `rows` is the number of rows of the file, `here` reads
    it without Spark where that is possible.
    """

    clusters: DataFrame | None
    pairs: DataFrame | None
    rows: int
    here: Callable[[], Tables] | None = None

    def fetch(self) -> Tables:
        """Return clusters and pairs as Arrow tables; the caller knows that they fit."""
        if self.here is not None:
            return self.here()
        with ThreadPoolExecutor(2) as beside:
            clusters, pairs = beside.map(_fetched, (self.clusters, self.pairs))
        return clusters, pairs


def _fetched(frame: DataFrame | None) -> pa.Table | None:
    return None if frame is None else frame.toArrow()  # bounded by the caller of `fetch`


def read_truth(spark: SparkSession, path: str, inputs: Inputs, local: LocalParquet | None = None) -> Truth:
    """Read a truth file: `id_l, id_r`, a pair a row, or `id, cluster`, a record a row. `local` is the file, if local.

    Raises UsageError for other columns.
    """
    frame = read_file(spark, path) if local is None else frame_of(spark, local)
    rows = frame.count() if local is None else local.rows
    left, right = column_named(frame, LEFT_NAMES), column_named(frame, RIGHT_NAMES)
    if left and right:
        here = None if local is None else lambda: (None, _pairs_here(local, left, right, inputs.sources))
        ends = [record_of(left, inputs.sources[0]), record_of(right, inputs.sources[-1])]
        return Truth(None, frame.select(ends[0].alias("id_l"), ends[1].alias("id_r")), rows, here)
    cluster = column_named(frame, CLUSTER_NAMES)
    own = column_named(frame, (inputs.id_column or "id", "id", "record_id", "source_id", "unique_id"))
    if cluster is None or own is None:
        found = ", ".join(frame.columns)
        raise UsageError(f"{path}: truth has columns id_l, id_r or id, cluster; found {found}")
    source = column_named(frame, ("source", "source_system"))
    here = None if local is None else lambda: (_clusters_here(local, own, cluster, source, inputs.sources), None)
    return Truth(_clusters(frame, own, cluster, source, inputs.sources), None, rows, here)


def _clusters(frame: DataFrame, own: str, cluster: str, source: str | None, sources: list[str]) -> DataFrame:
    # Where the source is not told, an id may be of either; the ids of no record find no partner.
    ids = F.xxhash64(quoted(source), quoted(own)) if source else _record_of_any(own, sources)
    # A number is aggregated by hash, a text by sorting.
    known = frame.where(quoted(own).isNotNull())
    return known.select(ids.alias("record_id"), F.xxhash64(quoted(cluster)).alias("true_id"))


def _record_of_any(column: str, sources: list[str]) -> Column:
    return F.explode(F.array(*(record_of(column, source) for source in sources)))


def _clusters_here(file: LocalParquet, own: str, cluster: str, source: str | None, sources: list[str]) -> pa.Table:
    """Return what `_clusters` does, from a local file."""
    table = file.table(list(dict.fromkeys([own, cluster, *([source] if source else [])])))
    table = table.filter(table.column(own).is_valid())
    true = pa.array(xxhash64(table.column(cluster)))
    named = [table.column(source)] if source else [all_of(one, table.num_rows) for one in sources]
    parts = [{"record_id": pa.array(xxhash64(one, table.column(own))), "true_id": true} for one in named]
    return pa.concat_tables([pa.table(part) for part in parts])


def _pairs_here(file: LocalParquet, left: str, right: str, sources: list[str]) -> pa.Table:
    table = file.table([left, right])
    ends = {"id_l": (sources[0], left), "id_r": (sources[-1], right)}
    hashes = {end: xxhash64(all_of(one, table.num_rows), table.column(name)) for end, (one, name) in ends.items()}
    return pa.table({end: pa.array(found) for end, found in hashes.items()})
