"""Great Expectations' names and arguments as Spark SQL.

As there, a missing value meets every expectation but the one against nulls, and rows outside
`row_condition` are not asked. Expectations about whole columns or tables have no row condition:
only the gate knows them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tieout.platform.sql import literal, quoted

Kwargs = dict[str, Any]


def row_sql(kind: str, kwargs: Kwargs) -> str | None:
    """Return the SQL that a good row meets (TRUE or NULL), None for an expectation about the whole table.

    Raises ValueError that names a missing argument.
    """
    compile_rule = ROW_WISE.get(kind)
    if compile_rule is None:
        return None
    try:
        sql = compile_rule(kwargs)
    except KeyError as error:
        raise ValueError(f"{kind} needs the argument {error.args[0]!r}") from error
    condition = kwargs.get("row_condition")
    return f"(NOT coalesce({condition}, FALSE)) OR ({sql})" if condition else sql


def is_row_wise(kind: str) -> bool:
    """Tell whether an expectation is about each row by itself."""
    return kind in ROW_WISE


def _name(kwargs: Kwargs, key: str = "column") -> str:
    return quoted(kwargs[key])


def _between(value: str, kwargs: Kwargs) -> str:
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    parts = []
    if low is not None:
        parts.append(f"{value} {'>' if kwargs.get('strict_min') else '>='} {literal(low)}")
    if high is not None:
        parts.append(f"{value} {'<' if kwargs.get('strict_max') else '<='} {literal(high)}")
    return " AND ".join(parts) or "TRUE"


def _in_set(kwargs: Kwargs) -> str:
    return f"{_name(kwargs)} IN ({', '.join(map(literal, kwargs['value_set'])) or 'NULL'})"


def _matches(kwargs: Kwargs) -> str:
    return f"{_name(kwargs)} RLIKE {literal(kwargs['regex'])}"


def _matches_list(kwargs: Kwargs) -> str:
    word = " AND " if kwargs.get("match_on") == "all" else " OR "
    return word.join(f"{_name(kwargs)} RLIKE {literal(regex)}" for regex in kwargs["regex_list"])


def _matches_none(kwargs: Kwargs) -> str:
    return f"NOT ({' OR '.join(f'{_name(kwargs)} RLIKE {literal(regex)}' for regex in kwargs['regex_list'])})"


def _a_over_b(kwargs: Kwargs) -> str:
    sign = ">=" if kwargs.get("or_equal") else ">"
    return f"{_name(kwargs, 'column_A')} {sign} {_name(kwargs, 'column_B')}"


def _not_selected(kwargs: Kwargs) -> str:
    found = re.search(r"\bwhere\b(.*)$", str(kwargs["unexpected_rows_query"]), flags=re.I | re.S)
    if found is None:
        raise ValueError("unexpected_rows_query needs a WHERE, such as SELECT * FROM {batch} WHERE a < b")
    return f"NOT ({found.group(1).strip().rstrip(';')})"


ROW_WISE: dict[str, Callable[[Kwargs], str]] = {
    "expect_column_values_to_not_be_null": lambda kwargs: f"{_name(kwargs)} IS NOT NULL",
    "expect_column_values_to_be_null": lambda kwargs: f"{_name(kwargs)} IS NULL",
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": lambda kwargs: f"NOT ({_in_set(kwargs)})",
    "expect_column_values_to_be_between": lambda kwargs: _between(_name(kwargs), kwargs),
    "expect_column_value_lengths_to_be_between": lambda kwargs: _between(f"length({_name(kwargs)})", kwargs),
    "expect_column_value_lengths_to_equal": lambda kwargs: f"length({_name(kwargs)}) = {literal(kwargs['value'])}",
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": lambda kwargs: f"NOT ({_matches(kwargs)})",
    "expect_column_values_to_match_regex_list": _matches_list,
    "expect_column_values_to_not_match_regex_list": _matches_none,
    "expect_column_pair_values_a_to_be_greater_than_b": _a_over_b,
    "expect_column_pair_values_to_be_equal": lambda kwargs: (
        f"{_name(kwargs, 'column_A')} = {_name(kwargs, 'column_B')}"
    ),
    "unexpected_rows_expectation": _not_selected,
}
