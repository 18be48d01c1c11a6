"""Which expressions of a plan are better computed as others, before any row is?

A mapping tidies the texts of a row together, as a list of which it then takes each one: here each is followed through
the list's making, so that there is no list. A code list is an array of maps, to which the CRC-32 of the key leads:
here it is one dictionary, and the look-up one node, of the kind CODE_LIST. A null of any type is a null.
"""

from __future__ import annotations

from collections.abc import Mapping

from tieout.columnar.tree import ATTRIBUTE, LITERAL, UNTOLD, VARIABLE, Node, Nodes

CODE_LIST = "CodeList"
CASES = ("Upper", "Lower")


def simpler(definitions: Mapping[int, Node]) -> dict[int, Node]:
    """Return definitions, by attribute, that have the same values."""
    changing = _Simpler(definitions)
    return {number: changing.changed(node) for number, node in definitions.items()}


class _Simpler:
    """Rewrites nodes, each once; `definitions` are as they were."""

    def __init__(self, definitions: Mapping[int, Node]) -> None:
        self._definitions = definitions
        self._nodes = Nodes()
        self._known: dict[Node, Node] = {}

    def changed(self, node: Node) -> Node:
        """Return the node as it is better computed."""
        if node not in self._known:
            self._known[node] = self._changed(node)
        return self._known[node]

    def _changed(self, node: Node) -> Node:
        code_list = self._code_list(node)
        if code_list is not None:
            return code_list
        if node.kind == "Cast" and node.children[0].kind == LITERAL and node.children[0].value is None:
            return self._nodes.node(LITERAL, (), "void", None)
        if node.kind in CASES and self._definition(node.children[0]).kind in CASES:
            return self._case_of_case(node)
        place = _place(node)
        item = None if place is None else self._item(node.children[0], place)
        return self._again(node, tuple(map(self.changed, node.children))) if item is None else item

    def _again(self, node: Node, children: tuple[Node, ...]) -> Node:
        return self._nodes.node(node.kind, children, node.type, node.value)

    def _item(self, array: Node, place: int) -> Node | None:
        """Return the element at a place of an array without the array, if that can be told from how it is made."""
        array = self._definition(array)
        if array.kind == "CreateArray":
            return self.changed(array.children[place]) if place < len(array.children) else None
        if array.kind == "CaseWhen":
            return self._item_of_case(array, place)
        if array.kind == "ArrayTransform" and len(array.children[1].children) == 2:
            body, variable = array.children[1].children
            item = self._item(array.children[0], place)
            return None if item is None else self._with(self.changed(body), variable, item, {})
        return None

    def _item_of_case(self, case: Node, place: int) -> Node | None:
        """Return a case whose results are the elements: conditions and results alternate, the last one is `else`."""
        last = len(case.children) - 1
        found = []
        for at, child in enumerate(case.children):
            is_condition = at % 2 == 0 and at != last
            item = self.changed(child) if is_condition else self._item(child, place)
            if item is None:
                return None
            found.append(item)
        # Without `else` the array is null, and so is its element.
        return self._again(case, tuple(found))

    def _with(self, node: Node, variable: Node, value: Node, known: dict[Node, Node]) -> Node:
        """Return a function's body with a value in place of its variable."""
        if node.kind == VARIABLE and node.value == variable.value:
            return value
        if node not in known:
            children = tuple(self._with(child, variable, value, known) for child in node.children)
            known[node] = node if children == node.children else self._again(node, children)
        return known[node]

    def _code_list(self, node: Node) -> Node | None:
        """Return the look-up of a key in a code list (see `conform.lookups.constant`); its value is the list's JSON."""
        if node.kind != "GetMapValue" or node.children[0].kind != "GetArrayItem":
            return None
        maps, bucket = node.children[0].children
        key, source = node.children[1], self._definition(maps)
        number = _uncast(bucket)
        if source.kind != "JsonToStructs" or number.kind != "Remainder" or source.children[0].kind != LITERAL:
            return None
        checksum, _ = map(_uncast, number.children)
        # The text is hashed as the bytes that it is: one cast.
        if checksum.kind != "Crc32" or key not in (checksum.children[0], *checksum.children[0].children):
            return None
        return self._nodes.node(CODE_LIST, (self.changed(key),), source.type, source.children[0].value)

    def _case_of_case(self, node: Node) -> Node:
        """Return `upper(lower(x))` as `upper(x)`, which is another text for a few letters: Spark's optimiser does so.

        Whether it does across projections depends on how these are put together.
        """
        inner = node.children[0]
        if inner.kind not in CASES:
            return self._nodes.node(UNTOLD, (), None, f"{node.kind} of a column with letters of one case")
        return self.changed(self._again(node, inner.children))

    def _definition(self, node: Node) -> Node:
        while node.kind == ATTRIBUTE and node.value in self._definitions:
            node = self._definitions[node.value]
        return node


def _place(node: Node) -> int | None:
    """Return which element a node takes of an array, where that is one place and may not be wrong."""
    if node.kind != "GetArrayItem" or node.children[1].kind != LITERAL:
        return None
    place = node.children[1].value
    return place if isinstance(place, int) and place >= 0 else None


def _uncast(node: Node) -> Node:
    while node.kind == "Cast":
        node = node.children[0]
    return node
