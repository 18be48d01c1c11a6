"""From tables to small frames: bounded queries only, one module per chapter of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tieout.context import Context
from tieout.report.facts import Facts, MatchFacts
from tieout.report.gather.conflicts import conflict_facts
from tieout.report.gather.customers import customer_facts
from tieout.report.gather.lineage import run_facts
from tieout.report.gather.matching import match_facts
from tieout.report.gather.metrics import metric_facts
from tieout.report.gather.model import champion_levels
from tieout.report.gather.quarantine import quarantine_facts
from tieout.report.gather.rows import row_facts
from tieout.report.gather.steps import newest_details, recorded_steps
from tieout.report.gather.tables import Tables
from tieout.report.gather.teams import team_facts
from tieout.report.gather.tie_out import tie_out_facts

# The queries are small and wait for planning more than for work.
PARALLEL = 4
ENTITIES = ("account", "contact", "product")


def gather(context: Context, figures: Mapping[str, Any]) -> Facts:
    """Read all that the report shows. Every query is bounded; an absent table gives an empty frame."""
    tables = Tables(context.lake)
    measured = _by_entity(figures.get("evaluation") or figures.get("match"))
    learned = {entity: champion_levels(context.tracking_uri, entity) for entity in ENTITIES}
    models = {entity: version for entity, (_, version) in learned.items()}

    steps = recorded_steps(tables, context.run)
    resolved = newest_details(steps, "resolve", "blocking")

    def matched(entity: str) -> MatchFacts:
        said = resolved.get(entity, {}) | measured.get(entity, {})
        return match_facts(tables, context.config, entity, said, learned[entity][0])

    questions: dict[str, Callable[[], Any]] = {
        "run": lambda: run_facts(context, tables, figures, models),
        "rows": lambda: row_facts(steps, tables.find("silver", "drift")),
        "quarantine": lambda: quarantine_facts(tables),
        "customers": lambda: customer_facts(tables),
        "teams": lambda: team_facts(tables),
        "tie_out": lambda: tie_out_facts(tables, context.config),
        "metrics": lambda: metric_facts(tables),
        "conflicts": lambda: conflict_facts(tables),
    }
    with ThreadPoolExecutor(PARALLEL) as pool:
        matches = [pool.submit(matched, entity) for entity in ENTITIES]
        answers = {name: pool.submit(question) for name, question in questions.items()}
        found = {name: answer.result() for name, answer in answers.items()}
        return Facts(**found, matches=[match.result() for match in matches], figures=dict(figures))


def _by_entity(measured: Any) -> dict[str, dict[str, Any]]:
    # Evaluation speaks of accounts, or of several entities by name.
    if not measured:
        return {}
    return dict(measured) if any(name in measured for name in ENTITIES) else {"account": dict(measured)}
