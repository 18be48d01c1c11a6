"""Expressions are what Spark finds, computed for the rows that need them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyspark.sql import DataFrame

from tieout.columnar import evaluate
from tieout.columnar.evaluate import Rows
from tieout.columnar.kernels.call import Call
from tieout.columnar.reasons import reason
from tieout.columnar.tree import ATTRIBUTE, LITERAL, Node, Nodes
from tieout.conform.lookups import constant

from .conftest import Both, rows_of

TRUTHS = ("active", "size > 0", "name = ''", "nothing = 'x'", "true", "CAST(NULL AS BOOLEAN)")


def same(found: Both) -> None:
    """Check that both found the same, and that little is doubtful."""
    for spark, here in zip(found.spark, found.here, strict=True):
        assert here == spark
    assert found.doubtful == 0


def test_truths_combine_as_in_spark(both: Callable[[Sequence[str]], Both]) -> None:
    pairs = [(one, other) for one in TRUTHS for other in TRUTHS]
    same(both([f"({one}) AND ({other})" for one, other in pairs] + [f"({one}) OR ({other})" for one, other in pairs]))


def test_comparisons(both: Callable[[Sequence[str]], Both]) -> None:
    operators = ("=", "<", "<=", ">", ">=", "<=>")
    texts = [f"name {operator} {other}" for operator in operators for other in ("'Café Zoë'", "country", "nothing")]
    numbers = [f"size {operator} {other}" for operator in operators for other in ("1", "length(country)")]
    lists = ["name IN ('', 'Café Zoë')", "name NOT IN ('', NULL)", "size IN (1, -2)", "nothing IN ('')"]
    same(both(texts + numbers + lists + ["NOT active", "name IS NULL", "nothing IS NOT NULL", "NOT (nothing = 'x')"]))


def test_branches(both: Callable[[Sequence[str]], Both]) -> None:
    same(both([
        "CASE WHEN active THEN name WHEN size > 0 THEN country ELSE 'none' END",
        "CASE WHEN active THEN trim(name) WHEN size > 0 THEN trim(label) END",
        "CASE country WHEN 'DE' THEN label WHEN 'pl' THEN nothing END",
        "CASE WHEN nothing = 'x' THEN name END",
        "IF(active, NULL, size)",
        "IF(country = 'DE', IF(size > 0, label, name), coalesce(nothing, country, label))",
        "coalesce(name, country, 'x')",
        "coalesce(nothing, nothing)",
        "coalesce(IF(active, size, NULL), length(label), 7)",
        "nullif(trim(country), '')",
    ]))  # fmt: skip


def test_lists_and_structs(both: Callable[[Sequence[str]], Both]) -> None:
    same(both([
        "array(trim(name), label, nothing)[1]",
        "transform(array(trim(name), label), t -> IF(t = '', NULL, t))[0]",
        "named_struct('a', name, 'b', size).b",
        "IF(active, named_struct('a', name, 'b', size), NULL).a",
        "IF(active, named_struct('a', name, 'b', size), NULL)",
        "array_join(transform(regexp_extract_all(label, '[a-z]+', 0), t -> concat(substring(t, 2), country)), '-')",
        "array_join(regexp_extract_all(nothing, '[a-z]+', 0), '-')",
    ]))  # fmt: skip


def test_a_code_list_is_a_dictionary(both: Callable[[Sequence[str]], Both]) -> None:
    entries = {key: {"name": key.title()} if key != "PL" else {} for key in ("DE", "FR", "PL", "ÖSTERREICH")}
    rows, row_count = constant(entries, "struct<name:string>")
    texts, text_count = constant({f"{number}": f"n{number}" for number in range(900)})
    keys = ("upper(trim(country))", "nothing", "country")
    names = [f"{rows}[CAST(crc32({key}) % {row_count} AS INT)][{key}].name" for key in keys]
    numbers = [f"{texts}[CAST(crc32({key}) % {text_count} AS INT)][{key}]" for key in ("string(row)", "country")]
    found = both([*names, *numbers])
    assert {row["e0"] for row in found.here} == {None, "De", "Fr", "Österreich"}
    same(found)


def test_whole_numbers(both: Callable[[Sequence[str]], Both]) -> None:
    same(
        both(["size + 1", "row + row", "row & 4095", "row + 1", "IF(active, 1, 0) + IF(size > 0, 2, 0)", "size + NULL"])
    )


def test_letters_of_one_case_twice(both: Callable[[Sequence[str]], Both], odd: DataFrame) -> None:
    same(both(["upper(lower(name))", "lower(upper(lower(name)))"]))
    plan, rows = rows_of(odd.selectExpr("lower(name) AS low").selectExpr("upper(low) AS up"), odd.inputFiles()[0])
    problem = reason(rows.definitions[plan.outputs["up"]], rows.definitions, plan.relation)
    assert problem == "Upper of a column with letters of one case"


def test_time_is_what_the_caller_says(odd: DataFrame) -> None:
    plan, rows = rows_of(odd.selectExpr("current_timestamp() AS now"), odd.inputFiles()[0])
    node = rows.definitions[plan.outputs["now"]]
    assert rows.value(node).unique().to_pylist()[0].isoformat() == "2026-11-26T07:30:00+00:00"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return for how many rows a kernel was asked that doubts all that it gets and returns it as it is."""
    sizes: list[int] = []

    def odd_case(call: Call) -> pa.Array:
        sizes.append(call.rows)
        call.doubt(pa.repeat(pa.scalar(True), call.rows))
        return call.arguments[0]

    monkeypatch.setattr(evaluate, "KERNELS", dict(evaluate.KERNELS) | {"OddCase": odd_case})
    return sizes


def few(nodes: Nodes, values: dict[int, list[Any]], definitions: dict[int, Node] | None = None) -> Rows:
    return Rows({number: pa.array(column) for number, column in values.items()}, definitions or {}, 4)


def test_later_branches_are_computed_for_the_rows_that_get_there(asked: list[int]) -> None:
    nodes = Nodes()
    text, flag = nodes.node(ATTRIBUTE, (), "string", 1), nodes.node(ATTRIBUTE, (), "boolean", 2)
    case = nodes.node("CaseWhen", (flag, text, nodes.node("OddCase", (text,))))
    rows = few(nodes, {1: ["a", "b", None, "d"], 2: [True, True, None, True]})
    assert rows.value(case).to_pylist() == ["a", "b", None, "d"]
    assert asked == [1]
    assert rows.doubtful.tolist() == [False, False, True, False]


def test_a_branch_without_rows_is_not_computed(asked: list[int]) -> None:
    nodes = Nodes()
    text, flag = nodes.node(ATTRIBUTE, (), "string", 1), nodes.node(ATTRIBUTE, (), "boolean", 2)
    odd_case = nodes.node("OddCase", (flag,))
    rows = few(nodes, {1: ["a", "b", "c", "d"], 2: [True] * 4})
    for node in (nodes.node("Or", (flag, odd_case)), nodes.node("Coalesce", (text, odd_case))):
        rows.value(node)
    assert not asked
    assert not rows.doubtful.any()


def test_doubts_in_nested_branches_are_doubts_of_the_right_rows(asked: list[int]) -> None:
    nodes = Nodes()
    one, other = (nodes.node(ATTRIBUTE, (), "boolean", number) for number in (1, 2))
    text = nodes.node(ATTRIBUTE, (), "string", 3)
    inner = nodes.node("If", (other, nodes.node("OddCase", (nodes.node(ATTRIBUTE, (), "string", 4),)), text))
    rows = few(
        nodes,
        {1: [False, True, True, True], 2: [True, False, True, False], 3: list("abcd")},
        {4: nodes.node("Upper", (text,))},
    )
    assert rows.value(nodes.node("If", (one, inner, text))).to_pylist() == ["a", "b", "C", "d"]
    assert rows.doubtful.tolist() == [False, False, True, False]


def test_few_distinct_texts_are_computed_once_each(asked: list[int]) -> None:
    nodes = Nodes()
    text, row = nodes.node(ATTRIBUTE, (), "string", 1), nodes.node(ATTRIBUTE, (), "bigint", 2)
    values = pa.array(["DE", None, "FR", "PL"] * 1000)
    rows = Rows({1: values, 2: pa.array(range(4000))}, {}, 4000)
    late = nodes.node("GreaterThan", (row, nodes.node(LITERAL, (), "bigint", 3995)))
    odd_case = nodes.node("OddCase", (nodes.node("Lower", (text,)),))
    assert rows.value(nodes.node("If", (late, odd_case, text))).to_pylist()[-5:] == ["PL", "de", None, "fr", "pl"]
    # A view of four rows is as large as the column has distinct values; rows that did not get there are not doubtful.
    assert asked == [4]
    assert np.flatnonzero(rows.doubtful).tolist() == [3996, 3997, 3998, 3999]


def test_rows_that_stay_keep_what_is_known(asked: list[int]) -> None:
    nodes = Nodes()
    text = nodes.node(ATTRIBUTE, (), "string", 1)
    odd_case = nodes.node("OddCase", (text,))
    rows = few(nodes, {1: ["a", "b", "c", "d"]})
    rows.value(odd_case)
    left = rows.filtered(np.array([True, False, False, True]))
    assert left.value(odd_case).to_pylist() == left.value(text).to_pylist() == ["a", "d"]
    assert left.doubtful.tolist() == [True, True]
    assert asked == [4]


def test_what_is_not_known_has_a_reason() -> None:
    nodes = Nodes()
    text = nodes.node(ATTRIBUTE, (), "string", 1)
    above = nodes.node(ATTRIBUTE, (), "string", 2)
    assert reason(nodes.node("Upper", (text,)), {}, {1: "name"}) is None
    assert reason(nodes.node("Upper", (text,)), {}, {}) == "a column that is not known"
    assert reason(above, {2: nodes.node("Soundex", (text,))}, {1: "name"}) == "Soundex is not known"
