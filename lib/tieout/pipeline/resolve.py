"""Resolution of the current silver records into the match tables."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tieout.config.models.matching import MatchingConfig
from tieout.errors import ModelError, UsageError
from tieout.gold.documents.money import Rate, read_rates
from tieout.gold.documents.money_links import MoneyLinks
from tieout.identity.decisions import between
from tieout.identity.fingerprint import NOT_RESOLVED, input_fingerprint
from tieout.identity.records import records
from tieout.identity.resolution import Before, Resolution, resolve_entity
from tieout.identity.tables import MatchTables
from tieout.lakehouse.context import AT_A_TIME, Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.matching.tracking import registry

IGNORED = ("sources", "quality", "survivorship")
LEFT = ("match.pair", "match.crosswalk", "match.identity_event", "match.review_queue")
# What a record is worth to get right, in its own currency: the largest of these that it has.
STAKES = ("annual_revenue", "credit_limit")
# The entity whose records documents name, so that their money links them.
LINKED = "account"


def resolve(
    context: Context, entities: list[str] | None = None, *, force: bool = False, dry_run: bool = False
) -> dict[str, Any]:
    """Score, cluster and name the current silver records of each entity that has a matching config.

    Nothing is done where nothing has changed since the last finished run, and an entity whose records, decisions,
    model and config are those of the last run is left alone, unless `force`.
    Returns by entity: records, clusters, pairs_scored, cut_edges, review, events, model and more.
    Raises UsageError for an unknown entity, ModelError where there is no champion model.
    """
    if dry_run or entities is not None:
        return _resolve(context, entities, force, dry_run)
    resolved = lambda inner: _resolve(inner, None, force, False)  # noqa: E731
    return run_step(context, step(context), resolved, full=force, repeat=_unchanged)


def step(context: Context) -> Step:
    """Return what the step depends on: also the champions."""
    return Step(
        "resolve",
        ignores=IGNORED,
        inputs=lambda: registry.versions_in_use(context.config.matching, context.tracking_uri),
    )


def _unchanged(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run as those of one that found nothing to do."""
    return {entity: said | {"unchanged": True} for entity, said in figures.items()}


def _resolve(context: Context, entities: list[str] | None, force: bool, dry_run: bool) -> dict[str, Any]:
    tables = MatchTables(context.lake, context.run.run_id)
    # Somebody has overwritten, restored or deleted what the last run left, or a part was resolved alone.
    force = force or any(name in LEFT for name in context.run.finished.disturbed("resolve"))
    figures: dict[str, Any] = {}
    resolved: list[Resolution] = []
    try:
        configs = _chosen(context, entities)
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            done = {name: pool.submit(_resolve_one, context, tables, config, force) for name, config in configs.items()}
        for entity, future in done.items():
            found, figures[entity] = future.result()
            if found is not None:
                resolved.append(found)
        if resolved:
            counts = tables.count(resolved) if dry_run else tables.write(resolved)
            for entity, numbers in counts.items():
                figures[entity] |= numbers
    finally:
        for found in resolved:
            found.release()
    _record(context, figures)
    return figures


def _chosen(context: Context, entities: list[str] | None) -> dict[str, MatchingConfig]:
    configs = context.config.matching
    for entity in entities or []:
        if entity not in configs:
            known = ", ".join(configs)
            raise UsageError(f"--entity {entity}: no conf/matching/{entity}.yml; there are {known}")
    chosen = {entity: configs[entity] for entity in entities or list(configs)}
    there = {entity: config for entity, config in chosen.items() if context.lake.exists("silver", entity)}
    if not there:
        raise UsageError(f"No silver table of {', '.join(chosen)} yet: run `tieout conform` first.")
    return there


def _resolve_one(
    context: Context, tables: MatchTables, config: MatchingConfig, force: bool
) -> tuple[Resolution | None, dict[str, Any]]:
    started = time.monotonic()
    entity, lake = config.entity, context.lake
    context.progress.now(entity)
    silver = lake.read("silver", entity)
    current = records(silver, entity).withColumn("value", _value(context, silver))
    trained = registry.champion(entity, context.tracking_uri)
    version = trained[1].version if trained else "none"
    model = trained[1].to_dict() if trained else None
    decisions = tables.decisions(entity)
    decisions = None if decisions is None else between(decisions, current).persist()
    links = MoneyLinks.of(lake, context.config) if entity == LINKED else None
    # Version numbers start again in a new store, MLflow's runs do not.
    used = f"{version} {trained[1].run_id}" if trained else version
    mark = input_fingerprint(silver, decisions, used, config, links.content() if links else "")
    if not force and mark.number != NOT_RESOLVED and mark.number == tables.fingerprint(entity):
        return None, tables.unchanged(entity) | {"model": model, "seconds": round(time.monotonic() - started, 1)}
    if trained is None and mark.records > 1:
        raise ModelError(
            f"{entity}: no model with alias champion in {context.tracking_uri}; train one with `tieout train`"
        )
    before = Before(tables.crosswalk(entity), decisions)
    found = resolve_entity(current, trained[0] if trained else None, config, before, version, links)
    found.fingerprint = mark.number
    said = {"model": model, "silver_version": lake.version("silver", entity)}
    return found, found.report | said | {"seconds": round(time.monotonic() - started, 1)}


def _value(context: Context, silver: DataFrame) -> Column:
    """Return the money at stake of a record, in the reporting currency, at the newest rates."""
    known = [F.col(name).cast("double") for name in STAKES if name in silver.columns]
    if not known or "currency" not in silver.columns:
        return F.lit(None).cast("double")
    path = context.config.lookup_path(context.config.project.exchange_rates)
    newest = {rate.currency: float(rate.rate) for rate in sorted(read_rates(path), key=_day)}
    newest[context.config.project.reporting_currency] = 1.0
    rates = F.create_map(*[F.lit(part) for pair in newest.items() for part in pair])
    amount = F.greatest(*known) if len(known) > 1 else known[0]
    return amount * F.try_element_at(rates, F.col("currency"))


def _day(rate: Rate) -> date:
    return rate.valid_from


def _record(context: Context, figures: dict[str, Any]) -> None:
    for entity, said in figures.items():
        counts = {name: value for name, value in said.items() if isinstance(value, int)}
        counts.pop("unchanged", None)
        details = {name: value for name, value in said.items() if name not in counts}
        context.run.step("resolve", entity=entity, seconds=said["seconds"], details=details, **counts)  # type: ignore[arg-type]
