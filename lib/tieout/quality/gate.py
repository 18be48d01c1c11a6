"""Does a table meet its expectations? Great Expectations says so, as summaries that stay small."""

from __future__ import annotations

import json
import logging
import warnings
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.base import nearest
from tieout.config.quality import ExpectationConfig, QualityConfig
from tieout.errors import ConfigError, QualityGateError

# Complete lists of unexpected rows would come to the driver; a summary has at most twenty values.
RESULT_FORMAT = "SUMMARY"
RESULT_SCHEMA = (
    "run_id string, entity string, rule string, expectation string, kwargs string, on_fail string, "
    "severity string, success boolean, element_count bigint, unexpected_count bigint, "
    "observed_value string, message string, at timestamp"
)


@dataclass(frozen=True)
class GateResult:
    """How one expectation went."""

    expectation: ExpectationConfig
    success: bool
    element_count: int | None
    unexpected_count: int | None
    observed_value: str | None
    message: str | None

    def row(self, run_id: str, entity: str, at: datetime) -> tuple[Any, ...]:
        """Return the row of `silver.quality_result`, in the order of RESULT_SCHEMA."""
        e = self.expectation
        kwargs = json.dumps(e.kwargs, default=str, sort_keys=True)
        return (
            run_id, entity, e.rule, e.type, kwargs, e.on_fail, e.severity, self.success,
            self.element_count, self.unexpected_count, self.observed_value, self.message, at,
        )  # fmt: skip


def run_gate(frame: DataFrame, config: QualityConfig) -> list[GateResult]:
    """Validate a Spark frame of one entity against all its expectations.

    The frame should be cached or a table: Great Expectations reads it more than once. Raises
    ConfigError when an expectation does not exist or does not take the arguments given.
    """
    if not config.expectations:
        return []
    great_expectations = _library()
    context = great_expectations.get_context(mode="ephemeral")
    # An ephemeral context would otherwise draw a progress bar over the job's own lines.
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_spark("spark").add_dataframe_asset(config.entity)
    batch = asset.add_batch_definition_whole_dataframe("all rows")
    expectations = [
        _build(expectation, config.entity, position) for position, expectation in enumerate(config.expectations)
    ]
    suite = great_expectations.ExpectationSuite(config.entity, expectations=expectations)
    validation = great_expectations.ValidationDefinition(
        name=config.entity, data=batch, suite=context.suites.add(suite)
    )
    outcome = context.validation_definitions.add(validation).run(
        batch_parameters={"dataframe": frame}, result_format=RESULT_FORMAT
    )
    by_position = {result.expectation_config.meta["position"]: result for result in outcome.results}
    return [_result(expectation, by_position[i]) for i, expectation in enumerate(config.expectations)]


def stop_if_failed(results: list[GateResult], entity: str) -> None:
    """Raise QualityGateError naming every failed expectation with `on_fail: stop`."""
    failed = [result for result in results if not result.success and result.expectation.on_fail == "stop"]
    if failed:
        told = "; ".join(
            f"{result.expectation.rule} ({result.expectation.reason}; found {_found(result)})" for result in failed
        )
        raise QualityGateError(f"{entity}: stopped by {told}. Nothing was written; see conf/quality/{entity}.yml.")


def result_rows(results: list[GateResult], run_id: str, entity: str) -> list[tuple[Any, ...]]:
    """Return rows of `silver.quality_result` (RESULT_SCHEMA)."""
    at = datetime.now(UTC)
    return [result.row(run_id, entity, at) for result in results]


def check_expectations(config: QualityConfig, path: Path) -> None:
    """Raise ConfigError for an expectation that Great Expectations does not have, or wrong arguments."""
    for expectation in config.expectations:
        try:
            _build(expectation, config.entity)
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error


def _library() -> Any:
    # Loading it takes seconds, so only a job that validates pays for it.
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="great_expectations")
    import great_expectations

    return great_expectations


def _build(expectation: ExpectationConfig, entity: str, position: int = 0) -> Any:
    great_expectations = _library()
    classes = great_expectations.expectations
    name = "".join(word.capitalize() for word in expectation.type.split("_"))
    known = {attribute.lower(): attribute for attribute in dir(classes) if attribute.startswith("Expect")}
    if name.lower() not in known:
        hint = nearest(name, list(known.values()))
        raise ConfigError(f"quality/{entity}.yml: no expectation {expectation.type!r}.{hint}")
    kwargs = dict(expectation.kwargs)
    if "row_condition" in kwargs:
        kwargs.setdefault("condition_parser", "spark")
    try:
        return getattr(classes, known[name.lower()])(meta={"position": position}, **kwargs)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"quality/{entity}.yml: {expectation.rule}: {error}") from error


def _result(expectation: ExpectationConfig, validated: Any) -> GateResult:
    found = validated.result or {}
    observed = found.get("observed_value")
    failure = (validated.exception_info or {}).get("exception_message")
    return GateResult(
        expectation,
        bool(validated.success),
        found.get("element_count"),
        found.get("unexpected_count"),
        None if observed is None else str(observed),
        failure,
    )


def _found(result: GateResult) -> str:
    if result.unexpected_count is not None:
        return f"{result.unexpected_count} of {result.element_count} rows"
    return str(result.observed_value or result.message)
