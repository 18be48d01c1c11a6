"""Temporary views by which SQL of the config reads gold and silver under plain names.

Each frame is a temporary view under a name that nobody else has; a query sees the frames that it
mentions as common table expressions of their plain names.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession

from tieout.config.sql_errors import explain
from tieout.errors import ConfigError, Problem

# Text and comments are no places where a view is named.
NOT_CODE = re.compile(r"'(?:[^'\\]|\\.)*'|--[^\n]*|/\*.*?\*/", re.S)


class Views:
    """Frames that SQL may read, by name. Build it with `views`."""

    def __init__(self, spark: SparkSession, names: Mapping[str, str]) -> None:
        self._spark = spark
        self._names = dict(names)

    @property
    def names(self) -> list[str]:
        """Return the names that SQL may use, sorted."""
        return sorted(self._names)

    def query(self, sql: str, arguments: Mapping[str, Any], where: str, item: object | None = None) -> DataFrame:
        """Run SQL with named arguments (`:name`), which never become part of the text.

        `where` says in the ConfigError where wrong SQL stands, as does `item`, the config model whose `sql` it is.
        """
        body = sql.strip().rstrip(";")
        tables = [
            f"{name} AS (SELECT * FROM {view})" for name, view in sorted(self._names.items()) if mentions(body, name)
        ]
        # The bracket stands on a line of its own: the text may end in a comment.
        text = f"WITH {', '.join(tables)} ({body}\n)" if tables else body
        try:
            return self._spark.sql(text, args=dict(arguments))
        except (AnalysisException, ParseException) as error:
            found = explain(error, body, tables=self.names)
            raise ConfigError(
                Problem(found.message, key=where, item=item, keys=("sql",), sql_line=found.line)
            ) from error


def mentions(sql: str, name: str) -> bool:
    """Tell whether SQL may read the view `name`: the word stands outside texts and comments."""
    return re.search(rf"\b{re.escape(name)}\b", NOT_CODE.sub(" ", sql), re.I) is not None


@contextmanager
def views(spark: SparkSession, frames: Mapping[str, DataFrame]) -> Iterator[Views]:
    """Make frames readable by SQL for as long as the block lasts."""
    token = uuid.uuid4().hex
    names = {name: f"_tieout_{token}_{name}" for name in frames}
    for name, view in names.items():
        frames[name].createOrReplaceTempView(view)
    try:
        yield Views(spark, names)
    finally:
        for view in names.values():
            spark.catalog.dropTempView(view)
