"""What does an expression of a Spark plan look like here?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Node:
    """One expression of a plan: `kind` is the name of Catalyst's class, without package.

    Nodes of one plan that are the same are one object, so that what is computed once is known everywhere.
    `type` is Spark's simple name of the type (`string`, `bigint`, `decimal(18,2)`) of attributes, literals, casts,
    sums, products and variables of functions; None of others. `value` is a literal's Python value, an attribute's or a
    variable's number, a cast's evaluation mode (`ANSI`, `TRY` or `LEGACY`), a struct field's place, a hash's seed, the
    escape character of LIKE, the type that JSON is read as, the unit that is added to a moment, a zone's clocks. What
    cannot be told from a plan has the kind `UNTOLD` and the reason as its value.
    """

    kind: str
    children: tuple[Node, ...] = ()
    type: str | None = None
    value: Any = None


UNTOLD = "Untold"
LITERAL, ATTRIBUTE, VARIABLE = "Literal", "AttributeReference", "NamedLambdaVariable"
TO_JSON, TO_UTC = "StructsToJson", "ToUTCTimestamp"


class Nodes:
    """The nodes of one plan, each once."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Node] = {}

    def node(self, kind: str, children: tuple[Node, ...] = (), type: str | None = None, value: Any = None) -> Node:
        """Return the node that is this; `value` must be hashable. True, 1 and 1.0 are three values."""
        key = (kind, tuple(map(id, children)), type, value.__class__, value)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Node(kind, children, type, value)
        return found


def below(node: Node) -> Iterator[Node]:
    """Yield the node and all below it, each once."""
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found not in seen:
            seen.add(found)
            yield found
            waiting.extend(found.children)
