"""Which rows break a rule? Row-wise expectations as Spark SQL, all of them in one pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F

from tieout.config.quality import ExpectationConfig, QualityConfig

Kwargs = dict[str, Any]


@dataclass(frozen=True)
class RowRule:
    """One expectation as SQL: `passes` is TRUE, or NULL, for a row that meets it."""

    expectation: ExpectationConfig
    passes: str

    @property
    def fails(self) -> Column:
        """Return a boolean column: TRUE where the row breaks the rule, never NULL."""
        broken = ~F.coalesce(F.expr(self.passes), F.lit(True))
        systems = self.expectation.systems
        return F.col("source_system").isin(systems) & broken if systems else broken


def row_rules(config: QualityConfig) -> list[RowRule]:
    """Return the expectations that speak of single rows, in the order of the file.

    The others (row counts, uniqueness, means, ...) speak of whole tables; only the gate knows them.
    """
    return [
        RowRule(expectation, sql)
        for expectation in config.expectations
        if (sql := row_sql(expectation)) is not None
    ]


def row_sql(expectation: ExpectationConfig) -> str | None:
    """Return the SQL that a good row meets, or None for an expectation about the whole table.

    As in Great Expectations, a missing value meets every expectation but the one against nulls,
    and rows outside `row_condition` are not asked.
    """
    compile_rule = ROW_WISE.get(expectation.type)
    if compile_rule is None:
        return None
    sql = compile_rule(expectation.kwargs)
    condition = expectation.kwargs.get("row_condition")
    return f"(NOT coalesce({condition}, FALSE)) OR ({sql})" if condition else sql


def failures(rules: list[RowRule], on_fail: str = "quarantine") -> Column:
    """Return an array column of the broken rules, in order: struct of rule, reason and severity."""
    broken = [
        F.when(
            rule.fails,
            F.struct(
                F.lit(rule.expectation.rule).alias("rule"),
                F.lit(rule.expectation.reason).alias("reason"),
                F.lit(rule.expectation.severity).alias("severity"),
            ),
        )
        for rule in rules
        if rule.expectation.on_fail == on_fail
    ]
    if not broken:
        return F.expr("CAST(array() AS array<struct<rule:string,reason:string,severity:string>>)")
    return F.array_compact(F.array(*broken))


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, int | float):
        return str(value)
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def _name(kwargs: Kwargs, key: str = "column") -> str:
    return f"`{kwargs[key]}`"


def _between(value: str, kwargs: Kwargs, low: str = "min_value", high: str = "max_value") -> str:
    parts = []
    if kwargs.get(low) is not None:
        parts.append(f"{value} {'>' if kwargs.get('strict_min') else '>='} {_literal(kwargs[low])}")
    if kwargs.get(high) is not None:
        parts.append(f"{value} {'<' if kwargs.get('strict_max') else '<='} {_literal(kwargs[high])}")
    return " AND ".join(parts) or "TRUE"


def _in_set(kwargs: Kwargs) -> str:
    return f"{_name(kwargs)} IN ({', '.join(map(_literal, kwargs['value_set']))})"


def _matches(kwargs: Kwargs) -> str:
    return f"{_name(kwargs)} RLIKE {_literal(kwargs['regex'])}"


def _matches_any(kwargs: Kwargs) -> str:
    word = " AND " if kwargs.get("match_on") == "all" else " OR "
    return word.join(f"{_name(kwargs)} RLIKE {_literal(regex)}" for regex in kwargs["regex_list"])


def _a_over_b(kwargs: Kwargs) -> str:
    sign = ">=" if kwargs.get("or_equal") else ">"
    return f"{_name(kwargs, 'column_A')} {sign} {_name(kwargs, 'column_B')}"


ROW_WISE: dict[str, Callable[[Kwargs], str]] = {
    "expect_column_values_to_not_be_null": lambda kwargs: f"{_name(kwargs)} IS NOT NULL",
    "expect_column_values_to_be_null": lambda kwargs: f"{_name(kwargs)} IS NULL",
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": lambda kwargs: f"NOT ({_in_set(kwargs)})",
    "expect_column_values_to_be_between": lambda kwargs: _between(_name(kwargs), kwargs),
    "expect_column_value_lengths_to_be_between": lambda kwargs: _between(f"length({_name(kwargs)})", kwargs),
    "expect_column_value_lengths_to_equal": lambda kwargs: f"length({_name(kwargs)}) = {kwargs['value']}",
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": lambda kwargs: f"NOT ({_matches(kwargs)})",
    "expect_column_values_to_match_regex_list": _matches_any,
    "expect_column_pair_values_a_to_be_greater_than_b": _a_over_b,
    "expect_column_pair_values_to_be_equal": lambda kwargs: (
        f"{_name(kwargs, 'column_A')} = {_name(kwargs, 'column_B')}"
    ),
}
