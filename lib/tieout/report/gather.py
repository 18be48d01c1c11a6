"""From tables to small frames: bounded queries only, one for each chapter of the report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tieout.config import Config
from tieout.lakehouse.context import Context
from tieout.report.chapters.changes import change_facts
from tieout.report.chapters.conflicts import conflict_facts
from tieout.report.chapters.customers import customer_facts
from tieout.report.chapters.lineage import run_facts
from tieout.report.chapters.metrics import metric_facts
from tieout.report.chapters.model import champion_levels
from tieout.report.chapters.risk import risk_facts
from tieout.report.chapters.rows import quarantine_facts, row_facts
from tieout.report.chapters.teams import team_facts
from tieout.report.chapters.tie_out import tie_out_facts
from tieout.report.chapters.worklist import work_facts
from tieout.report.facts import Facts, MatchFacts, TieOutFacts, WorkFacts
from tieout.report.layout import text
from tieout.report.match_facts import match_facts
from tieout.report.recorded import newest_details, recorded_steps
from tieout.report.tables import Tables

# The queries are small and wait for planning more than for work.
PARALLEL = 4
ENTITIES = ("account", "contact", "product")


def gather(context: Context, figures: Mapping[str, Any], people: bool = False, of_run: str | None = None) -> Facts:
    """Read all that the report shows. Every query is bounded; an absent table gives an empty frame.

    Rows that hold names, e-mails or phones of persons are read with `people` only. `of_run` is the id of
    the run that is reported, where it is not the one under way.
    """
    config = context.config
    tables = Tables(context.lake, system_titles(config))
    measured = _by_entity(figures.get("evaluation") or figures.get("match"))
    learned = {entity: champion_levels(context.tracking_uri, entity) for entity in ENTITIES}
    models = {entity: version for entity, (_, version) in learned.items()}

    steps = recorded_steps(tables, context.run)
    resolved = newest_details(steps, "resolve", "blocking")

    def matched(entity: str) -> MatchFacts:
        said = resolved.get(entity, {}) | measured.get(entity, {})
        ask = people or not personal_fields(config, entity, "person")
        return match_facts(tables, config, entity, said, learned[entity][0], ask)

    questions: dict[str, Callable[[], Any]] = {
        "run": lambda: run_facts(context, tables, figures, models, of_run),
        "rows": lambda: row_facts(steps, tables.find("silver", "drift"), tables.titled),
        "quarantine": lambda: quarantine_facts(tables, set() if people else personal_entities(config)),
        "customers": lambda: customer_facts(tables),
        "teams": lambda: team_facts(tables),
        "money": lambda: _money(tables, config),
        "risk": lambda: risk_facts(context, tables),
        "changes": lambda: change_facts(tables, steps, of_run or context.run.run_id, config),
        "metrics": lambda: metric_facts(tables),
        "conflicts": lambda: conflict_facts(tables, [] if people else personal_fields(config, "account")),
    }
    with ThreadPoolExecutor(PARALLEL) as pool:
        matches = [pool.submit(matched, entity) for entity in ENTITIES]
        answers = {name: pool.submit(question) for name, question in questions.items()}
        found = {name: answer.result() for name, answer in answers.items()}
        found["work"], found["tie_out"] = found.pop("money")
        reasons = dict(dict(figures.get("evaluation") or {}).get("tie_out") or {})
        return Facts(people=people, **found, matches=[match.result() for match in matches], reasons=reasons)


def _money(tables: Tables, config: Config) -> tuple[WorkFacts, TieOutFacts]:
    work = work_facts(tables, config)
    return work, tie_out_facts(tables, config, work.reasons)


def system_titles(config: Config) -> dict[str, str]:
    """Return system → its name for people, from `title` in `conf/sources/`."""
    return {name: source.title or text.title(name) for name, source in config.sources.items()}


def personal_fields(config: Config, entity: str, kind: str | None = None) -> list[str]:
    """Return the entity's fields that say who a person is or how to reach one; of one `kind` where it is given."""
    known = config.entities.get(entity)
    fields = known.fields if known else {}
    return [name for name, one in fields.items() if one.personal != "none" and kind in (None, one.personal)]


def personal_entities(config: Config) -> set[str]:
    """Return the entities whose rows hold such fields."""
    return {entity for entity in config.entities if personal_fields(config, entity)}


def _by_entity(measured: Any) -> dict[str, dict[str, Any]]:
    # Evaluation speaks of accounts, or of several entities by name.
    if not measured:
        return {}
    return dict(measured) if any(name in measured for name in ENTITIES) else {"account": dict(measured)}
