"""Which program computes what a DataFrame's plan says? The one, if there is one, that knows all that is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pyspark.sql import DataFrame

from tieout.columnar.plan import Joined, Layer, NotColumnarError, Plan
from tieout.columnar.program import Finding, Keeping, Program, Step, asked
from tieout.columnar.reasons import reason
from tieout.columnar.right_side import RightSide
from tieout.columnar.simpler import simpler
from tieout.columnar.tree import ATTRIBUTE, Node, below

# Of a join's right side, which every worker has in memory.
MOST_ROWS = 500_000


def program_of(plan: Plan, outputs: Sequence[str]) -> tuple[Program, list[RightSide]]:
    """Return the program that computes these outputs of a plan, and the right sides of its joins, which Spark runs.

    Raises NotColumnarError for expressions that are not known, and for joins that may find several rows or many.
    """
    known, steps = _simpler(plan)
    found = {name: _named(plan.outputs[name], known) for name in outputs}
    wanted = [*found.values(), *(node for step in steps for node in asked(step))]
    joined = [layer for layer in plan.layers if isinstance(layer, Joined)]
    columns = dict(plan.relation) | {number: name for layer in joined for number, name in layer.columns.items()}
    for node in wanted:
        problem = reason(node, known, columns)
        if problem is not None:
            raise NotColumnarError(problem)
    used = _used(wanted, known)
    read = {number: name for number, name in plan.relation.items() if number in used}
    definitions = {number: node for number, node in known.items() if number in used}
    rights = [_right_side(layer, used) for layer in joined]
    return Program(found, read or _any_one(plan.relation), definitions, tuple(steps)), rights


def only(program: Program, rights: Sequence[RightSide], outputs: Sequence[str]) -> tuple[Program, list[RightSide]]:
    """Return the part of a program, and of its right sides, that computes these of its outputs, of the same rows.

    Joins that nothing is asked of are not a part of it: they find one row or none, and change no other column.
    """
    found = {name: program.outputs[name] for name in outputs}
    wanted = list(found.values())
    steps: list[Step] = []
    sides: list[RightSide] = []
    left = list(rights)
    for step in reversed(program.steps):
        if isinstance(step, Finding):
            right = left.pop()
            if _used(wanted, program.definitions).isdisjoint(right.columns):
                continue
            sides.insert(0, right)
        steps.insert(0, step)
        wanted += asked(step)
    used = _used(wanted, program.definitions)
    read = {number: name for number, name in program.columns.items() if number in used}
    definitions = {number: node for number, node in program.definitions.items() if number in used}
    return Program(found, read or _any_one(program.columns), definitions, tuple(steps)), sides


def _simpler(plan: Plan) -> tuple[dict[int, Node], list[Step]]:
    """Return the definitions and the steps, which share their nodes with them."""
    conditions = [list(_of_layer(layer)) for layer in plan.layers]
    extra = {-1 - place: node for place, node in enumerate(node for nodes in conditions for node in nodes)}
    known = simpler({**plan.definitions, **extra})
    changed = (known.pop(number) for number in extra)
    steps: list[Step] = []
    for layer, nodes in zip(plan.layers, conditions, strict=True):
        mine = tuple(next(changed) for _ in nodes)
        steps.append(Finding(mine) if isinstance(layer, Joined) else Keeping(mine[0]))
    return known, steps


def _of_layer(layer: Layer) -> Iterator[Node]:
    """Yield what a step asks of the rows that it gets."""
    if isinstance(layer, Joined):
        yield from (own for own, _ in _pairs(layer))
    else:
        yield layer.condition


def _pairs(layer: Joined) -> Iterator[tuple[Node, int]]:
    """Yield what is compared: an expression of the left side with a column of the right one."""
    for condition in layer.conditions:
        sides = condition.children if condition.kind == "EqualTo" else ()
        right = [side for side in sides if side.kind == ATTRIBUTE and side.value in layer.columns]
        left = [side for side in sides if not any(node.value in layer.columns for node in _attributes(side))]
        if len(right) != 1 or len(left) != 1 or right[0].type != "string":
            raise NotColumnarError("a join on something else than equal texts")
        yield left[0], right[0].value


def _named(number: int, known: Mapping[int, Node]) -> Node:
    """Return the node of an attribute: its definition, or itself."""
    return known[number] if number in known else Node(ATTRIBUTE, (), None, number)


def _attributes(node: Node) -> Iterator[Node]:
    return (found for found in below(node) if found.kind == ATTRIBUTE)


def _used(wanted: Iterable[Node], known: Mapping[int, Node]) -> set[int]:
    """Return the attributes that are needed, whether they are columns or defined."""
    used: set[int] = set()
    waiting = list(wanted)
    while waiting:
        for attribute in _attributes(waiting.pop()):
            if attribute.value not in used:
                used.add(attribute.value)
                if attribute.value in known:
                    waiting.append(known[attribute.value])
    return used


def _any_one(columns: Mapping[int, str]) -> dict[int, str]:
    """Return one column: rows must be counted though nothing of them is read."""
    number = next(iter(columns))
    return {number: columns[number]}


def _right_side(layer: Joined, used: set[int]) -> RightSide:
    keys = [number for _, number in _pairs(layer)]
    wanted = [str(number) for number in layer.columns if number in used or number in keys]
    numbered: DataFrame = layer.right.toDF(*map(str, layer.columns)).select(*wanted).limit(MOST_ROWS + 1)
    rows = numbered.toArrow()
    if rows.num_rows > MOST_ROWS:
        raise NotColumnarError(f"a join with more than {MOST_ROWS} rows")
    found = RightSide(rows, keys)
    if not found.is_unique():
        raise NotColumnarError("a join that finds several rows")
    return found
