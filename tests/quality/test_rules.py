"""Expectations as row conditions, and rules as bits of one number; these tests need no Spark."""

from __future__ import annotations

import pytest

from tieout.config.models.entity import EntityConfig
from tieout.config.models.quality import QualityConfig
from tieout.quality.expectations import row_sql
from tieout.quality.rules import broken, mask, row_rules

ENTITY = EntityConfig.model_validate({
    "entity": "account",
    "meaning": "a company",
    "fields": {
        "name": {"meaning": "name"},
        "employees": {"type": "int", "meaning": "people"},
        "parent_source_id": {"meaning": "parent", "references": "account"},
    },
})  # fmt: skip


def quality(**parts: object) -> QualityConfig:
    return QualityConfig.model_validate({"entity": "account", **parts})


def test_bounds_may_be_strict() -> None:
    kwargs = {"column": "n", "min_value": 0, "max_value": 9, "strict_max": True}
    assert row_sql("expect_column_values_to_be_between", kwargs) == "`n` >= 0 AND `n` < 9"


def test_rows_outside_the_row_condition_are_not_asked() -> None:
    kwargs = {"column": "n", "row_condition": "kind = 'x'"}
    sql = row_sql("expect_column_values_to_not_be_null", kwargs)
    assert sql == "(NOT coalesce(kind = 'x', FALSE)) OR (`n` IS NOT NULL)"


def test_an_expectation_about_the_table_has_no_row_condition() -> None:
    assert row_sql("expect_table_row_count_to_be_between", {"min_value": 1}) is None


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(ValueError, match="value_set"):
        row_sql("expect_column_values_to_be_in_set", {"column": "a"})


def test_every_entity_asks_for_readable_rows_keys_and_values() -> None:
    assert [rule.name for rule in row_rules(ENTITY, None)] == ["readable row", "key", "employees: readable"]


def test_config_may_let_an_unreadable_value_pass_with_a_warning() -> None:
    rules = row_rules(ENTITY, quality(unreadable={"employees": "warn"}))
    assert mask(rules) == 0b011
    assert mask(rules, "warn") == 0b100


def test_only_references_that_quarantine_are_row_rules() -> None:
    warned = row_rules(ENTITY, quality(references={"parent_source_id": {"on_fail": "warn"}}))
    checked = row_rules(ENTITY, quality(references={"parent_source_id": {"on_fail": "quarantine"}}))
    assert len(checked) == len(warned) + 1
    assert "_known_parent_source_id" in checked[-1].fails


def test_an_unreadable_row_breaks_one_rule_only() -> None:
    assert broken(row_rules(ENTITY, None)).startswith("if(_corrupt IS NOT NULL, 1L, ")


def test_more_rules_than_bits_are_refused() -> None:
    one = {
        "type": "expect_column_values_to_not_be_null",
        "kwargs": {"column": "name"},
        "on_fail": "warn",
        "reason": "x",
    }
    with pytest.raises(ValueError, match="room for 63"):
        row_rules(ENTITY, quality(expectations=[one] * 70))
