"""Connected components of a graph: of up to `limits.EDGES_ON_DRIVER` edges on the driver, of more on executors.

There, alternating large and small stars (Kiveris, Lattanzi, Mirrokni, Rastogi and Vassilvitskii 2014):
hang each node's neighbours on the smallest node that it can see, until nothing moves. The
number of rounds grows with the logarithm of a component's size.
"""

from __future__ import annotations

import pyarrow as pa
from pyspark.sql import DataFrame, Window, WindowSpec
from pyspark.sql import functions as F

from tieout import limits
from tieout.errors import TieoutError
from tieout.identity.clustering.graph import label_components, number_nodes
from tieout.platform.rows import arrow_frame

MOST_ROUNDS = 60


def components(edges: DataFrame) -> DataFrame:
    """Label the connected components of `edges` (id_l, id_r bigint).

    Returns record_id and component, the smallest record_id of it, for every node of an edge between two. Counts the
    edges first. Executors run a few Spark jobs a round, each with one shuffle of the edges.
    """
    between = edges.where("id_l <> id_r").select("id_l", "id_r")
    return _on_driver(between) if between.count() <= limits.EDGES_ON_DRIVER else _on_executors(between)


def _on_driver(edges: DataFrame) -> DataFrame:
    found = edges.toArrow()  # bounded by EDGES_ON_DRIVER
    ids, left, right = number_nodes(*(found.column(name).to_numpy() for name in ("id_l", "id_r")))
    labels = {"record_id": pa.array(ids), "component": pa.array(ids[label_components(len(ids), left, right)])}
    return arrow_frame(edges.sparkSession, pa.table(labels))


def _on_executors(edges: DataFrame) -> DataFrame:
    stars = edges.select(F.greatest("id_l", "id_r").alias("node"), F.least("id_l", "id_r").alias("root"))
    state = None
    for _ in range(MOST_ROUNDS):
        stars = _small_star(_large_star(stars)).localCheckpoint()
        before, state = state, _fingerprint(stars)
        if before == state:
            return _with_roots(stars)
    raise TieoutError(f"The component search did not settle in {MOST_ROUNDS} rounds; please report this.")


def _large_star(stars: DataFrame) -> DataFrame:
    """Hang each node's larger neighbours on the smallest node it can see."""
    both = stars.unionByName(stars.select(F.col("root").alias("node"), F.col("node").alias("root")))
    smallest = F.least("node", F.min("root").over(_by_node()))
    seen = both.withColumn("smallest", smallest).where("root > node")
    return seen.select(F.col("root").alias("node"), F.col("smallest").alias("root")).distinct()


def _small_star(stars: DataFrame) -> DataFrame:
    """Hang each node, and its smaller neighbours, on the smallest of these."""
    seen = stars.withColumn("smallest", F.min("root").over(_by_node()))
    neighbours = seen.select(F.col("root").alias("node"), F.col("smallest").alias("root"))
    itself = seen.select("node", F.col("smallest").alias("root"))
    return neighbours.unionByName(itself).where("node <> root").distinct()


def _by_node() -> WindowSpec:
    return Window.partitionBy("node")


def _fingerprint(stars: DataFrame) -> tuple[int, int]:
    row = stars.agg(F.count("*"), F.bit_xor(F.xxhash64("node", "root"))).first()
    return (int(row[0]), int(row[1] or 0)) if row else (0, 0)


def _with_roots(stars: DataFrame) -> DataFrame:
    leaves = stars.select(F.col("node").alias("record_id"), F.col("root").alias("component"))
    roots = stars.select(F.col("root").alias("record_id"), F.col("root").alias("component")).distinct()
    return leaves.unionByName(roots)
