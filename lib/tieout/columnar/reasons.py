"""Why can an expression of a plan not be computed here, if so?"""

from __future__ import annotations

from collections.abc import Mapping

from tieout.columnar.branches import LAZY
from tieout.columnar.kernels.known import KERNELS, REFUSALS
from tieout.columnar.literals import scalar_of
from tieout.columnar.tree import ATTRIBUTE, LITERAL, UNTOLD, VARIABLE, Node


def reason(node: Node, definitions: Mapping[int, Node], columns: Mapping[int, str]) -> str | None:
    """Return why an expression cannot be computed here; None if it can.

    `columns` are the attributes that batches have, `definitions` those that are computed.
    """
    seen: set[Node] = set()
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found in seen:
            continue
        seen.add(found)
        problem = _problem(found, definitions, columns)
        if problem is not None:
            return problem
        if found.kind == "ArrayTransform" and len(found.children[1].children) != 2:
            return "a function of an item and its place"
        if found.kind == ATTRIBUTE and found.value in definitions:
            waiting.append(definitions[found.value])
        waiting.extend(found.children)
    return None


def _problem(node: Node, definitions: Mapping[int, Node], columns: Mapping[int, str]) -> str | None:
    if node.kind == UNTOLD:
        return str(node.value)
    if node.kind == LITERAL:
        return None if scalar_of(node) is not None else f"a literal of type {node.type}"
    if node.kind == ATTRIBUTE:
        return None if node.value in definitions or node.value in columns else "a column that is not known"
    if node.kind in LAZY or node.kind in (VARIABLE, "LambdaFunction"):
        return None
    if node.kind not in KERNELS:
        return f"{node.kind} is not known"
    refusal = REFUSALS.get(node.kind)
    return refusal(node) if refusal is not None else None
