"""Probability of a pair where each record has at most one partner."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

# Bits beyond which odds are certainty; sums of larger ones would lose the small ones.
CERTAIN = 30.0


def one_partner_each(pairs: DataFrame, sources: DataFrame) -> DataFrame:
    """Return the pairs of different sources, each weighed against its rivals.

    `pairs` has id_l, id_r, match_weight (log2 odds) and match_probability, `sources` record_id and source;
    no source has duplicates. Of the pairs of one record at most one is right, so each of three things
    excludes the others: this pair, a rival of either record, none of them. With the odds o of the pair and r
    of its rivals together, the odds become o / (1 + r).
    """
    ends = sources.select("record_id", F.xxhash64("source").alias("source"))
    odds = F.pow(F.lit(2.0), F.greatest(F.lit(-CERTAIN), F.least(F.lit(CERTAIN), F.col("match_weight"))))
    apart = (
        pairs.join(ends.toDF("id_l", "source_l"), "id_l")
        .join(ends.toDF("id_r", "source_r"), "id_r")
        .where("source_l <> source_r")
        .select(*pairs.columns, odds.alias("odds"))
    )
    each = apart.select(F.explode(F.array("id_l", "id_r")).alias("record_id"), "odds")
    sums = each.groupBy("record_id").agg(F.sum("odds").alias("odds"))
    joined = apart.join(sums.toDF("id_l", "odds_l"), "id_l").join(sums.toDF("id_r", "odds_r"), "id_r")
    rivals = F.greatest(F.lit(0.0), F.expr("odds_l + odds_r - 2 * odds"))
    weighed = joined.withColumn("match_weight", F.col("match_weight") - F.log2(1 + rivals))
    probability = 1 / (1 + F.pow(F.lit(2.0), -F.col("match_weight")))
    return weighed.withColumn("match_probability", probability).select(*pairs.columns)
