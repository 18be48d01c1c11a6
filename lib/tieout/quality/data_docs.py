"""Data Docs: Great Expectations' own pages about the gates of the newest runs, built from stored results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tieout.quality.gate import library

RUNS = 10
SITE, SOURCE = "tieout", "silver"


class Validation(NamedTuple):
    """What Great Expectations said of one expectation of an entity in a run, as JSON."""

    run_id: str
    entity: str
    at: datetime
    validation: str


def newest_validations(results: DataFrame, runs: int = RUNS) -> list[Validation]:
    """Return the validations of the newest runs, oldest first.

    `results` is `silver.quality_result`; a table that an earlier version wrote has no `validation`, and gives none.
    """
    if "validation" not in results.columns:
        return []
    newest = Window.orderBy(F.desc("started"))
    started = results.where("validation IS NOT NULL").groupBy("run_id").agg(F.max("at").alias("started"))
    chosen = started.withColumn("_n", F.row_number().over(newest)).where(F.col("_n") <= runs).select("run_id")
    rows = results.where("validation IS NOT NULL").join(chosen, "run_id").select(*Validation._fields)
    # Bounded: the expectations of the config times `runs`.
    return sorted((Validation(*row) for row in rows.collect()), key=lambda one: (one.at, one.run_id, one.entity))


def build_data_docs(validations: Iterable[Validation], folder: Path) -> Path:
    """Write the pages to a folder of this machine: a page a run and entity, and an index, whose path is returned."""
    context = _context(folder)
    by_suite = groupby(validations, key=lambda one: (one.run_id, one.entity))
    for (run_id, entity), found in by_suite:
        _add(context, run_id, entity, list(found))
    context.build_data_docs()
    return folder / "index.html"


def _context(folder: Path) -> Any:
    context = library().get_context(mode="ephemeral")
    for name in list(context.variables.data_docs_sites or {}):
        context.delete_data_docs_site(name)
    site = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(SITE, site)
    return context


def _add(context: Any, run_id: str, entity: str, found: Sequence[Validation]) -> None:
    """Put the result of an entity's gate, and the suite that it was asked, into the stores that pages are made of."""
    from great_expectations.core.expectation_validation_result import expectationSuiteValidationResultSchema
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.data_context.types.resource_identifiers import (
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    answers = [json.loads(one.validation) for one in found]
    result = expectationSuiteValidationResultSchema.load(_suite_result(entity, answers))
    suite = library().ExpectationSuite(name=entity, expectations=[one.expectation_config for one in result.results])
    context.suites.add_or_update(suite)
    key = ValidationResultIdentifier(
        expectation_suite_identifier=ExpectationSuiteIdentifier(entity),
        run_id=RunIdentifier(run_name=run_id, run_time=found[0].at),
        batch_identifier=entity,
    )
    context.validation_results_store.set(key, result)


def _suite_result(entity: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the result of a suite as Great Expectations writes it to JSON."""
    passed = sum(bool(one["success"]) for one in answers)
    return {
        "success": passed == len(answers),
        "suite_name": entity,
        "suite_parameters": {},
        "results": answers,
        "statistics": {
            "evaluated_expectations": len(answers),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(answers) - passed,
            "success_percent": 100 * passed / len(answers),
        },
        "meta": {
            "great_expectations_version": library().__version__,
            "active_batch_definition": {
                "datasource_name": SOURCE,
                "data_connector_name": "",
                "data_asset_name": entity,
                "batch_identifiers": {},
            },
        },
        "id": None,
    }
