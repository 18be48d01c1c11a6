"""Great Expectations' pages are built from the results that runs have stored."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from tieout.config.models.entity import EntityConfig
from tieout.config.models.quality import ExpectationConfig, QualityConfig
from tieout.lakehouse.tables import Lakehouse
from tieout.platform.rows import frame_of
from tieout.quality.data_docs import build_data_docs, newest_validations
from tieout.quality.gate import Outcome
from tieout.quality.results import SCHEMA, result_rows
from tieout.quality.rules import row_rules

ENTITY = EntityConfig.model_validate(
    {"entity": "account", "meaning": "a firm", "fields": {"name": {"meaning": "name"}}}
)
NAMED = ExpectationConfig.model_validate({
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "name"},
    "on_fail": "quarantine",
    "reason": "nobody finds a firm without a name",
})  # fmt: skip


def answer(success: bool) -> dict[str, Any]:
    """Return what Great Expectations says of one expectation when it is asked for yes or no."""
    config = {"type": NAMED.type, "kwargs": NAMED.kwargs, "meta": {}, "notes": NAMED.reason, "severity": "warning"}
    raised = {"raised_exception": False, "exception_traceback": None, "exception_message": None}
    return {"success": success, "expectation_config": config, "result": {}, "meta": {}, "exception_info": raised}


@pytest.fixture
def stored(spark: SparkSession, lake: Lakehouse) -> Lakehouse:
    """Return a lakehouse with the gates' results of three runs; in the last, 2 of 8 firms have no name."""
    rules = row_rules(ENTITY, QualityConfig(entity="account", expectations=[NAMED]))
    number = next(n for n, rule in enumerate(rules) if rule.expectation is not None)
    named = rules[number].expectation
    assert named is not None
    for day, broken in ((1, 0), (2, 1), (3, 2)):
        outcome = Outcome(named, broken == 0, answer=answer(broken == 0))
        rows = result_rows(f"run-{day}", "account", rules, [outcome], {number: broken}, 8)
        dated = [(*row[:-2], datetime(2026, 1, day, tzinfo=UTC), row[-1]) for row in rows]
        lake.append("silver", "quality_result", frame_of(spark, dated, SCHEMA))
    return lake


def test_results_are_stored_by_run_with_their_counts(stored: Lakehouse) -> None:
    told = stored.read("silver", "quality_result").orderBy("at").collect()
    assert [(row["run_id"], row["success"], row["unexpected_count"], row["element_count"]) for row in told] == [
        ("run-1", True, 0, 8), ("run-2", False, 1, 8), ("run-3", False, 2, 8),
    ]  # fmt: skip


def test_the_newest_runs_have_a_page_an_entity(stored: Lakehouse, tmp_path: Path) -> None:
    validations = newest_validations(stored.read("silver", "quality_result"), runs=2)
    assert [one.run_id for one in validations] == ["run-2", "run-3"]
    index = build_data_docs(validations, tmp_path / "docs")
    pages = sorted(
        page.relative_to(tmp_path / "docs").parts[:3] for page in (tmp_path / "docs").rglob("*/account.html")
    )
    assert pages == [
        ("expectations", "account.html"),
        ("validations", "account", "run-2"),
        ("validations", "account", "run-3"),
    ]
    assert "run-3" in index.read_text(encoding="utf-8")


def test_pages_say_how_many_rows_break_a_rule_and_why_it_matters(stored: Lakehouse, tmp_path: Path) -> None:
    build_data_docs(newest_validations(stored.read("silver", "quality_result")), tmp_path)
    (page,) = (tmp_path / "validations" / "account" / "run-3").rglob("account.html")
    said = re.sub(r"<[^>]+>|\s+", " ", page.read_text(encoding="utf-8"))
    assert re.search(r"2\s+unexpected values found\. 25% of 8 total rows", said)
    assert NAMED.reason in (tmp_path / "expectations" / "account.html").read_text(encoding="utf-8")


def test_results_of_an_earlier_version_have_no_pages(spark: SparkSession, lake: Lakehouse) -> None:
    old = frame_of(spark, [("r", "account", True)], "run_id string, entity string, success boolean")
    assert newest_validations(old) == []
