"""How do any two files become records to match, and a file of known answers the truth?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.errors import SourceError, UsageError
from tieout.matching.profile import guess_id

SAMPLE, HEAD = 20_000, 5_000
LEFT_NAMES, RIGHT_NAMES = ("id_l", "left_id", "id_left", "left"), ("id_r", "right_id", "id_right", "right")
CLUSTER_NAMES = ("cluster", "cluster_id", "true_id", "entity", "entity_id", "group")


@dataclass(frozen=True)
class Inputs:
    """Records of one or two files: record_id, source, `_id` (the file's own id) and the columns as text."""

    records: DataFrame
    id_column: str | None
    sources: list[str]


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
    return Inputs(parts[0] if len(parts) == 1 else parts[0].unionByName(parts[1]), id_column, names)


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


@dataclass(frozen=True)
class Truth:
    """Known answers: `clusters` (record_id, true_id bigint) or `pairs` (id_l, id_r as record ids).

    Ids may be of no record, and a record may be named twice. `rows` is the number of rows of the file.
    """

    clusters: DataFrame | None
    pairs: DataFrame | None
    rows: int


def read_truth(spark: SparkSession, path: str, inputs: Inputs) -> Truth:
    """Read a truth file: `id_l, id_r`, a pair a row, or `id, cluster`, a record a row.

    Raises UsageError for other columns.
    """
    frame = read_file(spark, path)
    left, right = _named(frame, LEFT_NAMES), _named(frame, RIGHT_NAMES)
    if left and right:
        return Truth(None, _pairs(frame, left, right, inputs.sources), frame.count())
    cluster = _named(frame, CLUSTER_NAMES)
    own = _named(frame, (inputs.id_column or "id", "id", "record_id", "source_id", "unique_id"))
    if cluster is None or own is None:
        found = ", ".join(frame.columns)
        raise UsageError(f"{path}: truth has columns id_l, id_r or id, cluster; found {found}")
    source = _named(frame, ("source", "source_system"))
    # Where the source is not told, an id may be of either; the ids of no record find no partner.
    ids = F.xxhash64(F.col(f"`{source}`"), F.col(f"`{own}`")) if source else _record_of_any(own, inputs.sources)
    # A number is aggregated by hash, a text by sorting.
    known = frame.where(F.col(f"`{own}`").isNotNull())
    true = known.select(ids.alias("record_id"), F.xxhash64(F.col(f"`{cluster}`")).alias("true_id"))
    return Truth(true, None, frame.count())


def _record_of_any(column: str, sources: list[str]) -> Column:
    return F.explode(F.array(*(_record(column, source) for source in sources)))


YES, NO = ("true", "1", "yes", "y", "match"), ("false", "0", "no", "n", "no_match")


def read_labels(spark: SparkSession, path: str, inputs: Inputs) -> DataFrame:
    """Read people's answers on pairs: columns `id_l`, `id_r` and `match` (yes or no).

    Returns id_l < id_r (record ids) and match boolean; rows with another answer are left out. Raises
    UsageError for other columns.
    """
    frame = read_file(spark, path)
    left, right, match = _named(frame, LEFT_NAMES), _named(frame, RIGHT_NAMES), _named(frame, ("match", "verdict"))
    if not (left and right and match):
        raise UsageError(f"{path}: labels have columns id_l, id_r, match; found {', '.join(frame.columns)}")
    word = F.lower(F.trim(F.col(f"`{match}`")))
    said = F.when(word.isin(*YES), True).when(word.isin(*NO), False).alias("match")
    ends = [_record(left, inputs.sources[0]), _record(right, inputs.sources[-1])]
    told = frame.select(F.least(*ends).alias("id_l"), F.greatest(*ends).alias("id_r"), said)
    return told.where("match IS NOT NULL AND id_l <> id_r").dropDuplicates(["id_l", "id_r"])


def _record(column: str, source: str) -> Column:
    return F.xxhash64(F.lit(source), F.col(f"`{column}`"))


def _named(frame: DataFrame, names: tuple[str, ...]) -> str | None:
    lower = {name.lower(): name for name in frame.columns}
    return next((lower[name.lower()] for name in names if name.lower() in lower), None)


def _pairs(frame: DataFrame, left: str, right: str, sources: list[str]) -> DataFrame:
    return frame.select(_record(left, sources[0]).alias("id_l"), _record(right, sources[-1]).alias("id_r"))
