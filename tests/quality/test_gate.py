"""Gates: what Great Expectations answers about given rows, and what of it stops a run."""

from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tieout.config.models.quality import ExpectationConfig
from tieout.errors import ConfigError, QualityGateError
from tieout.platform.rows import frame_of
from tieout.quality.expectations import row_sql
from tieout.quality.gate import Gate, Outcome, stop_if_failed

SCHEMA = "source_system string, source_id string, name string, country string, employees int, founded date"
ROWS = [
    ("crm", "1", "Acme", "DE", 10, None),
    ("crm", "2", None, "DE", -1, None),
    ("erp", "1", "Globex", "XX", None, None),
    ("erp", "2", "Initech", None, 7, None),
]
NOT_NULL = "expect_column_values_to_not_be_null"
BETWEEN = "expect_column_values_to_be_between"
IN_SET = "expect_column_values_to_be_in_set"
ROW_COUNT = "expect_table_row_count_to_be_between"


def expected(kind: str, on_fail: str = "warn", **parts: Any) -> ExpectationConfig:
    given = {"type": kind, "on_fail": on_fail, "reason": "it matters", **parts}
    return ExpectationConfig.model_validate(given)


@pytest.fixture(scope="module")
def frame(spark: SparkSession) -> DataFrame:
    return frame_of(spark, ROWS, SCHEMA)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    """Return the gates of a config whose file for accounts has two expectations."""
    folder = tmp_path_factory.mktemp("conf")
    (folder / "quality").mkdir()
    (folder / "quality" / "account.yml").write_text(
        "entity: account\n"
        "expectations:\n"
        "  - type: expect_column_values_to_not_be_nul\n"
        "    on_fail: warn\n"
        "    reason: it matters\n"
        "  - type: expect_column_values_to_be_between\n"
        "    kwargs: {columm: employees}\n"
        "    on_fail: warn\n"
        "    reason: it matters\n"
    )
    return Gate(folder)


@pytest.mark.parametrize(
    ("kind", "parts", "success"),
    [
        (NOT_NULL, {"kwargs": {"column": "source_id"}}, True),
        (NOT_NULL, {"kwargs": {"column": "name"}}, False),
        # Only the rows of the systems that are named are asked.
        (NOT_NULL, {"kwargs": {"column": "name"}, "systems": ["erp"]}, True),
        (NOT_NULL, {"kwargs": {"column": "name"}, "systems": ["crm", "erp"]}, False),
        # A condition and systems both have to hold.
        (NOT_NULL, {"kwargs": {"column": "employees", "row_condition": "name IS NOT NULL"}, "systems": ["crm"]}, True),
        (NOT_NULL, {"kwargs": {"column": "employees", "row_condition": "name IS NOT NULL"}}, False),
        (BETWEEN, {"kwargs": {"column": "employees", "min_value": 0}}, False),
        (BETWEEN, {"kwargs": {"column": "employees", "min_value": -1}}, True),
        (IN_SET, {"kwargs": {"column": "country", "value_set": ["DE", "FR"]}}, False),
        (IN_SET, {"kwargs": {"column": "country", "value_set": ["DE", "XX"]}}, True),
        (ROW_COUNT, {"kwargs": {"min_value": 4}}, True),
    ],
)
def test_an_expectation_holds_or_not(
    gate: Gate, frame: DataFrame, kind: str, parts: dict[str, Any], success: bool
) -> None:
    expectation = expected(kind, **parts)
    assert gate.validate(frame, "account", [expectation]) == [Outcome(expectation, success)]


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        (NOT_NULL, {"column": "name"}),
        (BETWEEN, {"column": "employees", "min_value": 0, "max_value": 10, "strict_max": True}),
        (BETWEEN, {"column": "employees", "max_value": 10}),
        (IN_SET, {"column": "country", "value_set": ["DE"]}),
        ("expect_column_values_to_match_regex", {"column": "name", "regex": "^[A-Z][a-z]+$"}),
        ("expect_column_value_lengths_to_be_between", {"column": "name", "max_value": 6}),
    ],
)
def test_the_gate_and_the_row_rules_agree(gate: Gate, frame: DataFrame, kind: str, kwargs: dict[str, Any]) -> None:
    passes = row_sql(kind, kwargs)
    assert passes is not None
    failing = frame.where(~F.coalesce(F.expr(passes), F.lit(True))).count()
    (outcome,) = gate.validate(frame, "account", [expected(kind, kwargs=kwargs)])
    assert outcome.success == (failing == 0)


def test_of_a_table_that_fails_the_outcome_says_what_was_found(gate: Gate, frame: DataFrame) -> None:
    outcomes = gate.validate(
        frame,
        "account",
        [
            expected(ROW_COUNT, kwargs={"min_value": 100}),
            expected("expect_column_unique_value_count_to_be_between", kwargs={"column": "country", "min_value": 1}),
        ],
    )
    assert [(one.success, one.observed) for one in outcomes] == [(False, "4"), (True, None)]


def test_the_answer_is_kept_as_the_library_says_it(gate: Gate, frame: DataFrame) -> None:
    (outcome,) = gate.validate(frame, "account", [expected(NOT_NULL, kwargs={"column": "name"}, severity="critical")])
    asked = outcome.answer["expectation_config"]
    assert (outcome.answer["success"], asked["type"], asked["kwargs"]["column"]) == (False, NOT_NULL, "name")
    assert (asked["notes"], asked["severity"]) == ("it matters", "critical")


def test_without_expectations_nothing_is_asked(gate: Gate, frame: DataFrame) -> None:
    assert gate.validate(frame, "account", []) == []


def test_a_name_that_the_library_does_not_have_is_refused_with_its_line(gate: Gate) -> None:
    with pytest.raises(ConfigError, match=r"account.yml:3.*no 'expect_column_values_to_not_be_nul'.*NotBeNull"):
        gate.build("account", [expected("expect_column_values_to_not_be_nul")])


def test_wrong_arguments_are_refused_with_their_line(gate: Gate) -> None:
    wrong = expected(BETWEEN, kwargs={"columm": "employees"})
    with pytest.raises(ConfigError, match=r"account.yml:7"):
        gate.build("account", [expected(NOT_NULL, kwargs={"column": "name"}), wrong])


def test_what_cannot_be_checked_is_no_answer(gate: Gate, frame: DataFrame) -> None:
    with pytest.raises(ConfigError, match="cannot be checked"):
        gate.validate(frame, "account", [expected(NOT_NULL, kwargs={"column": "no_such_column"})])


def test_only_what_stops_a_run_stops_it() -> None:
    stops = expected(ROW_COUNT, on_fail="stop", name="enough rows")
    warns = expected(NOT_NULL, on_fail="warn", kwargs={"column": "name"})
    stop_if_failed({"account": [Outcome(warns, False), Outcome(stops, True)]})
    with pytest.raises(QualityGateError, match=r"account: enough rows \(it matters; found 4\)"):
        stop_if_failed({"account": [Outcome(warns, False), Outcome(stops, False, "4")], "contact": []})


def test_every_rule_that_stops_is_named() -> None:
    first, second = (expected(NOT_NULL, "stop", kwargs={"column": name}) for name in ("name", "country"))
    with pytest.raises(QualityGateError, match="account: name: not_be_null.*contact: country: not_be_null"):
        stop_if_failed({"account": [Outcome(first, False)], "contact": [Outcome(second, False)]})
