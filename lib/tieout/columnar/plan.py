"""What does a Spark DataFrame's plan do to the rows of the table that it reads? As long as it is simple.

    plan = read_plan(frame, now)
    plan.outputs                      # name → number of the frame's columns
    plan.relation                     # number → name of the columns of the table below everything
    plan.definitions                  # number → expression of all that is computed on the way
    plan.layers                       # filters and joins, the first one that happens first

An attribute is named by its number, which is unique in a plan: it is a column of the relation, a column of a
join's right side, or has a definition. Projections need no more than that: what is not asked for is not computed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.sql import DataFrame

from tieout.columnar.catalyst import LIKE, TYPED, Json, Reading
from tieout.columnar.tree import TO_UTC, Node
from tieout.columnar.zones import clocks
from tieout.session import analysed_plan, java

# What leaves rows as they are.
LOOKED_THROUGH = ("SubqueryAlias", "ResolvedHint", "CollectMetrics", "View", "Repartition")
# Rewriting takes one more pass for each level of nesting.
MOST_PASSES = 20


class NotColumnarError(Exception):
    """A plan that Spark has to run itself; the message is the reason."""


@dataclass(frozen=True)
class Filtered:
    """Rows stay for which `condition` is true."""

    condition: Node


@dataclass(frozen=True)
class Joined:
    """A left outer join: rows get the columns of `right` for which all `conditions` are true.

    `columns` are the right side's, in order: number → name; `right` is a frame that Spark can run.
    """

    conditions: tuple[Node, ...]
    columns: Mapping[int, str]
    right: DataFrame


Layer = Filtered | Joined


@dataclass(frozen=True)
class Plan:
    """What a frame's plan does (see the module)."""

    outputs: Mapping[str, int]
    relation: Mapping[int, str]
    definitions: Mapping[int, Node]
    layers: tuple[Layer, ...]


def read_plan(frame: DataFrame, now: datetime) -> Plan:
    """Return the plan of `frame`; `now` is what `current_timestamp()` is in it.

    Raises NotColumnarError for anything but projections, filters and left joins over one relation. Whether each
    expression can be computed is for `reasons.reason` to tell, of those that are wanted.
    """
    analysed = _rewritten(frame)
    reader = _Reader(frame, now, json.loads(analysed.toJSON()))
    reader.read(analysed)
    outputs = {name: number for number, name in _attributes(analysed.output()).items()}
    return Plan(outputs, reader.relation, reader.definitions, tuple(reversed(reader.layers)))


def _rewritten(frame: DataFrame) -> Any:
    """Return the analysed plan without what the JSON does not tell: expressions that stand for others."""
    packages: Any = java(frame.sparkSession).packages
    rules = packages.org.apache.spark.sql.catalyst.optimizer
    plan = rules.ReplaceExpressions.apply(analysed_plan(frame))
    for _ in range(MOST_PASSES):
        rewritten = rules.RewriteWithExpression.apply(plan)
        if rewritten.fastEquals(plan):
            return plan
        plan = rewritten
    raise NotColumnarError("expressions that share others are nested too deeply")


class _Reader:
    """Reads a plan from the top down, its nodes in the JVM beside the same nodes' JSON."""

    def __init__(self, frame: DataFrame, now: datetime, written: list[Json]) -> None:
        self.relation: dict[int, str] = {}
        self.definitions: dict[int, Node] = {}
        self.layers: list[Layer] = []
        self._frame = frame
        self._reading = Reading(now)
        self._written = iter(written)

    def read(self, plan: Any) -> None:
        """Read a plan node and all that is below its first child; that of others, if they have one, is left."""
        while True:
            item = next(self._written)
            kind = item["class"].rsplit(".", 1)[-1]
            if kind == "Project":
                self._project(item, plan)
            elif kind == "Filter":
                self.layers.append(Filtered(self._expression(item["condition"], plan.condition)))
            elif kind == "Join":
                self._join(item, plan)
            elif kind == "LogicalRelation":
                self.relation.update(_attributes(plan.output()))
                return
            elif kind not in LOOKED_THROUGH:
                raise NotColumnarError(f"{kind} in a plan")
            plan = plan.children().apply(0)

    def _project(self, item: Json, plan: Any) -> None:
        columns = plan.projectList()
        for place, written in enumerate(item["projectList"]):
            if written[0]["class"].endswith(".Alias"):
                number = int(written[0]["exprId"]["id"])
                node = self._expression(written, partial(columns.apply, place))
                if self.definitions.setdefault(number, node) is not node:
                    raise NotColumnarError(f"a plan that defines {written[0]['name']} twice")

    def _join(self, item: Json, plan: Any) -> None:
        if not item["joinType"]["object"].endswith(".LeftOuter$") or item["condition"] is None:
            raise NotColumnarError(f"a join of type {plan.joinType().toString()}")
        condition = self._expression(item["condition"], lambda: plan.condition().get())
        right = plan.right()
        own: Any = self._frame.sparkSession
        rows = java(own).packages.org.apache.spark.sql.classic.Dataset.ofRows(java(own).session, right)
        self.layers.append(Joined(tuple(_parts(condition)), _attributes(right.output()), DataFrame(rows, own)))

    def _expression(self, written: list[Json], origin: Callable[[], Any]) -> Node:
        """Read an expression; `origin` finds it in the JVM, which is asked what the JSON does not tell."""

        def told(at: int) -> str:
            # Both orders are a parent before its children.
            expression = origin().apply(at)
            kind = written[at]["class"].rsplit(".", 1)[-1]
            if str(expression.getClass().getName()) != written[at]["class"]:
                raise NotColumnarError(f"a plan in which {kind} is not found")
            return _told(kind, expression, java(self._frame.sparkSession).packages)

        return self._reading.expression(written, told)


def _told(kind: str, expression: Any, packages: Any) -> str:
    """Return what the JSON does not tell of an expression in the JVM (see `catalyst.Modes`)."""
    if kind in TYPED:
        return str(expression.dataType().simpleString())
    if kind == LIKE:
        return str(expression.escapeChar())
    if kind == TO_UTC:
        return _clocks(str(expression.right().value().toString()), packages)
    return str(expression.evalMode().toString() if kind == "Cast" else expression.options().toString())


def _clocks(zone: str, packages: Any) -> str:
    try:
        return clocks(zone, packages)
    except Py4JJavaError as error:
        raise NotColumnarError(f"the time zone {zone}") from error


def _attributes(output: Any) -> dict[int, str]:
    found = (output.apply(place) for place in range(output.size()))
    return {int(attribute.exprId().id()): str(attribute.name()) for attribute in found}


def _parts(condition: Node) -> Iterator[Node]:
    if condition.kind == "And":
        for child in condition.children:
            yield from _parts(child)
    else:
        yield condition
