"""Clusters over Spark frames: few pairs on the driver, more in buckets on executors, with the same result."""

import networkx as nx
import numpy as np
import pytest

from tieout import limits
from tieout.identity.clustering.clusters import cluster
from tieout.identity.clustering.components import components
from tieout.identity.clustering.settings import ClusterSettings, Constraint


@pytest.fixture
def on_executors(monkeypatch):
    """Let the driver hold nothing, and an executor little."""
    for name in ("PAIRS_ON_DRIVER", "EDGES_ON_DRIVER", "ROWS_BROADCAST"):
        monkeypatch.setattr(limits, name, 0)
    monkeypatch.setattr(limits, "PAIRS_A_BUCKET", 40)


@pytest.fixture(scope="module")
def random_pairs():
    """Return 300 records' pairs: groups of up to four, and noise between them."""
    generator = np.random.default_rng(7)
    pairs = {}
    for first in range(0, 300, 4):
        for low, high in ((0, 1), (0, 2), (1, 2), (2, 3)):
            pairs[first + low, first + high] = float(generator.choice([0.999, 0.9, 0.6, 0.001]))
    for low, high in generator.integers(0, 300, (150, 2)).tolist():
        if low < high:
            pairs.setdefault((low, high), float(generator.choice([0.7, 0.3, 0.02])))
    return [(low, high, probability) for (low, high), probability in pairs.items()]


def frames(spark, pairs, count):
    records = spark.createDataFrame([(node,) for node in range(count)], "record_id bigint")
    return records, spark.createDataFrame(pairs, "id_l bigint, id_r bigint, match_probability double")


def found_components(spark, edges):
    found = components(spark.createDataFrame(edges, "id_l bigint, id_r bigint")).collect()
    assert len(found) == len({row.record_id for row in found})
    return {row.record_id: row.component for row in found}


def test_components_are_those_of_networkx_on_the_driver_and_on_executors(spark, random_pairs, request):
    path = [(node, node + 1, 1.0) for node in range(400, 412)]
    edges = [(low, high) for low, high, probability in random_pairs + path if probability > 0.5]
    expected = {node: min(part) for part in nx.connected_components(nx.Graph(edges)) for node in part}
    # A record with itself is no edge.
    assert found_components(spark, [*edges, (900, 900)]) == expected
    request.getfixturevalue("on_executors")
    assert found_components(spark, [*edges, (900, 900)]) == expected


def test_executors_find_the_clusters_of_the_driver_and_the_report_says_who_did(spark, random_pairs, request):
    records, pairs = frames(spark, random_pairs, 310)
    decisions = spark.createDataFrame([(0, 1, False), (305, 306, True)], "id_l bigint, id_r bigint, match boolean")
    one = cluster(records, pairs, ClusterSettings(), decisions)
    request.getfixturevalue("on_executors")
    many = cluster(records, pairs, ClusterSettings(), decisions)
    here, there = (found.assignments.toPandas().sort_values("record_id", ignore_index=True) for found in (one, many))
    assert len(here) == 310
    assert here.cluster_id.equals(there.cluster_id)
    assert np.allclose(here.confidence, there.confidence)
    assert {tuple(row) for row in one.cut.collect()} == {tuple(row) for row in many.cut.collect()}
    assert [found.report.pop("solved_on") for found in (one, many)] == ["driver", "executors"]
    assert one.report == many.report
    assert one.report["clusters"] == here.cluster_id.nunique()


def test_sources_without_duplicates_may_have_nothing_in_common(spark):
    records = spark.createDataFrame([(1, "crm"), (2, "erp")], "record_id bigint, source string")
    pairs = spark.createDataFrame([(1, 2, 0.1)], "id_l bigint, id_r bigint, match_probability double")
    found = cluster(records, pairs, ClusterSettings(one_to_one=("crm", "erp")))
    assert [row.cluster_id for row in found.assignments.orderBy("record_id").collect()] == [1, 2]


def test_constraints_read_values_whatever_their_punctuation(spark):
    pairs = spark.createDataFrame([(1, 2, 0.99), (3, 4, 0.99)], "id_l bigint, id_r bigint, match_probability double")
    records = spark.createDataFrame(
        [(1, "DE 12-34", "DE"), (2, "de1234", "DE"), (3, "DE1234", "DE"), (4, "DE9999", "DE")],
        "record_id bigint, tax_id string, country string",
    )
    settings = ClusterSettings(constraints=(Constraint("tax_id", "country"),))
    found = cluster(records, pairs, settings)
    assert {(row.record_id, row.cluster_id) for row in found.assignments.collect()} == {
        (1, 1),
        (2, 1),
        (3, 3),
        (4, 4),
    }
    assert found.report["cut_reasons"] == {"tax_id differs within country": 1}


def test_no_pairs_at_all_leave_every_record_alone(spark):
    records, pairs = frames(spark, [], 3)
    found = cluster(records, pairs, ClusterSettings())
    assert [(row.record_id, row.cluster_id) for row in found.assignments.orderBy("record_id").collect()] == [
        (0, 0), (1, 1), (2, 2),
    ]  # fmt: skip
    assert found.report["largest_cluster"] == 1
