"""Of which columns is each expression of a plan made?"""

from __future__ import annotations

from collections.abc import Mapping

from tieout.columnar.tree import ATTRIBUTE, LITERAL, VARIABLE, Node


class Definitions(dict[int, Node]):
    """The expressions of a plan by the numbers of their attributes; other attributes are columns."""

    def __init__(self, known: Mapping[int, Node]) -> None:
        super().__init__(known)
        self._sources: dict[Node, frozenset[int]] = {}

    def sources(self, node: Node) -> frozenset[int]:
        """Return the numbers of the columns that an expression reads, and of variables that it does not bind."""
        found = self._sources.get(node)
        if found is None:
            found = self._sources[node] = self._found(node)
        return found

    def sole(self, node: Node) -> int | None:
        """Return the number of the only column that an expression reads; None if there are several, or none."""
        if node.kind in (LITERAL, VARIABLE) or (node.kind == ATTRIBUTE and node.value not in self):
            return None
        found = self.sources(node)
        return next(iter(found)) if len(found) == 1 else None

    def _found(self, node: Node) -> frozenset[int]:
        if node.kind in (ATTRIBUTE, VARIABLE):
            return self.sources(self[node.value]) if node.value in self else frozenset((node.value,))
        found = frozenset[int]().union(*map(self.sources, node.children))
        if node.kind == "LambdaFunction":
            found -= {variable.value for variable in node.children[1:]}
        return found
