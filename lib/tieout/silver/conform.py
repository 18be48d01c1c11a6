"""The step conform: bronze to typed silver entities, or nothing where nothing has changed."""

from __future__ import annotations

import importlib
import threading
from typing import Any

from tieout.lakehouse.context import Context
from tieout.lakehouse.incremental import Step, run_step
from tieout.silver.run import Conform

STEP = Step("conform", ignores=("matching", "survivorship", "definitions"))


def load_gates() -> None:
    """Start to load Great Expectations, which takes seconds, while Spark starts or works."""
    threading.Thread(target=importlib.import_module, args=("great_expectations",), daemon=True).start()


def conform(
    context: Context,
    *,
    dry_run: bool = False,
    full: bool = False,
    only: list[tuple[str, str]] | None = None,
) -> dict[str, Any]:
    """Bring every entity's silver table up to date with bronze.

    Nothing is done where nothing has changed since the last finished run; and a system's share of an entity
    whose bronze rows, config and corrections have not changed is skipped. `full` does all, `only` names the
    (entity, system) shares to do. Returns `silver`,
    `quarantined`, `superseded`, `soft_deleted`, `changed` by entity and `bronze` by system and
    object. Raises ConfigError for a wrong mapping, QualityGateError when an expectation with
    `on_fail: stop` fails: then nothing is written.
    """
    if dry_run or only is not None:
        return Conform(context, dry_run=dry_run, full=full, only=only).run()
    return run_step(context, STEP, lambda inner: _conform(inner, full), full=full, repeat=_unchanged)


def _conform(context: Context, full: bool) -> dict[str, Any]:
    load_gates()
    return Conform(context, full=full).run()


def _unchanged(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run as those of one that found nothing to do."""
    return figures | {"changed": {}, "unchanged": sorted({*figures["changed"], *figures["unchanged"]})}
