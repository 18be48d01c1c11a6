"""Summary of the lakehouse: runs, data products, gates, open quarantine and reviews."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tieout.config import Config
from tieout.config.models.products import read_products
from tieout.lakehouse.tables import Lakehouse
from tieout.report.status import check_promises, observe

SHOWN_RUNS = 8


def status(lake: Lakehouse, config: Config, now: datetime | None = None) -> dict[str, Any]:
    """Return `runs, products, gates, quarantine, review, broken` (number of products).

    `products` has for each of `products.yml` its state, age and problems; see `check_promises`. Raises
    ConfigError when `products.yml` is wrong.
    """
    products = read_products(config.directory).products
    seen = observe(lake)
    health = [check_promises(name, one, seen, now or datetime.now(UTC)) for name, one in products.items()]
    return {
        "place": lake.root or lake.catalog,
        "runs": [_run_figures(run) for run in seen.runs[:SHOWN_RUNS]],
        "products": [one.to_dict() for one in health],
        "gates": seen.gates,
        "quarantine": _by_entity(seen.quarantine),
        "review": _by_entity(seen.reviews),
        "tables": len(seen.tables),
        "broken": sum(one.state != "on_time" for one in health),
    }


def _run_figures(run: dict[str, Any]) -> dict[str, Any]:
    started, finished = run["started_at"], run["finished_at"]
    seconds = round((finished - started).total_seconds(), 1) if finished else None
    times = {"started_at": f"{started:%Y-%m-%d %H:%M:%S}", "seconds": seconds}
    return {key: run[key] for key in ("run_id", "verb", "user", "status", "message")} | times


def _by_entity(counts: dict[str, int]) -> dict[str, Any]:
    return {"open": sum(counts.values()), "by_entity": counts}
