"""Expressions reach workers as they are: shared where they were shared, and as deep as they were."""

from __future__ import annotations

import pickle

from tieout.columnar.packing import packed, unpacked
from tieout.columnar.tree import Nodes, below


def test_what_is_shared_stays_shared() -> None:
    nodes = Nodes()
    text = nodes.node("Literal", (), "string", "x")
    one, other = nodes.node("IsNull", (text,)), nodes.node("Concat", (text, text))
    found, again = unpacked(*pickle.loads(pickle.dumps(packed([one, other]))))
    assert (found.kind, again.kind) == ("IsNull", "Concat")
    assert {id(node) for node in below(again) if node.kind == "Literal"} == {id(found.children[0])}


def test_depth_does_not_matter() -> None:
    nodes = Nodes()
    deep = nodes.node("Literal", (), "int", 1)
    for _ in range(20_000):
        deep = nodes.node("Not", (deep,))
    (found,) = unpacked(*pickle.loads(pickle.dumps(packed([deep]))))
    assert sum(1 for _ in below(found)) == 20_001
