"""Pairs worth asking people about: the least sure ones, one of each kind, the commonest kinds first."""

from __future__ import annotations

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

# Pairs surer than this either way teach little.
DOUBTFUL = (0.02, 0.98)


def worth_asking(pairs: DataFrame, most: int = 100) -> DataFrame:
    """Return up to `most` pairs to ask about, best first: uncertain ones, spread over patterns of levels.

    `pairs` are scored pairs (see `scoring.score`). Adds place int, from 1, and speaks_for bigint: the doubtful pairs
    with the same levels, which an answer tells about (uncertainty sampling by strata; Settles 2009).
    """
    levels = [name for name in pairs.columns if name.startswith("gamma_")]
    doubt = 0.5 - F.abs(F.col("match_probability") - 0.5)
    doubtful = pairs.where(F.col("match_probability").between(*DOUBTFUL)).withColumn("doubt", doubt)
    alike = Window.partitionBy(*levels)
    best = doubtful.select(
        "*",
        F.count("*").over(alike).alias("speaks_for"),
        F.sum("doubt").over(alike).alias("worth"),
        F.row_number().over(alike.orderBy(F.desc("doubt"), "id_l", "id_r")).alias("place"),
    ).where("place = 1")
    chosen = best.orderBy(F.desc("worth"), "id_l", "id_r").limit(most)
    # One partition: no more than `most` rows.
    ranked = F.row_number().over(Window.orderBy(F.desc("worth"), "id_l", "id_r"))
    return chosen.withColumn("place", ranked).drop("doubt", "worth")
