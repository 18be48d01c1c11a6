"""SQL of the config over gold and silver, which it reads under plain names.

A query sees the frames that it mentions as common table expressions of their names, and becomes part of a plan as any
other frame does: nothing is registered in the session for longer than Spark needs to read the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.errors import AnalysisException, ParseException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.config.sql_errors import explain
from tieout.errors import ConfigError, Problem
from tieout.platform.connect import analysed
from tieout.platform.sql import braced

# Text and comments are no places where a view is named.
NOT_CODE = re.compile(r"'(?:[^'\\]|\\.)*'|--[^\n]*|/\*.*?\*/", re.S)


@dataclass(frozen=True)
class Views:
    """Frames that SQL may read, by name."""

    spark: SparkSession
    frames: Mapping[str, DataFrame]

    def query(self, sql: str, arguments: Mapping[str, Any], where: str, item: object | None = None) -> DataFrame:
        """Run SQL with named arguments (`:name`), which never become part of the text.

        `where` says in the ConfigError where wrong SQL stands, as does `item`, the config model whose `sql` it is.
        """
        body = sql.strip().rstrip(";")
        # When Spark has read the text it drops what is cached under a frame's very plan; a filter makes it another one.
        read = {name: frame.where(F.lit(True)) for name, frame in sorted(self.frames.items()) if mentions(body, name)}
        tables = [f"{name} AS (SELECT * FROM {{{name}}})" for name in read]
        # The bracket stands on a line of its own: the text may end in a comment.
        text = f"WITH {', '.join(tables)} ({braced(body)}\n)" if read else body
        try:
            return analysed(self.spark.sql(text, args=dict(arguments), **read))
        except (AnalysisException, ParseException) as error:
            found = explain(error, body, tables=sorted(self.frames))
            raise ConfigError(
                Problem(found.message, key=where, item=item, keys=("sql",), sql_line=found.line)
            ) from error


def mentions(sql: str, name: str) -> bool:
    """Tell whether SQL may read the view `name`: the word stands outside texts and comments."""
    return re.search(rf"\b{re.escape(name)}\b", NOT_CODE.sub(" ", sql), re.I) is not None
