"""Run a step of the pipeline, or repeat what its last finished run said where nothing it depends on has changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tieout.lakehouse.incremental.digests import code_version, config_inputs, counted, depends_on_day, digest
from tieout.lakehouse.incremental.finished import Mark, commit_of
from tieout.lakehouse.tables import Table, Touched

if TYPE_CHECKING:
    from tieout.lakehouse.context import Context

Figures = dict[str, Any]
Named = Callable[[], Mapping[str, str]]
Commits = Mapping[Table, str]
# The record of runs is no input: each run adds to it.
RECORDS = "ops"
NAMED_REASONS = 5


@dataclass(frozen=True)
class Step:
    """A step by its name, and what it depends on besides the tables that it opens, which are recorded.

    `ignores`: parts of the config that it does not read, and cannot. `arguments`: what it was called with.
    `inputs`: other inputs (a model, files) by name, as they are now. `leaves`: what it leaves besides tables
    (a model, a file), which must still be as its last finished run left it.
    """

    name: str
    ignores: Collection[str] = ()
    arguments: Mapping[str, Any] = field(default_factory=dict)
    inputs: Named = dict
    leaves: Named = dict


def run_step(
    context: Context,
    step: Step,
    compute: Callable[[Context], Figures],
    *,
    full: bool = False,
    repeat: Callable[[Figures], Figures] = lambda figures: figures,
) -> Figures:
    """Return the step's figures: computed, or those of its last finished run, passed through `repeat`.

    It is computed with `full`, and where anything differs from its last finished run: code, configuration,
    arguments, the commit of a table that it opened, what it left, or the day, if the result depends on it.
    `ops.step` gets a row either way: `skipped` and `unchanged_since`, or `because`, in its details.
    """
    started = time.monotonic()
    finished, last = context.run.finished, context.run.finished.last(step.name)
    given = _given(context, step)
    why = ["asked for in full"] if full else _differences(context, step, last, given)
    if not why and last is not None:
        finished.skipped[step.name] = last.run_id
        details: dict[str, Any] = {"skipped": True, "unchanged_since": last.run_id}
        context.run.step(step.name, details=details, seconds=time.monotonic() - started)
        return repeat(last.figures)
    before = finished.commits
    inner = replace(context, config=counted(context.config, step.name, step.ignores))
    with context.lake.recording() as touched:
        if depends_on_day(context.config, step.ignores):
            context.lake.today()
        figures = compute(inner)
    finished.refresh({layer for layer, _ in touched.written})
    inputs = given | {f"left {name}": value for name, value in step.leaves().items()}
    tables = _tables(touched, before, finished.commits)
    finished.add(Mark(step.name, context.run.run_id, inputs, tables, touched.day, figures))
    context.run.step(step.name, details={"because": why}, seconds=time.monotonic() - started)
    return figures


def reasons(context: Context, step: Step) -> list[str]:
    """Return why a step has to run again, in words; nothing where its last finished run still holds."""
    return _differences(context, step, context.run.finished.last(step.name), _given(context, step))


def _given(context: Context, step: Step) -> dict[str, str]:
    found = {"code": f"{code_version()} on Spark {context.spark.version}", "arguments": digest(step.arguments)}
    return found | config_inputs(context.config, step.ignores) | dict(step.inputs())


def _differences(context: Context, step: Step, last: Mark | None, given: Mapping[str, str]) -> list[str]:
    if last is None:
        return ["no finished run"]
    now = {**given, **{f"left {name}": value for name, value in step.leaves().items()}}
    differing = sorted(name for name in now.keys() | last.inputs.keys() if now.get(name) != last.inputs.get(name))
    changed = sorted(context.run.finished.disturbed(step.name))
    later = ["day"] if last.day is not None and last.day != context.lake.today() else []
    found = [*differing, *changed, *later]
    more = [f"and {len(found) - NAMED_REASONS} more"] if len(found) > NAMED_REASONS else []
    return found[:NAMED_REASONS] + more


def _tables(touched: Touched, before: Commits, after: Commits) -> dict[str, str | None]:
    """Return the commits of the tables that the step opened, before it, and of those that it wrote, after it."""
    names = sorted(f"{layer}.{table}" for layer, table in touched.opened | touched.written if layer != RECORDS)
    written = {f"{layer}.{table}" for layer, table in touched.written}
    return {name: commit_of(after if name in written else before, name) for name in names}
