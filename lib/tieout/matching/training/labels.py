"""People's answers on pairs of records, parted into those that teach and those that test."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tieout.config.models.matching import MatchingConfig
from tieout.matching.comparing.raw_pairs import source_columns
from tieout.matching.hashing import mix

# Of four answers, one is kept from training to compare models by.
TESTED = 4


def labelled_pairs(records: DataFrame, decisions: DataFrame, config: MatchingConfig) -> pd.DataFrame:
    """Return the answered pairs as the model reads pairs, and what was answered.

    `records` has record_id and the config's source columns, `decisions` id_l, id_r and match boolean.
    Returns `<column>_l`, `<column>_r` (text), match boolean and tested boolean: kept from training.
    """
    columns = source_columns(config)

    def side(name: str) -> DataFrame:
        texts = [F.col(f"`{column}`").cast("string").alias(f"{column}{name}") for column in columns]
        return records.select(F.col("record_id").alias(f"id{name}"), *texts)

    # Bounded: one row for each answer that a person gave.
    found = decisions.join(side("_l"), "id_l").join(side("_r"), "id_r").toPandas()
    left, right = (found[name].to_numpy(dtype=np.int64).view(np.uint64) for name in ("id_l", "id_r"))
    # A draw that falls out the same in every run.
    tested = mix(left, right) % np.uint64(TESTED) == 0
    return found.drop(columns=["id_l", "id_r"]).assign(tested=tested, match=found["match"].astype(bool))
