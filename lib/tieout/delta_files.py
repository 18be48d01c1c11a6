"""How do Parquet files that Spark did not write become part of a Delta table? In one commit of Delta's own."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from tieout.session import java

# What a table may be like for files to be written as they are here; of others Delta asks for more.
KNOWN_FEATURES = {"columnMapping", "changeDataFeed", "invariants", "appendOnly", "deletionVectors"}
KNOWN_PROPERTIES = {
    "delta.columnMapping.mode",
    "delta.columnMapping.maxColumnId",
    "delta.enableChangeDataFeed",
    "delta.dataSkippingStatsColumns",
    "delta.dataSkippingNumIndexedCols",
    "delta.enableDeletionVectors",
    "delta.logRetentionDuration",
    "delta.deletedFileRetentionDuration",
    "delta.checkpointInterval",
}
PHYSICAL, NUMBER = "delta.columnMapping.physicalName", "delta.columnMapping.id"
KNOWN_MARKS = {PHYSICAL, NUMBER, "comment"}
DELTA = "org.apache.spark.sql.delta"
METRICS = "org.apache.spark.sql.execution.metric.SQLMetrics"


def token_of(once: str) -> str:
    """Return the name under which Delta remembers a token."""
    return hashlib.sha256(once.encode()).hexdigest()[:32]


@dataclass(frozen=True)
class DataFile:
    """A Parquet file in the table's folder, by name.

    `least`, `most` and the number of `nulls` are by column, as it is called in the file.
    """

    name: str
    size: int
    modified: int
    rows: int
    least: Mapping[str, Any]
    most: Mapping[str, Any]
    nulls: Mapping[str, int]

    def action(self) -> str:
        """Return what the Delta log says of it."""
        stats = {
            "numRecords": self.rows,
            "minValues": self.least,
            "maxValues": self.most,
            "nullCount": self.nulls,
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
    """How a column is called in the table's files, and its number there.

    `kind` is Delta's name of a plain type, such as `string`, `integer`, `long`, `double`, `boolean`, `decimal(18,2)`,
    `timestamp` or `date`; `special` is what more is asked of than to be of such a type.
    """

    name: str
    physical: str
    number: int | None
    kind: str


def is_known(metadata: Any, protocol: Any, place: Any) -> bool:
    """Tell whether a table, by Delta's own objects, has files as they are written here, on this machine."""
    properties = set(_strings(metadata.configuration().keys().toSeq()))
    features = set(_strings(protocol.readerAndWriterFeatureNames().toSeq()))
    plain = place.toUri().getScheme() == "file" and bool(metadata.partitionColumns().isEmpty())
    return plain and properties <= KNOWN_PROPERTIES and features <= KNOWN_FEATURES


def fields_of(metadata: Any) -> list[Field]:
    """Return a table's columns, by Delta's own object."""
    found = []
    for field in json.loads(metadata.schemaString())["fields"]:
        marks = field["metadata"]
        physical = marks.get(PHYSICAL, field["name"])
        plain = isinstance(field["type"], str) and field["nullable"] and set(marks) <= KNOWN_MARKS
        found.append(Field(field["name"], physical, marks.get(NUMBER), field["type"] if plain else "special"))
    return found


def _strings(sequence: Any) -> list[str]:
    return [str(sequence.apply(place)) for place in range(sequence.length())]


class FileAppend:
    """An append to a local Delta table, there or not, that starts now: what others change of its columns makes it fail.

    Raises Py4JError where Delta is another one than this was written for.
    """

    def __init__(self, spark: SparkSession, path: str) -> None:
        self._java = java(spark)
        self._transaction = self._class(f"{DELTA}.DeltaLog").forTable(self._java.session, path).startTransaction()
        self._operation = self._append_operation()
        self._token: str | None = None

    @property
    def version(self) -> int | None:
        """Return the version that this builds on, None for a table that is not there."""
        version = int(self._transaction.readVersion())
        return None if version < 0 else version

    def is_done(self, once: str) -> bool:
        """Tell whether a commit with this token, as in `Lakehouse.append`, is there; else this one gets it.

        When somebody else commits with it from now on, this one fails.
        """
        self._token = token_of(once)
        return int(self._transaction.txnVersion(self._token)) >= 1

    def is_known(self) -> bool:
        """Tell whether the table is of a kind, and in a place, where files may be added to it like this."""
        place = self._transaction.deltaLog().dataPath()
        return is_known(self._transaction.metadata(), self._transaction.protocol(), place)

    def widen(self, columns: Mapping[str, str]) -> None:
        """Give the table those of the columns, types by name, that it lacks: they come with the commit."""
        metadata = self._transaction.metadata()
        text = metadata.schemaString()
        schema: dict[str, Any] = json.loads(text) if text else {"type": "struct", "fields": []}
        known = {field["name"].lower() for field in schema["fields"]}
        lacking = [
            {"name": name, "type": kind, "nullable": True, "metadata": {}}
            for name, kind in columns.items()
            if name.lower() not in known
        ]
        if lacking:
            schema["fields"] += lacking
            wider = metadata.copy(
                metadata.id(),
                metadata.name(),
                metadata.description(),
                metadata.format(),
                json.dumps(schema),
                metadata.partitionColumns(),
                metadata.configuration(),
                metadata.createdTime(),
            )
            self._transaction.updateMetadata(wider, False)

    def fields(self) -> list[Field]:
        """Return the table's columns, the new ones too."""
        return fields_of(self._transaction.metadata())

    def commit(self, files: Sequence[DataFile]) -> None:
        """Add the files, and the token that was asked about, if any, in one commit.

        Raises Delta's ConcurrentTransactionException for a repeat.
        """
        action = self._class(f"{DELTA}.actions.Action")
        texts = [file.action() for file in files]
        if self._token is not None:
            token = {"appId": self._token, "version": 1, "lastUpdated": time.time_ns() // 10**6}
            texts.insert(0, json.dumps({"txn": token}))
        actions = [action.fromJson(text) for text in texts]
        figures = {
            "numFiles": len(files),
            "numOutputRows": sum(file.rows for file in files),
            "numOutputBytes": sum(file.size for file in files),
        }
        self._transaction.registerSQLMetrics(self._java.session, self._metrics(figures))
        self._transaction.commit(self._sequence(actions), self._operation)

    def _metrics(self, figures: Mapping[str, int]) -> Any:
        metrics = self._java.packages.java.util.HashMap()
        for name, value in figures.items():
            metric = self._class(METRICS).createMetric(self._java.context, name)
            metric.set(value)
            metrics.put(name, metric)
        return self._java.packages.PythonUtils.toScalaMap(metrics)

    def _append_operation(self) -> Any:
        option = self._java.packages.scala.Option
        append = self._class("org.apache.spark.sql.SaveMode").Append
        none = option.empty()
        partitions = option.apply(self._sequence([]))
        # Mode, partition columns; no predicate, no remark, nothing dynamic, no new schema; columns may be added.
        merged = option.apply(True)
        return self._class(f"{DELTA}.DeltaOperations").Write(
            append, partitions, none, none, none, none, merged, none, none
        )

    def _sequence(self, values: Sequence[Any]) -> Any:
        listed = self._java.packages.java.util.ArrayList()
        for value in values:
            listed.add(value)
        return self._java.packages.PythonUtils.toSeq(listed)

    def _class(self, name: str) -> Any:
        found = self._java.packages
        for part in name.split("."):
            found = getattr(found, part)
        return found
