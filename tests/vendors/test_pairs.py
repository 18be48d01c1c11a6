"""Any CRM with any ERP: 35 pairs are matched from the same silver, as if the other ten were not there."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tieout.config import load_config
from tieout.identity.clustering.clusters import cluster
from tieout.identity.clustering.settings import ClusterSettings
from tieout.identity.records import records
from tieout.matching import engine
from tieout_samples.presence import CRMS, ERPS
from vendors.land import Land

PAIRS = list(product(CRMS, ERPS))
pair = pytest.mark.parametrize(("crm", "erp"), PAIRS)


@pytest.fixture(scope="session")
def resolved(spark: SparkSession, conf_dir: Path, land: Land) -> pd.DataFrame:
    """Return crm, erp, source, source_id, cluster_id and true_id for every account of every pair.

    One call clusters all pairs: a record has an id of its own in each, so that no pair sees another.
    """
    config = load_config(conf_dir).matching["account"]
    accounts = records(land.lake.read("silver", "account"), "account").persist()
    prepared = engine.prepare(accounts, config)
    compared = engine.compare(prepared)
    scored = engine.score(compared, engine.fit(compared).model).pairs
    own_id = F.xxhash64("crm", "erp", "record_id")
    pairs = spark.createDataFrame(PAIRS, "crm string, erp string")
    own = accounts.join(pairs, F.expr("source = crm OR source = erp")).withColumn("own_id", own_id).persist()
    edges = scored.select("id_l", "id_r", "match_probability")
    for side in "lr":
        ids = own.select("crm", "erp", F.col("record_id").alias(f"id_{side}"), F.col("own_id").alias(f"own_{side}"))
        edges = edges.join(ids, [f"id_{side}"] if side == "l" else ["crm", "erp", "id_r"])
    ends = F.least("own_l", "own_r").alias("id_l"), F.greatest("own_l", "own_r").alias("id_r")
    own = own.drop("record_id").withColumnRenamed("own_id", "record_id")
    edges = edges.select(*ends, "match_probability").persist()
    found = cluster(own, edges, ClusterSettings.of(config)).assignments
    rows = own.join(found, "record_id").select("crm", "erp", "source", "source_id", "cluster_id").toPandas()
    truth = land.truth("account").rename(columns={"source_system": "source"})
    return rows.merge(truth, on=["source", "source_id"])


def links(rows: pd.DataFrame, by: str) -> set[tuple[str, str]]:
    """Return pairs of a CRM and an ERP record that share `by`."""
    keyed = rows[["source_id", by]]
    crm, erp = keyed[rows["source"] == rows["crm"]], keyed[rows["source"] == rows["erp"]]
    both = crm.merge(erp, on=by)
    return set(zip(both["source_id_x"], both["source_id_y"], strict=True))


@pair
def test_accounts_find_each_other(crm: str, erp: str, resolved: pd.DataFrame) -> None:
    rows = resolved[(resolved["crm"] == crm) & (resolved["erp"] == erp)]
    found, true = links(rows, "cluster_id"), links(rows, "true_id")
    assert len(true) > 20
    assert len(found & true) >= 0.85 * len(found), sorted(found - true)
    assert len(found & true) >= 0.75 * len(true), sorted(true - found)


def test_orders_name_the_deals_that_they_come_from(land: Land) -> None:
    who = land.truth("account").set_index(["source_system", "source_id"])["true_id"].to_dict()
    tied, same = set(), []
    for crm, erp in PAIRS:
        orders = land.silver("sales_order", erp).add_suffix("_ordered")
        both = land.silver("opportunity", crm).merge(orders, left_on="number", right_on="customer_reference_ordered")
        for deal, order in zip(both["account_source_id"], both["account_source_id_ordered"], strict=True):
            tied.add((crm, erp))
            # A few deals are of an account that was never exported.
            same.append(who.get((crm, deal)) == who.get((erp, order)))
    assert len(tied) >= 0.8 * len(PAIRS), sorted(set(PAIRS) - tied)
    assert sum(same) >= 0.95 * len(same)


def test_all_pairs_together_are_matched_well(resolved: pd.DataFrame) -> None:
    found = true = right = 0
    for _, rows in resolved.groupby(["crm", "erp"]):
        one, other = links(rows, "cluster_id"), links(rows, "true_id")
        found, true, right = found + len(one), true + len(other), right + len(one & other)
    assert right / found >= 0.95
    assert right / true >= 0.85
