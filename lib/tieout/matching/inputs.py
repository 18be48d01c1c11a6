"""Any one or two files as records to match, with the ids that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.errors import UsageError
from tieout.platform.rows import arrow_frame, stacked
from tieout.platform.sql import quoted

SHOWN_IDS = 3
LEFT_NAMES, RIGHT_NAMES = ("id_l", "left_id", "id_left", "left"), ("id_r", "right_id", "id_right", "right")
YES, NO = ("true", "1", "yes", "y", "match"), ("false", "0", "no", "n", "no_match")


@dataclass(frozen=True)
class Inputs:
    """Records of one or two files: record_id, source, `_id` (the file's own id) and the columns as text.

    `sizes` are the numbers of records by source, in the order of the files. `own_ids` has what the sources call the
    id, where that is not `id_column`.
    """

    records: DataFrame
    id_column: str
    sizes: Mapping[str, int]
    own_ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def sources(self) -> list[str]:
        """Return what the files are called."""
        return list(self.sizes)

    def some(self, ids: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return record_id, source, `_id` and these columns of the records with these ids, which fit in memory."""
        spark = self.records.sparkSession
        wanted = F.broadcast(arrow_frame(spark, pa.table({"record_id": pa.array(ids)})))
        columns = [F.col(quoted(name)) for name in ("record_id", "source", "_id", *names)]
        return self.records.join(wanted, "record_id", "left_semi").select(*columns).toArrow()

    def check_keys(self) -> None:
        """Raise UsageError where two records have one id. Runs one Spark job."""
        named = F.first("source").alias("source"), F.first("_id").alias("_id")
        again = self.records.groupBy("record_id").agg(F.count("*").alias("records"), *named).where("records > 1")
        # Bounded: the ids that are shown.
        shown = again.orderBy("source", "_id").limit(SHOWN_IDS).collect()
        if shown:
            self._complain([row.asDict() for row in shown], again.count())

    def _complain(self, records: Sequence[dict[str, Any]], total: int) -> None:
        own = ", ".join("nothing" if one["_id"] is None else repr(one["_id"]) for one in records)
        more = f" and {total - len(records):,} more ids" if total > len(records) else ""
        source = records[0]["source"]
        raise UsageError(
            f"{source}: several records have {own}{more} in {self.own_ids.get(source, self.id_column)!r}, which "
            "names each record; correct the file, or name another column as `id:` of a config"
        )


def inputs_of(
    frames: Mapping[str, DataFrame], id_column: str, sizes: Mapping[str, int], own_ids: Mapping[str, str]
) -> Inputs:
    """Return the records of frames of texts, by source, that have the same columns; `id_column` names each record."""
    parts = [
        frame.withColumn("_id", F.col(quoted(id_column)))
        .withColumn("source", F.lit(source))
        .withColumn("record_id", F.xxhash64("source", "_id"))
        for source, frame in frames.items()
    ]
    return Inputs(stacked(parts), id_column, sizes, own_ids)


def source_names(left: str, right: str | None) -> list[str]:
    """Return what to call the files as sources: what they are called, if that tells them apart."""
    stems = [Path(path).name.split(".")[0] or "left" for path in (left, right) if path is not None]
    return ["left", "right"] if len(stems) == 2 and stems[0] == stems[1] else stems


def read_labels(frame: DataFrame, path: str, inputs: Inputs) -> DataFrame:
    """Read people's answers on pairs, the texts of the file at `path`: columns `id_l`, `id_r` and `match` (yes or no).

    Returns id_l < id_r (record ids) and match boolean; rows with another answer are left out. Raises
    UsageError for other columns.
    """
    left, right, match = (
        column_named(frame, LEFT_NAMES),
        column_named(frame, RIGHT_NAMES),
        column_named(frame, ("match", "verdict")),
    )
    if not (left and right and match):
        raise UsageError(f"{path}: labels have columns id_l, id_r, match; found {', '.join(frame.columns)}")
    word = F.lower(F.trim(F.col(quoted(match))))
    said = F.when(word.isin(*YES), True).when(word.isin(*NO), False).alias("match")
    ends = [record_of(left, inputs.sources[0]), record_of(right, inputs.sources[-1])]
    told = frame.select(F.least(*ends).alias("id_l"), F.greatest(*ends).alias("id_r"), said)
    return told.where("match IS NOT NULL AND id_l <> id_r").dropDuplicates(["id_l", "id_r"])


def record_of(column: str, source: str) -> Column:
    """Return the record id of the record of a source whose own id a column has."""
    return F.xxhash64(F.lit(source), F.col(quoted(column)))


def column_named(frame: DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the column that has one of these names, whatever its case."""
    lower = {name.lower(): name for name in frame.columns}
    return next((lower[name.lower()] for name in names if name.lower() in lower), None)
