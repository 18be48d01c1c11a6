"""Which pairs and records are shown: some of them, in an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

Order = Literal["cluster", "surest", "least sure", "nearest"]


@dataclass(frozen=True)
class Selection:
    """Scored pairs of a probability of `least` and more, at most `most` of them, in an order.

    `linked` says whether both records are in one cluster (None: either). `order` is by cluster and then probability,
    by probability, the other way round, or by the distance to `near`.
    """

    order: Order
    most: int
    linked: bool | None = None
    least: float = 0.0
    near: float = 0.5

    def of(self, pairs: DataFrame) -> DataFrame:
        """Return the chosen ones of `pairs`, which have match_probability and cluster (0 for different ones)."""
        chosen = pairs.where(F.col("match_probability") >= self.least)
        if self.linked is not None:
            chosen = chosen.where("cluster > 0" if self.linked else "cluster = 0")
        return chosen.orderBy(*self._order(), "id_r", "id_l").limit(self.most)

    def _order(self) -> list[Column]:
        chance = F.col("match_probability")
        if self.order == "cluster":
            return [F.col("cluster"), chance.desc()]
        if self.order == "nearest":
            return [F.abs(chance - self.near)]
        return [chance.desc() if self.order == "surest" else chance]


@dataclass(frozen=True)
class Records:
    """Records whose clusters have others (`linked`) or none, cluster by cluster, at most `most` of them."""

    linked: bool
    most: int

    def of(self, clusters: DataFrame) -> DataFrame:
        """Return the chosen ones of `clusters`, which have cluster, size (of the cluster), source and `_id`."""
        chosen = clusters.where("size > 1" if self.linked else "size = 1")
        return chosen.orderBy("cluster", "source", "_id").limit(self.most)
