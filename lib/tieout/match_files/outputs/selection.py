"""Which pairs and records are shown: some of them, in an order, with the number of all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.identity.clustering.graph import Floats, Ints

NOTHING_FITS = (
    "the truth names no record of these files, so that nothing can be measured; its ids must be those of the files' id "
    "column, written in the same way"
)
Order = Literal["cluster", "surest", "least sure", "nearest"]


@dataclass(frozen=True)
class Selection:
    """Scored pairs of a probability from `least` to `highest`, at most `most` of them, in an order.

    `linked` says whether both records are in one cluster (None: either). `order` is by cluster and then probability,
    by probability, the other way round, or by the distance to `near`. Results have the columns of scored pairs and
    cluster, 0 where the records are in different ones.
    """

    order: Order
    most: int
    linked: bool | None = None
    least: float = 0.0
    highest: float = 1.0
    near: float = 0.5

    def sort_key(self, cluster: Ints, chance: Floats) -> tuple[Floats | Ints, ...]:
        """Return the keys to sort by, the most important last, as `numpy.lexsort` wants them."""
        if self.order == "cluster":
            return -chance, cluster
        if self.order == "nearest":
            return (np.abs(chance - self.near),)
        return (-chance if self.order == "surest" else chance,)

    def spark_order(self) -> list[Column]:
        """Return the same order for Spark, of pairs with the cluster `one` of the left record."""
        chance = F.col("match_probability")
        if self.order == "cluster":
            return [F.col("one"), chance.desc()]
        if self.order == "nearest":
            return [F.abs(chance - self.near)]
        return [chance.desc() if self.order == "surest" else chance]


@dataclass(frozen=True)
class Records:
    """Records whose clusters have others (`linked`) or none, cluster by cluster, at most `most` of them.

    Results have record_id, source, id, confidence, cluster and size (of the cluster).
    """

    linked: bool
    most: int


@dataclass(frozen=True)
class Some:
    """The rows that are shown, and how many there are in all."""

    rows: pd.DataFrame
    total: int

    @property
    def cut(self) -> int:
        """Return how many rows are left out."""
        return self.total - len(self.rows)
