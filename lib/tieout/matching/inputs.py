"""Any one or two files as records to match."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.errors import SourceError, UsageError
from tieout.matching.local_parquet import LocalRecords, open_all
from tieout.matching.profile import guess_id
from tieout.session import workers_here

SAMPLE, HEAD = 20_000, 5_000
LEFT_NAMES, RIGHT_NAMES = ("id_l", "left_id", "id_left", "left"), ("id_r", "right_id", "id_right", "right")


@dataclass(frozen=True)
class Inputs:
    """Records of one or two files: record_id, source, `_id` (the file's own id) and the columns as text.

    `local` are the same records, where the workers can read them without Spark.
    """

    records: DataFrame
    id_column: str | None
    sources: list[str]
    local: LocalRecords | None = None

    def keys(self) -> pa.Table:
        """Return record_id, source and `_id` of all records in memory; the caller knows that they fit.

        Raises SourceError where two records have one id.
        """
        found = self.local.keys() if self.local else self.records.select("record_id", "source", "_id").toArrow()
        ids = found.column("record_id").to_numpy()
        first = np.sort(ids)
        again = first[1:][first[1:] == first[:-1]]
        if len(again):
            self._complain(found.slice(int(np.flatnonzero(ids == again[0])[0]), 1).to_pylist()[0])
        return found

    def check_keys(self) -> None:
        """Raise SourceError where two records have one id. Runs one Spark job."""
        named = F.first("source").alias("source"), F.first("_id").alias("_id")
        again = (
            self.records.groupBy("record_id").agg(F.count("*").alias("records"), *named).where("records > 1").first()
        )
        if again:
            self._complain(again.asDict())

    def _complain(self, record: dict[str, Any]) -> None:
        own = "nothing" if record["_id"] is None else repr(record["_id"])
        raise SourceError(
            f"{record['source']}: several records have {own} in {self.id_column!r}, which names each record; "
            "correct the file, or name another column as `id:` of a config"
        )


def read_file(spark: SparkSession, path: str) -> DataFrame:
    """Read a CSV or Parquet file or folder, every column as text. Raises SourceError when it cannot."""
    try:
        if ".csv" in path.lower() or ".tsv" in path.lower() or list(Path(path).glob("*.csv")):
            options = {"header": "true", "multiLine": "true", "escape": '"', "mode": "FAILFAST"}
            frame = spark.read.options(**options, sep="\t" if ".tsv" in path.lower() else ",").csv(path)
        else:
            frame = spark.read.parquet(path)
        return frame.select([F.col(f"`{name}`").cast("string").alias(name) for name in frame.columns])
    except (PySparkException, Py4JJavaError) as error:
        raise SourceError(f"{path}: cannot be read as CSV or Parquet: {str(error).splitlines()[0]}") from error


def read_inputs(spark: SparkSession, left: str, right: str | None, id_column: str | None) -> Inputs:
    """Read the files to match. Two files must share columns; an id column is found when none is given.

    Raises SourceError for an unreadable file, UsageError where files share no column.
    """
    local = _local(spark, left, right, id_column)
    if local is not None:
        return local
    frames = [read_file(spark, path) for path in (left, right) if path is not None]
    names = source_names(left, right)
    shared = [name for name in frames[0].columns if all(name in frame.columns for frame in frames)]
    if not shared:
        raise UsageError(f"{left} and {right} share no column name; rename columns or give a config")
    if id_column is None:
        head = frames[0].select(shared).limit(HEAD).toPandas()  # bounded by the limit
        id_column = guess_id(shared, head)
    if id_column is not None and id_column not in shared:
        raise UsageError(f"{left}: no column {id_column!r} for the id; there are {', '.join(shared)}")
    parts = [_records(frame.select(shared), name, id_column) for frame, name in zip(frames, names, strict=True)]
    return Inputs(_together(parts), id_column, names)


def _local(spark: SparkSession, left: str, right: str | None, id_column: str | None) -> Inputs | None:
    """Return the files where they are local Parquet files of plain columns, among them the one of the ids."""
    if id_column is None or not workers_here(spark):
        return None
    opened = open_all(left, right)
    if opened is None or id_column not in opened[1]:
        return None
    files, shared = opened
    names = source_names(left, right)
    named = list(zip(names, files, strict=True))
    parts = [_records(file.frame(spark, shared), name, id_column) for name, file in named]
    return Inputs(_together(parts), id_column, names, LocalRecords(spark, tuple(named), id_column))


def _together(parts: list[DataFrame]) -> DataFrame:
    return parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1])


def source_names(left: str, right: str | None) -> list[str]:
    """Return what to call the files as sources: what they are called, if that tells them apart."""
    stems = [Path(path).name.split(".")[0] or "left" for path in (left, right) if path is not None]
    return ["left", "right"] if len(stems) == 2 and stems[0] == stems[1] else stems


def _records(frame: DataFrame, source: str, id_column: str | None) -> DataFrame:
    own = F.col(f"`{id_column}`") if id_column else F.monotonically_increasing_id().cast("string")
    named = frame.withColumn("_id", own).withColumn("source", F.lit(source))
    return named.withColumn("record_id", F.xxhash64("source", "_id"))


def sample_of(records: DataFrame, total: int, seed: int = 1) -> pd.DataFrame:
    """Return a random sample of the records to look at, without their keys."""
    share = min(1.0, 1.1 * SAMPLE / max(total, 1))
    chosen = records if share >= 1 else records.sample(fraction=share, seed=seed)
    # Bounded: about SAMPLE rows.
    return chosen.drop("record_id", "_id").limit(SAMPLE).toArrow().to_pandas()  # type: ignore[no-any-return]


YES, NO = ("true", "1", "yes", "y", "match"), ("false", "0", "no", "n", "no_match")


def read_labels(spark: SparkSession, path: str, inputs: Inputs) -> DataFrame:
    """Read people's answers on pairs: columns `id_l`, `id_r` and `match` (yes or no).

    Returns id_l < id_r (record ids) and match boolean; rows with another answer are left out. Raises
    UsageError for other columns.
    """
    frame = read_file(spark, path)
    left, right, match = (
        column_named(frame, LEFT_NAMES),
        column_named(frame, RIGHT_NAMES),
        column_named(frame, ("match", "verdict")),
    )
    if not (left and right and match):
        raise UsageError(f"{path}: labels have columns id_l, id_r, match; found {', '.join(frame.columns)}")
    word = F.lower(F.trim(F.col(f"`{match}`")))
    said = F.when(word.isin(*YES), True).when(word.isin(*NO), False).alias("match")
    ends = [record_of(left, inputs.sources[0]), record_of(right, inputs.sources[-1])]
    told = frame.select(F.least(*ends).alias("id_l"), F.greatest(*ends).alias("id_r"), said)
    return told.where("match IS NOT NULL AND id_l <> id_r").dropDuplicates(["id_l", "id_r"])


def record_of(column: str, source: str) -> Column:
    """Return the record id of the record of a source whose own id a column has."""
    return F.xxhash64(F.lit(source), F.col(f"`{column}`"))


def column_named(frame: DataFrame, names: tuple[str, ...]) -> str | None:
    """Return the column that has one of these names, whatever its case."""
    lower = {name.lower(): name for name in frame.columns}
    return next((lower[name.lower()] for name in names if name.lower() in lower), None)
