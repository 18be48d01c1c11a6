"""How do expressions get to Spark's workers? As a list, however deep they are: pickling would go as deep as they do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tieout.columnar.tree import Node

# Kind, places of the children in the list, type and value; children come before their parents.
Packed = tuple[str, tuple[int, ...], str | None, Any]


def packed(roots: Sequence[Node]) -> tuple[list[Packed], list[int]]:
    """Return all nodes that are below the roots, each once, and the roots' places among them."""
    places: dict[Node, int] = {}
    found: list[Packed] = []
    waiting = list(reversed(roots))
    while waiting:
        node = waiting[-1]
        missing = [child for child in node.children if child not in places]
        if node not in places and missing:
            waiting.extend(missing)
            continue
        waiting.pop()
        if node not in places:
            places[node] = len(found)
            found.append((node.kind, tuple(places[child] for child in node.children), node.type, node.value))
    return found, [places[root] for root in roots]


def unpacked(found: Iterable[Packed], places: Iterable[int]) -> list[Node]:
    """Return the roots that were `packed`; what was one node is one again."""
    nodes: list[Node] = []
    for kind, children, type, value in found:
        nodes.append(Node(kind, tuple(nodes[child] for child in children), type, value))
    return [nodes[place] for place in places]
