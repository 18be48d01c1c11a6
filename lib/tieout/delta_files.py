"""How do Parquet files that Spark did not write become part of a Delta table? In one commit of Delta's own."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from tieout.session import java_packages

# What a table may be like for files to be written as they are here; of others Delta asks for more.
KNOWN_FEATURES = {"columnMapping", "changeDataFeed", "invariants", "appendOnly", "deletionVectors"}
KNOWN_PROPERTIES = {
    "delta.columnMapping.mode",
    "delta.columnMapping.maxColumnId",
    "delta.enableChangeDataFeed",
    "delta.dataSkippingStatsColumns",
    "delta.enableDeletionVectors",
    "delta.logRetentionDuration",
    "delta.deletedFileRetentionDuration",
    "delta.checkpointInterval",
}
PHYSICAL, NUMBER = "delta.columnMapping.physicalName", "delta.columnMapping.id"
KNOWN_MARKS = {PHYSICAL, NUMBER, "comment"}
DELTA = "org.apache.spark.sql.delta"


@dataclass(frozen=True)
class DataFile:
    """A Parquet file in the table's folder, by name; `least` and `most` are by column, as it is called in the file."""

    name: str
    size: int
    modified: int
    rows: int
    least: Mapping[str, Any]
    most: Mapping[str, Any]

    def action(self) -> str:
        """Return what the Delta log says of it."""
        stats = {
            "numRecords": self.rows,
            "minValues": self.least,
            "maxValues": self.most,
            "nullCount": dict.fromkeys(self.least, 0),
        }
        added = {
            "path": self.name,
            "partitionValues": {},
            "size": self.size,
            "modificationTime": self.modified,
            "dataChange": True,
            "stats": json.dumps(stats),
        }
        return json.dumps({"add": added})


@dataclass(frozen=True)
class Field:
    """How a column is called in the table's files, and its number there; `kind` is Delta's name of a plain type."""

    name: str
    physical: str
    number: int | None
    kind: str


class FileAppend:
    """An append to a local Delta table that starts now: whatever else changes the table's columns makes it fail.

    `is_done` says that the token has been committed before; then nothing is to be written.
    """

    def __init__(self, spark: SparkSession, path: str, token: str) -> None:
        self._java = java_packages(spark)
        self._spark: Any = spark
        self._token = token
        log = self._package(f"{DELTA}.DeltaLog").forTable(self._spark._jsparkSession, path)
        self._transaction = log.startTransaction()
        # Asking for it makes a commit of the same token by somebody else, from now on, a conflict.
        self.is_done = self._transaction.txnVersion(token) >= 1
        self._operation = self._append_operation()

    def is_known(self) -> bool:
        """Tell whether the table is of a kind that files may be added to like this."""
        metadata, protocol = self._transaction.metadata(), self._transaction.protocol()
        plain = metadata.partitionColumns().isEmpty()
        properties = set(self._strings(metadata.configuration().keys().toSeq()))
        features = set(self._strings(protocol.readerAndWriterFeatureNames().toSeq()))
        return bool(plain) and properties <= KNOWN_PROPERTIES and features <= KNOWN_FEATURES

    def fields(self) -> list[Field]:
        """Return the table's columns."""
        schema = json.loads(self._transaction.metadata().schemaString())
        found = []
        for field in schema["fields"]:
            marks = field["metadata"]
            physical = marks.get(PHYSICAL, field["name"])
            plain = isinstance(field["type"], str) and set(marks) <= KNOWN_MARKS
            kind = field["type"] if plain else "special"
            found.append(Field(field["name"], physical, marks.get(NUMBER), kind))
        return found

    def commit(self, files: Sequence[DataFile]) -> None:
        """Add the files, and the token, in one commit. Raises Delta's ConcurrentTransactionException for a repeat."""
        action = self._package(f"{DELTA}.actions.Action")
        modified = max((file.modified for file in files), default=0)
        token = json.dumps({"txn": {"appId": self._token, "version": 1, "lastUpdated": modified}})
        actions = [action.fromJson(one) for one in [token, *(file.action() for file in files)]]
        figures = {
            "numFiles": len(files),
            "numOutputRows": sum(file.rows for file in files),
            "numOutputBytes": sum(file.size for file in files),
        }
        self._transaction.registerSQLMetrics(self._spark._jsparkSession, self._metrics(figures))
        self._transaction.commit(self._sequence(actions), self._operation)

    def _metrics(self, figures: Mapping[str, int]) -> Any:
        context = self._spark._jsparkSession.sparkContext()
        metrics = self._java.java.util.HashMap()
        for name, value in figures.items():
            metric = self._package("org.apache.spark.sql.execution.metric.SQLMetrics").createMetric(context, name)
            metric.set(value)
            metrics.put(name, metric)
        return self._java.PythonUtils.toScalaMap(metrics)

    def _append_operation(self) -> Any:
        option = self._java.scala.Option
        append = self._package("org.apache.spark.sql.SaveMode").Append
        none = option.empty()
        partitions = option.apply(self._sequence([]))
        # Mode, partition columns; no predicate, no remark, nothing dynamic, no new schema; columns may be added.
        merged = option.apply(True)
        return self._package(f"{DELTA}.DeltaOperations").Write(
            append, partitions, none, none, none, none, merged, none, none
        )

    def _sequence(self, values: Sequence[Any]) -> Any:
        listed = self._java.java.util.ArrayList()
        for value in values:
            listed.add(value)
        return self._java.PythonUtils.toSeq(listed)

    def _strings(self, sequence: Any) -> list[str]:
        return [str(sequence.apply(place)) for place in range(sequence.length())]

    def _package(self, name: str) -> Any:
        found = self._java
        for part in name.split("."):
            found = getattr(found, part)
        return found
