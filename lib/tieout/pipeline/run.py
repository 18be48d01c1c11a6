"""The whole pipeline: ingest, conform, train where there is no champion, resolve, publish, report."""

from __future__ import annotations

from functools import partial
from typing import Any

from tieout.bronze.ingest import ingest
from tieout.gold.publish import publish
from tieout.lakehouse.context import Context
from tieout.pipeline.evaluate import evaluate
from tieout.pipeline.resolve import resolve
from tieout.pipeline.train import train_where_needed
from tieout.report.run_report import write_report
from tieout.silver.conform import conform
from tieout.silver.mapping.check import check_mappings

# What the JSON line says of accounts against truth; the report has the rest.
MEASURED = ("precision", "recall", "f1", "b3_precision", "b3_recall", "b3_f1", "ece")


def run_all(
    context: Context,
    input_uri: str,
    *,
    truth: str | None = None,
    report: str | None = None,
    as_of: str | None = None,
    retrain: bool = False,
    full: bool = False,
    with_people: bool = False,
) -> dict[str, Any]:
    """Chain the steps. Each is idempotent, so a run that was killed is simply run again.

    A step for which nothing has changed since its last finished run repeats what that run said, unless
    `--full`. Truth is read only after gold is published, so no step can learn from it.
    """
    progress = context.progress
    with context.reported("ingest") as said:
        check = partial(check_mappings, context.spark, context.config)
        ingested = ingest(context, input_uri, full=full, check=check)
        said["rows"] = total(ingested["rows"])
    with context.reported("conform") as said:
        conformed = conform(context, full=full)
        said |= {"silver": total(conformed["silver"]), "quarantined": total(conformed["quarantined"])}
    with context.reported("train") as said:
        said["models"] = len(train_where_needed(context, retrain=retrain, full=full))
    with context.reported("resolve"):
        resolved = resolve(context, force=full)
    with context.reported("publish") as said:
        published = publish(context, as_of, full=full)
        said["customers"] = published["customers"]
    figures = _figures(ingested, conformed, resolved, published)
    measured: dict[str, Any] = {}
    if truth:
        with context.reported("evaluate"):
            measured = evaluate(context, truth, full=full)
        figures["reasons"] = {name: n for name, n in measured.get("tie_out", {}).items() if isinstance(n, int)}
        figures["match"] = {name: measured["account"][name] for name in MEASURED if name in measured["account"]}
    with context.reported("report"):
        told = figures | {"evaluation": measured, "as_of": published["as_of"], "seconds": progress.seconds}
        written = write_report(context, report, told, with_people, full=full)
        figures |= {"report": written.place, "headline": written.figures}
    skipped = dict(context.run.finished.skipped)
    return figures | {"unchanged_since": skipped, "run_id": context.run.run_id, "seconds": progress.seconds}


def total(counts: dict[str, Any]) -> int:
    """Return the sum of counts, nested by system, object or entity."""
    return sum(total(value) if isinstance(value, dict) else int(value) for value in counts.values())


def _figures(
    ingested: dict[str, Any], conformed: dict[str, Any], resolved: dict[str, Any], published: dict[str, Any]
) -> dict[str, Any]:
    """Put the steps' figures into the one object that `--json` prints."""
    models = {entity: found["model"] for entity, found in resolved.items() if found.get("model")}
    return {
        "records": ingested["rows"],
        "bronze": conformed["bronze"],
        "silver": conformed["silver"],
        "quarantined": conformed["quarantined"],
        "customers": published["customers"],
        "match": {},
        "model": models.get("account"),
        "models": models,
        "tie_out": published.get("tie_out", {}),
        "metrics": published["metrics"],
        "files_new": ingested["files_new"],
        "files_skipped": ingested["files_skipped"],
        "as_of": published["as_of"],
    }
