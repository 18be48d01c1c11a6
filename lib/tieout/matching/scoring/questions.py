"""Pairs worth asking people about: the least sure ones, one of each kind, the commonest kinds first."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
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


def worth_asking_of(pairs: pa.Table, most: int = 100) -> pd.DataFrame:
    """Return what `worth_asking` does, of pairs at hand, best first."""
    levels = [name for name in pairs.column_names if name.startswith("gamma_")]
    probability = pairs.column("match_probability")
    inside = pc.and_(pc.greater_equal(probability, DOUBTFUL[0]), pc.less_equal(probability, DOUBTFUL[1]))
    doubtful: pd.DataFrame = pairs.filter(inside).to_pandas()
    doubtful = doubtful.assign(doubt=0.5 - (doubtful["match_probability"] - 0.5).abs())
    doubtful = doubtful.sort_values(["doubt", "id_l", "id_r"], ascending=[False, True, True])
    alike = doubtful.groupby(levels, sort=False)["doubt"]
    counted = doubtful.assign(speaks_for=alike.transform("size"), worth=alike.transform("sum"))
    best = counted.drop_duplicates(levels).sort_values(["worth", "id_l", "id_r"], ascending=[False, True, True])
    chosen = best.head(most).drop(columns=["doubt", "worth"])
    return chosen.assign(place=np.arange(1, len(chosen) + 1, dtype=np.int32))
