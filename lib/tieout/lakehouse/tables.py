"""Delta tables: where they are, and how they are written so that a job may be killed and run again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from tieout.errors import UsageError
from tieout.platform.connect import analysed
from tieout.platform.rows import frame_of
from tieout.platform.session import local_path, no_pattern
from tieout.platform.sql import braced, quoted

LAYERS = ("bronze", "silver", "match", "gold", "ops")
# Bytes. Values of which there are few kinds fit a dictionary of this size; others soon do not, and are then no longer
# looked up in it: that costs a fifth of writing ten million rows of 41 columns, and saves no space.
DICTIONARY_BYTES = 64 * 1024
SMALL_DICTIONARIES = {"parquet.dictionary.page.size": str(DICTIONARY_BYTES)}
# A commit's file in a table's log; compacted logs and checkpoints have other names.
COMMIT_FILE = r"^[0-9]{20}\.json$"
# Delta's condition for a path that holds no Delta table.
NO_TABLE = "DELTA_MISSING_DELTA_TABLE"
# Delta's conditions of a commit that another one overtook. Its classes for them have no base but Spark's, and tell
# their condition in words only.
CONFLICT = re.compile(r"\[DELTA_(CONCURRENT_\w+|METADATA_CHANGED|PROTOCOL_CHANGED)\b")
# A catalog is asked table by table, and each answer is waited for.
ASKED_AT_ONCE = 4

# In place of a table's name: the names of all of a layer.
ALL = "*"
Table = tuple[str, str]
"""A layer and the name of a table in it."""


@dataclass(frozen=True)
class Commit:
    """A table's newest commit: its version, when it was made (UTC) and, under a root, the bytes of its file.

    As text it is told apart from every other commit of the table, also after the table was made anew.
    """

    version: int
    at: datetime
    size: int | None = None

    def __str__(self) -> str:
        """Write it as `version@milliseconds+size`."""
        return f"{self.version}@{round(self.at.timestamp() * 1000)}" + ("" if self.size is None else f"+{self.size}")


@dataclass
class Touched:
    """What a piece of work depends on: the tables that it opened, those that it wrote, and the day if it asked."""

    opened: set[Table] = field(default_factory=set)
    written: set[Table] = field(default_factory=set)
    day: date | None = None


class Lakehouse:
    """Finds and writes Delta tables, at `<root>/<layer>/<table>` or as `<catalog>.<layer>.<table>`.

    Every write is one Delta commit: readers see all of it or nothing.
    """

    def __init__(self, spark: SparkSession, *, root: str | None = None, catalog: str | None = None) -> None:
        if (root is None) == (catalog is None):
            raise UsageError("Give either --root URI or --catalog NAME, not both and not neither.")
        self.spark = spark
        # SQL takes only an absolute path for a table's name.
        self.root = local_path(root).rstrip("/") if root else None
        self.catalog = catalog
        self._touched = Touched()

    @property
    def is_local(self) -> bool:
        """Tell whether the tables are under a folder of this machine."""
        return self.root is not None and "://" not in self.root

    def path(self, layer: str, table: str) -> str:
        """Return the table's identifier: a folder or URI, or a three-part name."""
        if layer not in LAYERS:
            raise UsageError(f"Unknown layer {layer!r}; there are {', '.join(LAYERS)}.")
        self._touched.opened.add((layer, table))
        if self.root is not None:
            return f"{self.root}/{layer}/{table}"
        return f"{self.catalog}.{layer}.{table}"

    def exists(self, layer: str, table: str) -> bool:
        """Tell whether the table has been written."""
        try:
            return bool(self.spark.catalog.tableExists(self._sql_name(layer, table)))
        except AnalysisException as error:
            # What a catalog answers by no, a path answers so; anything else is a table that is damaged.
            if error.getCondition() != NO_TABLE:
                raise
            return False

    def read(self, layer: str, table: str, version: int | None = None) -> DataFrame:
        """Return the table, as it is now or as it was at `version`."""
        reader = self.spark.read.format("delta")
        if version is not None:
            reader = reader.option("versionAsOf", version)
        name = self.path(layer, table)
        return reader.load(name) if self.root is not None else reader.table(name)

    def version(self, layer: str, table: str) -> int | None:
        """Return the table's newest Delta version, or None when there is no table."""
        if not self.exists(layer, table):
            return None
        row = self._newest(layer, table).select("version").first()
        return int(row["version"]) if row else None

    def tables(self, layer: str) -> list[str]:
        """Return the names of the layer's tables, sorted."""
        self._touched.opened.add((layer, ALL))
        if self.catalog is not None:
            if not self.spark.catalog.databaseExists(f"{self.catalog}.{layer}"):
                return []
            return sorted(t.name for t in self.spark.catalog.listTables(f"{self.catalog}.{layer}"))
        return sorted(_folders(self.spark, f"{self.root}/{layer}"))

    @contextmanager
    def recording(self) -> Iterator[Touched]:
        """Record which tables are opened and written, and whether the day is asked for, while this lasts."""
        before, self._touched = self._touched, Touched()
        try:
            yield self._touched
        finally:
            self._touched = before

    def today(self) -> date:
        """Return the day (UTC), and record that what is being computed depends on it."""
        self._touched.day = utc_day()
        return self._touched.day

    def commits(self, layers: Collection[str] = LAYERS) -> dict[Table, Commit]:
        """Return the newest commit of every table of the layers.

        Under a root one listing of all logs tells it; a catalog is asked table by table.
        """
        if self.root is None:
            tables = [(layer, table) for layer in layers for table in self.tables(layer)]
            with ThreadPoolExecutor(ASKED_AT_ONCE) as pool:
                found = zip(tables, pool.map(self._commit, tables), strict=True)
                return {table: commit for table, commit in found if commit is not None}
        reader = self.spark.read.format("binaryFile").option("pathGlobFilter", "*.json")
        try:
            logs = analysed(reader.load(f"{no_pattern(self.root)}/{{{','.join(layers)}}}/*/_delta_log"))
        except AnalysisException:
            return {}
        # Bounded by the number of tables.
        rows = _newest_commits(logs).collect()
        self._touched.opened |= {(row["layer"], row["table"]) for row in rows}
        return {(row["layer"], row["table"]): _commit_of(*row["newest"]) for row in rows}

    def _commit(self, table: Table) -> Commit | None:
        newest = self._newest(*table).select("version", F.unix_millis("timestamp").alias("at")).first()
        return _commit_of(*newest) if newest else None

    def ensure(self, layer: str, table: str, schema: StructType | str) -> None:
        """Create the table, empty, when it is not there."""
        if not self.exists(layer, table):
            self._save(frame_of(self.spark, [], schema), layer, table, "append", {})

    def overwrite(self, layer: str, table: str, frame: DataFrame) -> None:
        """Replace the table's rows and schema in one commit."""
        self._save(frame, layer, table, "overwrite", {"overwriteSchema": "true"})

    def append(self, layer: str, table: str, frame: DataFrame, once: str | None = None) -> None:
        """Add rows; new columns are added to the table.

        With `once`, a token, the same rows are never written twice: Delta remembers the
        token in the commit (`txnAppId`), so a run repeated after a crash skips it.
        """
        options = {"mergeSchema": "true"}
        if once is not None:
            options |= {"txnAppId": _token(once), "txnVersion": "1"}
        self._save(frame, layer, table, "append", options)

    def replace_where(self, layer: str, table: str, frame: DataFrame, predicate: str) -> None:
        """Replace, in one commit, the rows for which `predicate` (Spark SQL) holds by `frame`."""
        if not self.exists(layer, table):
            self._save(frame, layer, table, "append", {})
            return
        self._save(frame, layer, table, "overwrite", {"replaceWhere": predicate, "mergeSchema": "true"})

    def merge(
        self,
        layer: str,
        table: str,
        frame: DataFrame,
        keys: list[str],
        update_when: str | None = None,
        delete_when: str | None = None,
    ) -> None:
        """Upsert `frame` by `keys`; conditions are SQL over the aliases `new` and `old`.

        A row that matches on keys but not on `update_when` is left as it is.
        """
        if not self.exists(layer, table):
            self._save(frame, layer, table, "append", {})
            return
        self._touched.written.add((layer, table))
        clauses = [
            f"MERGE WITH SCHEMA EVOLUTION INTO {self._sql_name(layer, table)} AS old USING",
            "ON " + " AND ".join(f"new.{quoted(key)} <=> old.{quoted(key)}" for key in keys),
            *([f"WHEN MATCHED AND {delete_when} THEN DELETE"] if delete_when is not None else []),
            f"WHEN MATCHED{'' if update_when is None else f' AND {update_when}'} THEN UPDATE SET *",
            "WHEN NOT MATCHED THEN INSERT *",
        ]
        into, *rest = map(braced, clauses)
        self.spark.sql(" ".join([into, "{rows} AS new", *rest]), rows=frame)

    def _newest(self, layer: str, table: str) -> DataFrame:
        """Return the last row of the table's history."""
        return self.spark.sql(f"DESCRIBE HISTORY {self._sql_name(layer, table)} LIMIT 1")

    def _sql_name(self, layer: str, table: str) -> str:
        name = self.path(layer, table)
        if self.root is not None:
            return f"delta.{quoted(name)}"
        return f"{quoted(str(self.catalog))}.{quoted(layer)}.{quoted(table)}"

    def _save(self, frame: DataFrame, layer: str, table: str, mode: str, options: dict[str, str]) -> None:
        self._touched.written.add((layer, table))
        writer = frame.write.format("delta").mode(mode).options(**options)
        name = self.path(layer, table)
        if self.root is not None:
            writer.save(name)
            return
        self.spark.sql(f"CREATE SCHEMA IF NOT EXISTS `{self.catalog}`.`{layer}`")
        writer.saveAsTable(name)


def is_conflict(error: PySparkException) -> bool:
    """Tell whether a write failed because another commit to the same table came first."""
    return CONFLICT.search(str(error)) is not None


def utc_day() -> date:
    """Return the day that it is, in UTC."""
    return datetime.now(UTC).date()


def _newest_commits(logs: DataFrame) -> DataFrame:
    """Return `layer, table` and `newest` (version, at in milliseconds, size) of the files of Delta logs."""
    parts = F.split("path", "/")
    name = F.element_at(parts, -1)
    commit = F.struct(
        F.substring_index(name, ".", 1).cast("bigint").alias("version"),
        F.unix_millis("modificationTime").alias("at"),
        F.col("length").alias("size"),
    )
    grouped = logs.where(name.rlike(COMMIT_FILE)).groupBy(
        F.element_at(parts, -4).alias("layer"), F.element_at(parts, -3).alias("table")
    )
    return grouped.agg(F.max(commit).alias("newest"))


def _commit_of(version: int, milliseconds: int, size: int | None = None) -> Commit:
    return Commit(version, datetime.fromtimestamp(milliseconds / 1000, UTC), size)


def _folders(spark: SparkSession, uri: str) -> list[str]:
    # Listing through Spark's own reader works on every file system that Spark knows.
    # The folder is a name, not a pattern, whatever characters it has.
    uri = no_pattern(uri)
    reader = spark.read.format("binaryFile").option("pathGlobFilter", "00000000000000000000.json")
    try:
        found = reader.load(f"{uri}/*/_delta_log").select(F.element_at(F.split("path", "/"), -3).alias("table"))
        return [row["table"] for row in found.distinct().collect()]
    except AnalysisException:
        return []


def _token(once: str) -> str:
    return hashlib.sha256(once.encode()).hexdigest()[:32]
