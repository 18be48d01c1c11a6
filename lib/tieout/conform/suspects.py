"""Which rows need to be mapped a second time? Those that share a key, and those that may end in quarantine.

Where an entity's rows are too many to be kept, they are mapped as they are written. What is then still to be
found out about a few rows is found out of those few: `among` is laid on the bronze rows, before any mapping.

Which rows may be quarantined is noted while silver is written: a row's `_rejected_id` falls into one of four
million parts, and Spark collects the parts that quarantined rows are in. Where few rows are rejected, few
others share a part with one.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.conform.ends import QUARANTINED

PARTS = 2**22
PART = "_part"
SUSPECTS = "suspects"


def suspects_seen() -> Column:
    """Return the metric `suspects`: the parts that quarantined rows are in. Needs `_end` and `_rejected_id`."""
    return F.collect_set(F.when(F.col("_end") == QUARANTINED, _part())).alias(SUSPECTS)


def among(rows: DataFrame, wanted: DataFrame | None) -> DataFrame:
    """Return the rows whose `_rejected_id`, or whose `_part`, is in the only column of `wanted`; all for None."""
    if wanted is None:
        return rows
    if wanted.columns == [PART]:
        found = rows.withColumn(PART, _part()).join(wanted, PART, "left_semi").drop(PART)
    else:
        found = rows.join(wanted, "_rejected_id", "left_semi")
    # Few rows are left, and are mapped in a stage of their own: in the generated code of all mappings the loop over
    # all rows, which only looks for these, would run for a long time before it is compiled.
    return found.hint("rebalance")


def _part() -> Column:
    return F.pmod("_rejected_id", F.lit(PARTS))
