"""Components in memory: the same as networkx finds, whatever the graph."""

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.identity.clustering.graph import label_components, number_nodes, sum_by_pair

edges = st.lists(st.tuples(st.integers(-20, 20), st.integers(-20, 20)), max_size=40)


@settings(deadline=None, max_examples=50)
@given(edges)
def test_components_are_those_of_networkx(pairs):
    left, right = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    ids, low, high = number_nodes(left, right)
    labels = label_components(len(ids), low, high)
    expected = {min(part): part for part in nx.connected_components(nx.Graph(pairs))}
    assert {int(ids[label]) for label in labels} == set(expected)
    assert all(int(node) in expected[int(ids[label])] for node, label in zip(ids, labels, strict=True))


def test_sums_do_not_care_which_end_comes_first():
    left, right = np.array([3, 1, 2]), np.array([1, 3, 5])
    low, high, (total,) = sum_by_pair(left, right, np.array([0.5, 2.0, 7.0]))
    assert list(zip(low.tolist(), high.tolist(), total.tolist(), strict=True)) == [(1, 3, 2.5), (2, 5, 7.0)]
