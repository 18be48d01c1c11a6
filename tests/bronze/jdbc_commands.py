"""Runs commands of the command line in one process, whose Spark has the driver: a line in, a line of JSON out.

A query is answered too: `["bronze", table]` gives the table's rows.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys

from pyspark.sql import SparkSession

from tieout import cli


def answer(words: list[str]) -> dict[str, object]:
    if words[0] == "bronze":
        spark = SparkSession.getActiveSession()
        assert spark is not None
        rows = spark.read.format("delta").load(words[1]).collect()
        return {"rows": [{key: value for key, value in row.asDict().items() if key != "_ingested_at"} for row in rows]}
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main([*words, "--json"])
    printed = out.getvalue().splitlines()
    return {"code": code, "figures": json.loads(printed[-1]) if printed else {}, "said": err.getvalue()}


for line in sys.stdin:
    sys.stdout.write("ANSWER " + json.dumps(answer(json.loads(line)), default=str) + "\n")
    sys.stdout.flush()
