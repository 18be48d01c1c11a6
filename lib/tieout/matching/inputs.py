"""Any one or two files as records to match, with the ids that name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.errors import SourceError, UsageError
from tieout.matching.prepare.local_parquet import LocalParquet, LocalRecords, quoted
from tieout.platform.rows import arrow_frame
from tieout.platform.session import spark_errors, workers_here

SAMPLE, HEAD = 20_000, 5_000
SHOWN_IDS = 3
LEFT_NAMES, RIGHT_NAMES = ("id_l", "left_id", "id_left", "left"), ("id_r", "right_id", "id_right", "right")


@dataclass(frozen=True)
class Inputs:
    """Records of one or two files: record_id, source, `_id` (the file's own id) and the columns as text.

    `local` are the same records, where the workers can read them without Spark. `own_ids` has what the sources call
    the id, where that is not `id_column`.
    """

    records: DataFrame
    id_column: str | None
    sources: list[str]
    local: LocalRecords | None = None
    own_ids: Mapping[str, str] = field(default_factory=dict)

    def keys(self) -> pa.Table:
        """Return record_id, source and `_id` of all records in memory; the caller knows that they fit.

        Raises UsageError where two records have one id.
        """
        found = self.local.keys() if self.local else self.records.select("record_id", "source", "_id").toArrow()
        ids = found.column("record_id").to_numpy()
        sorted_ids = np.sort(ids)
        again = np.unique(sorted_ids[1:][sorted_ids[1:] == sorted_ids[:-1]])
        if len(again):
            # In the order of the file; a few are shown.
            repeated = pd.Series(found.filter(pa.array(np.isin(ids, again)))["record_id"].to_numpy()).unique()
            shown = [found.slice(int(np.flatnonzero(ids == one)[0]), 1).to_pylist()[0] for one in repeated[:SHOWN_IDS]]
            self._complain(shown, len(again))
        return found

    def some(self, ids: NDArray[np.int64], names: Sequence[str]) -> pa.Table:
        """Return record_id, source, `_id` and these columns of the records with these ids, which fit in memory."""
        if self.local:
            return self.local.some(ids, names)
        spark = self.records.sparkSession
        wanted = F.broadcast(arrow_frame(spark, pa.table({"record_id": pa.array(ids)})))
        columns = [quoted(name) for name in ("record_id", "source", "_id", *names)]
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
        raise UsageError(
            f"{records[0]['source']}: several records have {own}{more} in {self.called(records[0]['source'])!r}, which "
            "names each record; correct the file, or name another column as `id:` of a config"
        )

    def called(self, source: str) -> str | None:
        """Return what a source's file calls the id."""
        return self.own_ids.get(source, self.id_column)


def read_file(spark: SparkSession, path: str) -> DataFrame:
    """Read a CSV or Parquet file or folder, every column as text. Raises SourceError when it cannot."""
    try:
        with spark_errors():
            if ".csv" in path.lower() or ".tsv" in path.lower() or list(Path(path).glob("*.csv")):
                options = {"header": "true", "multiLine": "true", "escape": '"', "mode": "FAILFAST"}
                frame = spark.read.options(**options, sep="\t" if ".tsv" in path.lower() else ",").csv(path)
            else:
                frame = spark.read.parquet(path)
            return frame.select([quoted(name).cast("string").alias(name) for name in frame.columns])
    except PySparkException as error:
        raise SourceError(f"{path}: cannot be read as CSV or Parquet: {str(error).splitlines()[0]}") from error


def local_inputs(spark: SparkSession, files: Sequence[tuple[str, LocalParquet]], id_column: str) -> Inputs:
    """Return the records of local Parquet files, by source, that share their columns; `id_column` names each record.

    Workers on this machine read them without Spark; elsewhere Spark reads them from where they are.
    """
    names = [name for name in files[0][1].names if all(name in file.names for _, file in files)]
    parts = [_records(file.frame(spark, names), source, id_column) for source, file in files]
    local = LocalRecords(spark, tuple(files), id_column) if workers_here(spark) else None
    return Inputs(_together(parts), id_column, [source for source, _ in files], local)


def spark_inputs(frames: Sequence[tuple[str, DataFrame]], id_column: str | None) -> Inputs:
    """Return the records of frames of texts, by source, that share their columns.

    Without `id_column`, ids are those of Spark, and another run's may be others.
    """
    parts = [_records(frame, source, id_column) for source, frame in frames]
    return Inputs(_together(parts), id_column, [source for source, _ in frames])


def _together(parts: list[DataFrame]) -> DataFrame:
    return parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])


def source_names(left: str, right: str | None) -> list[str]:
    """Return what to call the files as sources: what they are called, if that tells them apart."""
    stems = [Path(path).name.split(".")[0] or "left" for path in (left, right) if path is not None]
    return ["left", "right"] if len(stems) == 2 and stems[0] == stems[1] else stems


def _records(frame: DataFrame, source: str, id_column: str | None) -> DataFrame:
    own = quoted(id_column) if id_column else F.monotonically_increasing_id().cast("string")
    named = frame.withColumn("_id", own).withColumn("source", F.lit(source))
    return named.withColumn("record_id", F.xxhash64("source", "_id"))


def sample_of(records: DataFrame, total: int, seed: int = 1) -> pd.DataFrame:
    """Return a random sample of the records to look at, without their keys."""
    share = min(1.0, 1.1 * SAMPLE / max(total, 1))
    chosen = records if share >= 1 else records.sample(fraction=share, seed=seed)
    # Bounded: about SAMPLE rows.
    return chosen.drop("record_id", "_id").limit(SAMPLE).toArrow().to_pandas()  # type: ignore[no-any-return]


YES, NO = ("true", "1", "yes", "y", "match"), ("false", "0", "no", "n", "no_match")


def read_labels(spark: SparkSession, path: str, inputs: Inputs, local: LocalParquet | None = None) -> DataFrame:
    """Read people's answers on pairs: columns `id_l`, `id_r` and `match` (yes or no). `local` is the file, if local.

    Returns id_l < id_r (record ids) and match boolean; rows with another answer are left out. Raises
    UsageError for other columns.
    """
    frame = read_file(spark, path) if local is None else frame_of(spark, local)
    left, right, match = (
        column_named(frame, LEFT_NAMES),
        column_named(frame, RIGHT_NAMES),
        column_named(frame, ("match", "verdict")),
    )
    if not (left and right and match):
        raise UsageError(f"{path}: labels have columns id_l, id_r, match; found {', '.join(frame.columns)}")
    word = F.lower(F.trim(quoted(match)))
    said = F.when(word.isin(*YES), True).when(word.isin(*NO), False).alias("match")
    ends = [record_of(left, inputs.sources[0]), record_of(right, inputs.sources[-1])]
    told = frame.select(F.least(*ends).alias("id_l"), F.greatest(*ends).alias("id_r"), said)
    return told.where("match IS NOT NULL AND id_l <> id_r").dropDuplicates(["id_l", "id_r"])


def frame_of(spark: SparkSession, file: LocalParquet) -> DataFrame:
    """Return all columns of a local file; where workers are elsewhere, its rows are sent to them."""
    if workers_here(spark):
        return file.frame(spark, file.names)
    return arrow_frame(spark, file.table(file.names))


def record_of(column: str, source: str) -> Column:
    """Return the record id of the record of a source whose own id a column has."""
    return F.xxhash64(F.lit(source), quoted(column))


def column_named(frame: DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the column that has one of these names, whatever its case."""
    lower = {name.lower(): name for name in frame.columns}
    return next((lower[name.lower()] for name in names if name.lower() in lower), None)
