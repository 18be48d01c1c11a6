"""Rows of `silver.quality_result`, one a rule and run, with what Great Expectations said of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tieout.quality.gate import Outcome
from tieout.quality.rules import Rule

SCHEMA = (
    "run_id string, entity string, rule string, expectation string, kwargs string, on_fail string, "
    "severity string, success boolean, element_count bigint, unexpected_count bigint, "
    "observed_value string, message string, at timestamp, validation string"
)
# A list of allowed values may be hundreds long; the config has it.
MAX_VALUES = 20


def result_rows(
    run_id: str, entity: str, rules: list[Rule], outcomes: list[Outcome], broken: Mapping[int, int], checked: int
) -> list[tuple[Any, ...]]:
    """Return rows of SCHEMA: every expectation with its answer, and every rule of ours that rows broke.

    `validation` is Great Expectations' result as JSON, with the counts of rows that it was not asked for.
    `broken` counts rows by the rule's number, `checked` are the rows that were asked.
    """
    at = datetime.now(UTC)
    numbers = {id(rule.expectation): n for n, rule in enumerate(rules) if rule.expectation is not None}
    rows: list[tuple[Any, ...]] = []
    for outcome in outcomes:
        config = outcome.expectation
        n = numbers.get(id(config))
        count = broken.get(n, 0) if n is not None else None
        rows.append((
            run_id, entity, config.rule, config.type, _shown(config.kwargs), config.on_fail, config.severity,
            outcome.success, checked, count, outcome.observed, config.reason, at, _validation(outcome, checked, count),
        ))  # fmt: skip
    for n, rule in enumerate(rules):
        if rule.expectation is None and broken.get(n, 0):
            rows.append((
                run_id, entity, rule.name, "row rule", None, rule.on_fail, rule.severity, False, checked,
                broken[n], None, rule.reason, at, None,
            ))  # fmt: skip
    return rows


def _validation(outcome: Outcome, checked: int, count: int | None) -> str:
    said = outcome.answer
    if count is not None:
        percent = 100 * count / checked if checked else 0.0
        counts = {"element_count": checked, "unexpected_count": count, "unexpected_percent": percent}
        said = said | {"result": said.get("result", {}) | counts}
    return json.dumps(said, default=str)


def _shown(kwargs: dict[str, Any]) -> str:
    values = kwargs.get("value_set")
    if isinstance(values, list) and len(values) > MAX_VALUES:
        kwargs = kwargs | {"value_set": [*values[:MAX_VALUES], f"... {len(values)} in all"]}
    return json.dumps(kwargs, default=str, sort_keys=True)
