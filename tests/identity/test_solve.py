"""Clusters in memory: bridges, contradictions, constraints and decisions."""

import numpy as np
import pandas as pd
import pytest
from cluster_examples import cut, groups, solve_pairs
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.identity.clustering.settings import Constraint

ONE_CUSTOMER_EACH = [(1, 2, 0.99), (1, 3, 0.98), (2, 3, 0.99), (4, 5, 0.99), (4, 6, 0.99), (5, 6, 0.97)]


def test_a_weak_bridge_between_two_groups_is_cut():
    found = solve_pairs(*ONE_CUSTOMER_EACH, (3, 4, 0.6))
    assert groups(found) == {frozenset({1, 2, 3}), frozenset({4, 5, 6})}
    assert cut(found) == {(3, 4): "weak bridge"}


def test_a_chain_without_contradiction_stays_together():
    assert groups(solve_pairs((1, 2, 0.99), (2, 3, 0.99))) == {frozenset({1, 2, 3})}


def test_a_contradiction_at_the_ends_of_a_chain_cuts_its_weaker_link():
    found = solve_pairs((1, 2, 0.999), (2, 3, 0.7), (1, 3, 0.0001))
    assert groups(found) == {frozenset({1, 2}), frozenset({3})}


def test_a_long_chain_does_not_become_one_giant():
    links = [(node, node + 1, 0.9) for node in range(1000)]
    sizes = solve_pairs(*links).assignments.groupby("cluster_id").size()
    assert sizes.max() <= 6


def test_two_tax_ids_of_one_country_are_never_one_entity():
    attributes = pd.DataFrame(
        {"record_id": [1, 2, 3, 4], "tax_id": ["123456", "999888", "123456", None], "country": ["DE"] * 4}
    )
    constraints = (Constraint("tax_id", "country"),)
    found = solve_pairs((1, 2, 0.9999), (3, 4, 0.9), attributes=attributes, constraints=constraints)
    assert groups(found) == {frozenset({1}), frozenset({2}), frozenset({3, 4})}
    assert cut(found) == {(1, 2): "tax_id differs within country"}


@pytest.mark.parametrize(("other", "country", "together"), [("123465", "DE", True), ("999888", "FR", True)])
def test_a_typing_error_or_another_country_breaks_no_constraint(other, country, together):
    attributes = pd.DataFrame({"record_id": [1, 2], "tax_id": ["123456", other], "country": ["DE", country]})
    found = solve_pairs((1, 2, 0.99), attributes=attributes, constraints=(Constraint("tax_id", "country"),))
    assert (len(groups(found)) == 1) is together


def test_a_constraint_holds_between_records_that_were_never_compared():
    attributes = pd.DataFrame({"record_id": [1, 2, 3], "tax_id": ["11111", None, "99999"], "country": ["DE"] * 3})
    found = solve_pairs(
        (1, 2, 0.99), (2, 3, 0.9), attributes=attributes, constraints=(Constraint("tax_id", "country"),)
    )
    assert groups(found) == {frozenset({1, 2}), frozenset({3})}


def test_a_source_free_of_duplicates_gives_one_record_to_a_cluster():
    attributes = pd.DataFrame({"record_id": [1, 2, 3], "source": ["erp", "crm", "erp"]})
    found = solve_pairs((1, 2, 0.99), (2, 3, 0.95), attributes=attributes, one_to_one=("erp",))
    assert groups(found) == {frozenset({1, 2}), frozenset({3})}
    assert cut(found) == {(2, 3): "one record per erp"}


def test_a_steward_parts_what_scores_join_and_joins_what_they_part():
    found = solve_pairs((1, 2, 0.99), (2, 3, 0.98), decisions=[(3, 1, False), (7, 8, True)])
    assert groups(found) == {frozenset({1, 2}), frozenset({3}), frozenset({7, 8})}
    assert cut(found) == {(2, 3): "decision"}


def test_the_last_decision_on_a_pair_holds():
    found = solve_pairs((1, 2, 0.99), decisions=[(1, 2, False), (2, 1, True)])
    assert groups(found) == {frozenset({1, 2})}


def test_confidence_is_the_pair_probability_and_grows_with_support():
    by_record = solve_pairs((1, 2, 0.9), (3, 4, 0.9), (3, 5, 0.9), (4, 5, 0.9)).assignments.set_index("record_id")
    assert by_record.confidence[1] == pytest.approx(0.9)
    assert by_record.confidence[3] > 0.98


def test_a_record_alone_is_as_sure_as_its_candidates_are_improbable():
    by_record = solve_pairs((1, 2, 0.4)).assignments.set_index("record_id")
    assert by_record.confidence[1] == pytest.approx(0.6)


pairs = st.dictionaries(
    st.tuples(st.integers(0, 9), st.integers(0, 9)).filter(lambda ends: ends[0] < ends[1]),
    st.floats(0, 1),
    min_size=1,
    max_size=30,
)


@settings(deadline=None, max_examples=50)
@given(pairs, st.randoms(use_true_random=False))
def test_the_order_of_the_pairs_makes_no_difference(probabilities, random):
    rows = [(*ends, probability) for ends, probability in probabilities.items()]
    shuffled = random.sample(rows, len(rows))
    assert groups(solve_pairs(*rows)) == groups(solve_pairs(*shuffled))


@settings(deadline=None, max_examples=50)
@given(pairs)
def test_clusters_lie_inside_components_of_accepted_pairs_and_confidence_is_a_probability(probabilities):
    rows = [(*ends, probability) for ends, probability in probabilities.items()]
    found = solve_pairs(*rows)
    accepted = {ends for ends, probability in probabilities.items() if probability >= 0.5}
    for group in groups(found):
        reached, frontier = set(), {min(group)}
        while frontier:
            reached |= frontier
            frontier = {b for pair in accepted for a, b in (pair, pair[::-1]) if a in frontier} - reached
        assert group <= reached
    assert np.all(found.assignments.confidence.between(0, 1))


@settings(deadline=None, max_examples=50)
@given(pairs, pairs)
def test_what_is_clustered_beside_it_does_not_change_a_component(here, there):
    rows = [(*ends, probability) for ends, probability in here.items()]
    others = [(a + 100, b + 100, probability) for (a, b), probability in there.items()]
    alone = {group for group in groups(solve_pairs(*rows)) if max(group) < 100}
    beside = {group for group in groups(solve_pairs(*rows, *others)) if max(group) < 100}
    assert alone == beside
