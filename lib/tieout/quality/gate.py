"""Gates: Great Expectations' answers about an entity, kept small.

It is asked about the candidate rows, those that quarantine will hold back included. It is asked for yes or no only:
its lists of unexpected rows would come to the driver, and how many rows break a rule is known from the single pass
that looks for them (quality.rules).
"""

from __future__ import annotations

import logging
import os
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame

from tieout.config.base import nearest
from tieout.config.models.quality import ExpectationConfig
from tieout.config.sql_types import ConfigLocation
from tieout.errors import ConfigError, QualityGateError
from tieout.quality.expectations import is_row_wise

YES_OR_NO = "BOOLEAN_ONLY"
# For a failed expectation about a whole table: what was found, at most twenty example values.
SUMMARY = "SUMMARY"


@dataclass(frozen=True)
class Outcome:
    """How one expectation went; `observed` says what was found, for expectations about whole tables.

    `answer` is what Great Expectations says, as it writes it to JSON.
    """

    expectation: ExpectationConfig
    success: bool
    observed: str | None = None
    answer: dict[str, Any] = field(default_factory=dict, compare=False)


class Gate:
    """Great Expectations, opened once for all entities of a run."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._library = library()
        self._context: Any = self._library.get_context(mode="ephemeral")
        # It would draw a progress bar over the job's own lines.
        self._context.variables.progress_bars = {"globally": False}
        self._source = self._context.data_sources.add_spark("silver", persist=False)
        self._runs = 0

    def build(self, entity: str, expectations: list[ExpectationConfig]) -> list[Any]:
        """Return Great Expectations' own objects.

        Raises ConfigError, naming the line, for one that does not exist or has wrong arguments.
        """
        location = ConfigLocation(self.directory / "quality" / f"{entity}.yml", ("expectations",))
        return [self._build(expectation, n, location.at(n)) for n, expectation in enumerate(expectations)]

    def validate(self, frame: DataFrame, entity: str, expectations: list[ExpectationConfig]) -> list[Outcome]:
        """Return the outcome of each expectation over the rows of a frame, which should be cached or a table.

        `frame` has `source_system` and the columns that the expectations name. Raises ConfigError for an expectation
        that cannot be checked.
        """
        if not expectations:
            return []
        answers = self._run(frame, entity, self.build(entity, expectations), YES_OR_NO)
        # How many rows break a row-wise rule is known; what was found of a table is asked for where it fails.
        failed = [n for n, answer in answers.items() if not answer.success and not is_row_wise(expectations[n].type)]
        chosen = [expectations[n] for n in failed]
        told = self._run(frame, entity, self.build(entity, chosen), SUMMARY) if chosen else {}
        details = {failed[n]: answer for n, answer in told.items()}
        return [_outcome(expectation, answers[n], details.get(n)) for n, expectation in enumerate(expectations)]

    def _run(self, frame: DataFrame, entity: str, built: list[Any], result_format: str) -> dict[int, Any]:
        self._runs += 1
        asset = self._source.add_dataframe_asset(f"{entity} {self._runs}")
        batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": frame})
        suite = self._library.ExpectationSuite(name=f"{entity} {self._runs}", expectations=built)
        result = batch.validate(suite, result_format=result_format)
        return {answer.expectation_config.meta["position"]: answer for answer in result.results}

    def _build(self, expectation: ExpectationConfig, position: int, location: ConfigLocation) -> Any:
        classes = self._library.expectations
        name = "".join(word.capitalize() for word in expectation.type.split("_"))
        known = {
            attribute.lower(): attribute for attribute in dir(classes) if attribute.startswith(("Expect", "Unexpected"))
        }
        if name.lower() not in known:
            hint = nearest(name, list(known.values()))
            raise location.at("type").error(f"Great Expectations has no {expectation.type!r}.{hint}")
        kwargs = dict(expectation.kwargs)
        if expectation.systems:
            listed = ", ".join(f"'{system}'" for system in expectation.systems)
            condition = f"source_system IN ({listed})"
            given = kwargs.get("row_condition")
            kwargs["row_condition"] = f"({given}) AND {condition}" if given else condition
        if "row_condition" in kwargs:
            kwargs.setdefault("condition_parser", "spark")
        try:
            words = {"notes": expectation.reason, "severity": expectation.severity}
            return getattr(classes, known[name.lower()])(meta={"position": position}, **words, **kwargs)
        except (TypeError, ValueError) as error:
            raise location.at("kwargs").error(f"{expectation.rule}: {_first_line(error)}") from error


def stop_if_failed(outcomes: dict[str, list[Outcome]]) -> None:
    """Raise QualityGateError naming every failed expectation with `on_fail: stop`, of all entities."""
    told = [
        f"{entity}: {outcome.expectation.rule} ({outcome.expectation.reason}; "
        f"found {outcome.observed or 'rows that break it'})"
        for entity, results in outcomes.items()
        for outcome in results
        if not outcome.success and outcome.expectation.on_fail == "stop"
    ]
    if told:
        raise QualityGateError(f"stopped by {'; '.join(told)}. Nothing was written; the rules are in conf/quality/.")


def library() -> Any:
    """Return Great Expectations, quiet and without its statistics of use; loading it takes seconds."""
    os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
    logging.getLogger("great_expectations").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="great_expectations")
    import great_expectations

    return great_expectations


def _outcome(expectation: ExpectationConfig, answer: Any, detail: Any) -> Outcome:
    failure = _exception_of(answer) or (_exception_of(detail) if detail is not None else None)
    if failure:
        raise ConfigError(f"quality gate: {expectation.rule} cannot be checked: {failure}")
    said = (answer if detail is None else detail).to_json_dict()
    if detail is None:
        return Outcome(expectation, bool(answer.success), answer=said)
    found = detail.result or {}
    observed = found.get("observed_value")
    if observed is None and found.get("unexpected_count") is not None:
        observed = f"{found['unexpected_count']} of {found['element_count']} rows"
    return Outcome(expectation, False, None if observed is None else str(observed), said)


def _exception_of(answer: Any) -> str | None:
    info = answer.exception_info or {}
    parts = [info] if "raised_exception" in info else list(info.values())
    raised = [part for part in parts if isinstance(part, dict) and part.get("raised_exception")]
    return _first_line(raised[0].get("exception_message")) if raised else None


def _first_line(error: object) -> str:
    return str(error).strip().split("\n\n", 1)[0].replace("\n", " ")[:300]
