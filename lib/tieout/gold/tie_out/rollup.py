"""Tie-out of each customer by fiscal quarter, with the main reason where it does not tie."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.gold.documents.money import MONEY
from tieout.gold.records import TIEOUT_ID
from tieout.gold.tie_out.documents import STAGES


def tie_out(lines: DataFrame) -> DataFrame:
    """Return one row per customer and fiscal quarter.

    Needs `tie_out_lines`. Sums of the lines' stages and of `difference`; `status` is `tied` when
    every line ties; `reason_code` is that of the line with the widest gaps. A row with a null
    `tieout_id` holds the documents of no known customer, so that totals agree with the systems.
    """
    width = F.abs("ordered_gap") + F.abs("invoiced_gap") + F.abs("paid_gap")
    differing = F.col("status") == "differing"
    rows = lines.groupBy(TIEOUT_ID, "period").agg(
        *[F.sum(name).cast(MONEY).alias(name) for name in (*STAGES, "difference")],
        F.max_by("reason_code", F.when(differing, F.struct(width, "reason_code"))).alias("reason_code"),
        F.count("*").cast("int").alias("lines"),
        F.sum(differing.cast("int")).cast("int").alias("differing_lines"),
        F.sum("unconverted").cast("int").alias("unconverted"),
        F.first("currency").alias("currency"),
    )
    status = F.when(F.col("differing_lines") > 0, "differing").otherwise("tied")
    return rows.withColumn("status", status).select(
        TIEOUT_ID, "period", *STAGES, "difference", "status", "reason_code", "lines", "differing_lines",
        "unconverted", "currency",
    )  # fmt: skip
