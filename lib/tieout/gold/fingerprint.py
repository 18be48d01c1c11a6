"""Comparison of two frames: the same rows, in any order."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F


def fingerprint(frame: DataFrame) -> tuple[int, int]:
    """Return the number of rows and a sum of row hashes: equal for equal rows in any order.

    The hash is of the row as JSON, because maps have no hash of their own; map entries are compared
    in the order in which they are stored.
    """
    columns = sorted(frame.columns)
    row_hash = F.xxhash64(F.to_json(F.struct(*columns), {"ignoreNullFields": "false"}))
    # Added as decimals: a sum of 64-bit numbers overflows.
    row = frame.agg(F.count("*"), F.sum(row_hash.cast("decimal(20,0)"))).first()
    assert row is not None
    return int(row[0]), int(row[1] or 0)


def same_rows(one: DataFrame, other: DataFrame) -> bool:
    """Tell whether two frames have the same columns, types and rows."""
    if sorted(one.dtypes) != sorted(other.dtypes):
        return False
    return fingerprint(one) == fingerprint(other)
