"""A file of known answers as the truth that clusters and pairs are measured by."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.matching.inputs import LEFT_NAMES, RIGHT_NAMES, Inputs, column_named, record_of
from tieout.platform.sql import quoted

CLUSTER_NAMES = ("cluster", "cluster_id", "true_id", "entity", "entity_id", "group")


@dataclass(frozen=True)
class Truth:
    """Known answers: `clusters` (record_id, true_id bigint) or `pairs` (id_l, id_r as record ids).

    Ids may be of no record, and a record may be named twice.
    """

    clusters: DataFrame | None = None
    pairs: DataFrame | None = None


def read_truth(frame: DataFrame, path: str, inputs: Inputs) -> Truth:
    """Read the texts of a truth file: `id_l, id_r`, a pair a row, or `id, cluster`, a record a row.

    Raises UsageError for other columns.
    """
    left, right = column_named(frame, LEFT_NAMES), column_named(frame, RIGHT_NAMES)
    if left and right:
        ends = [record_of(left, inputs.sources[0]), record_of(right, inputs.sources[-1])]
        return Truth(pairs=frame.select(ends[0].alias("id_l"), ends[1].alias("id_r")))
    cluster = column_named(frame, CLUSTER_NAMES)
    own = column_named(frame, (inputs.id_column, "id", "record_id", "source_id", "unique_id"))
    if cluster is None or own is None:
        found = ", ".join(frame.columns)
        raise UsageError(f"{path}: truth has columns id_l, id_r or id, cluster; found {found}")
    return Truth(
        clusters=_clusters(frame, own, cluster, column_named(frame, ("source", "source_system")), inputs.sources)
    )


def _clusters(frame: DataFrame, own: str, cluster: str, source: str | None, sources: list[str]) -> DataFrame:
    # Where the source is not told, an id may be of either; the ids of no record find no partner.
    ids = F.xxhash64(quoted(source), quoted(own)) if source else _record_of_any(own, sources)
    # A number is aggregated by hash, a text by sorting.
    known = frame.where(F.col(quoted(own)).isNotNull())
    return known.select(ids.alias("record_id"), F.xxhash64(quoted(cluster)).alias("true_id"))


def _record_of_any(column: str, sources: list[str]) -> Column:
    return F.explode(F.array(*(record_of(column, source) for source in sources)))
