"""Ids over time: who keeps one, who gets a new one, and what is said about it."""

import random

import pytest
from pyspark.sql import functions as F

from tieout.identity.ids.events import identity_events
from tieout.identity.ids.stable_ids import assign_ids, derived_id

ENTITY = "account"
CLUSTERED, PREVIOUS = "record_id bigint, cluster_id bigint", "record_id bigint, tieout_id string"


def clustered(spark, *groups):
    """Return the frame of clusters given as lists of records; named by their smallest record."""
    return spark.createDataFrame([(record, min(group)) for group in groups for record in group], CLUSTERED)


def crosswalk(spark, clusters, previous=None):
    """Return the crosswalk (record_id, tieout_id) after a run, as it is read by the next one."""
    found = clusters.join(assign_ids(clusters, previous, ENTITY), "cluster_id").select("record_id", "tieout_id")
    return spark.createDataFrame(found.collect(), PREVIOUS)


def ids(frame):
    return {row.record_id: row.tieout_id for row in frame.collect()}


def happened(current, previous):
    return {(row.event, row.tieout_id, row.other_tieout_id) for row in identity_events(current, previous).collect()}


@pytest.fixture(scope="module")
def first_run(spark):
    return crosswalk(spark, clustered(spark, [1, 2, 3], [4, 5], [6]))


def test_a_new_id_is_readable_and_derives_from_the_founder(spark, first_run):
    number = spark.range(1).select(derived_id(ENTITY, "id"), derived_id("contact", F.lit(-1).cast("bigint"))).first()
    assert number[0] == "C-0000000000000"
    assert number[1] == "P-FZZZZZZZZZZZZ"
    assert ids(first_run)[3] == ids(first_run)[1] == "C-0000000000001"


def test_the_same_clusters_keep_their_ids_and_nothing_happens(spark, first_run):
    again = crosswalk(spark, clustered(spark, [1, 2, 3], [4, 5], [6]), first_run)
    assert ids(again) == ids(first_run)
    assert happened(again, first_run) == set()


def test_an_id_stays_when_its_founder_leaves(spark, first_run):
    then = crosswalk(spark, clustered(spark, [2, 3], [4, 5], [6], [1, 7]), first_run)
    before, now = ids(first_run), ids(then)
    assert now[2] == now[3] == before[1]
    assert now[1] == now[7] == "C-0000000000007"
    assert happened(then, first_run) == {("split", now[1], before[1])}


def test_the_larger_cluster_survives_a_merge(spark, first_run):
    then = crosswalk(spark, clustered(spark, [1, 2, 3, 4, 5], [6]), first_run)
    before = ids(first_run)
    assert set(ids(then).values()) == {before[1], before[6]}
    assert happened(then, first_run) == {("merged", before[1], before[4])}


def test_new_and_deleted_records_create_and_retire(spark, first_run):
    then = crosswalk(spark, clustered(spark, [1, 2, 3], [4, 5], [8]), first_run)
    assert happened(then, first_run) == {
        ("created", "C-0000000000008", None),
        ("retired", "C-0000000000006", None),
    }


def test_undoing_a_merge_brings_the_old_id_back(spark, first_run):
    merged = crosswalk(spark, clustered(spark, [1, 2, 3, 4, 5], [6]), first_run)
    undone = crosswalk(spark, clustered(spark, [1, 2, 3], [4, 5], [6]), merged)
    assert ids(undone) == ids(first_run)


def random_partition(records, generator):
    groups = {}
    for record in records:
        groups.setdefault(generator.randrange(4), []).append(record)
    return list(groups.values())


def greedy(before, after, founded):
    """Say plainly what the rule is: the largest overlaps first, each id and cluster served once."""
    overlaps = []
    for group in after:
        for old in {before[record] for record in group if record in before}:
            shared = sum(before.get(record) == old for record in group)
            founder = old == founded[min(group)]
            overlaps.append((-shared, not founder, old, min(group)))
    kept, used = {}, set()
    for *_, old, name in sorted(overlaps):
        if name not in kept and old not in used:
            kept[name] = old
            used.add(old)
    return kept


def test_random_histories_follow_the_rule(spark):
    """Two hundred worlds of ten records each, side by side in one frame."""
    generator = random.Random(11)
    worlds = []
    for first in range(0, 2000, 10):
        records = list(range(first, first + 10))
        worlds.append((random_partition(records[:8], generator), random_partition(records[1:], generator)))
    before_groups = [group for before, _ in worlds for group in before]
    after_groups = [group for _, after in worlds for group in after]
    before = crosswalk(spark, clustered(spark, *before_groups))
    after = crosswalk(spark, clustered(spark, *after_groups), before)
    old, new = ids(before), ids(after)
    by_name = {min(group): new[group[0]] for group in after_groups}
    assert len(set(by_name.values())) == len(after_groups)
    assert all(new[record] == by_name[min(group)] for group in after_groups for record in group)
    founded = {
        row.id: row.founded
        for row in spark.range(2000).select("id", derived_id(ENTITY, "id").alias("founded")).collect()
    }
    kept = greedy(old, after_groups, founded)
    assert {name: by_name[name] for name in kept} == kept
    began = {tieout_id for event, tieout_id, _ in happened(after, before) if event in ("created", "split")}
    assert began == set(new.values()) - set(old.values())
