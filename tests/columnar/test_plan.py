"""A frame's plan says what is computed of which columns, and what it says is all."""

from __future__ import annotations

import pytest
from pyspark.sql import DataFrame

from tieout.columnar.plan import Filtered, Joined, NotColumnarError, read_plan
from tieout.columnar.tree import below

from .conftest import NOW


def test_projections_are_definitions_over_the_relation(odd: DataFrame) -> None:
    frame = odd.selectExpr("row", "trim(name) AS name").selectExpr("row", "upper(name) AS upper")
    plan = read_plan(frame, NOW)
    upper = plan.definitions[plan.outputs["upper"]]
    assert upper.kind == "Upper"
    trimmed = plan.definitions[upper.children[0].value]
    assert trimmed.kind == "StringTrim"
    assert plan.relation[trimmed.children[0].value] == "name"
    assert plan.relation[plan.outputs["row"]] == "row"
    assert plan.layers == ()


def test_the_same_expression_is_one_node(odd: DataFrame) -> None:
    plan = read_plan(odd.selectExpr("concat(trim(name), trim(name)) AS twice"), NOW)
    one, other = plan.definitions[plan.outputs["twice"]].children
    assert one is other


def test_expressions_that_stand_for_others_are_gone(odd: DataFrame) -> None:
    plan = read_plan(odd.selectExpr("nullif(trim(name), '') AS a", "size BETWEEN 1 AND 3 AS b"), NOW)
    kinds = {node.kind for number in plan.outputs.values() for node in below(plan.definitions[number])}
    assert kinds == {"If", "EqualTo", "AttributeReference", "Literal", "And", "GreaterThanOrEqual", "LessThanOrEqual"}


def test_a_cast_tells_what_it_does_with_what_is_no_number(odd: DataFrame) -> None:
    frame = odd.selectExpr("CAST(name AS INT) AS usual", "try_cast(name AS INT) AS mild")
    plan = read_plan(frame, NOW)
    assert [plan.definitions[plan.outputs[name]].value for name in ("usual", "mild")] == ["LEGACY", "TRY"]


def test_filters_and_left_joins_are_layers(odd: DataFrame) -> None:
    others = odd.selectExpr("country AS code", "row AS place").where("row < 7")
    joined = odd.where("active").join(others, [odd.country == others.code, odd.row >= others.place], "left")
    plan = read_plan(joined.where("size > 0"), NOW)
    first, join, last = plan.layers
    assert isinstance(first, Filtered)
    assert first.condition.kind == "AttributeReference"
    assert isinstance(join, Joined)
    assert [condition.kind for condition in join.conditions] == ["EqualTo", "GreaterThanOrEqual"]
    assert list(join.columns.values()) == ["code", "place"]
    assert join.right.count() == 7
    assert isinstance(last, Filtered)
    assert last.condition.kind == "GreaterThan"


@pytest.mark.parametrize("change", ["distinct", "limit", "inner"])
def test_other_plans_are_for_spark(odd: DataFrame, change: str) -> None:
    other = odd.selectExpr("country AS code")
    frames = {"distinct": odd.distinct(), "limit": odd.limit(3), "inner": odd.join(other, odd.country == other.code)}
    with pytest.raises(NotColumnarError):
        read_plan(frames[change], NOW)
