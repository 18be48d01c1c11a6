"""Comparison of what was observed of a data product with what was promised."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from tieout.config.models.products import Product
from tieout.report.status.observed import Observed

HOUR, DAY = 3600.0, 86400.0


@dataclass(frozen=True)
class Health:
    """One product's state: `on_time`, `late`, `failed` (its last run did), `missing`, or `below_bar`."""

    product: str
    owner: str
    state: str
    refreshed_at: str | None
    age_hours: float | None
    promised_hours: float
    source_changed_at: str | None
    problems: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields, for a command's figures."""
        return asdict(self)


def check_promises(name: str, product: Product, seen: Observed, now: datetime) -> Health:
    """Compare one product with its promises at `now` (UTC)."""
    refreshed = seen.refreshed_at(product.tables)
    changed = seen.source_changed_at(product.sources)
    age = None if refreshed is None else max(0.0, (now - refreshed).total_seconds() / HOUR)
    missing = [table for table in product.tables if table not in seen.tables]
    late = age is not None and age > product.refreshed_within_hours
    below = _below_bars(product, seen, now)
    problems = [f"{table} has not been written" for table in missing]
    if late:
        problems.append(f"refreshed {age:.0f} h ago, promised within {product.refreshed_within_hours:g} h")
    if seen.last_failure:
        problems.append(f"the last run failed: {seen.last_failure}")
    state = _state(bool(missing), late, bool(seen.last_failure), bool(below))
    return Health(
        product=name,
        owner=product.owner,
        state=state,
        refreshed_at=_written(refreshed),
        age_hours=None if age is None else round(age, 1),
        promised_hours=product.refreshed_within_hours,
        source_changed_at=_written(changed),
        problems=problems + below,
    )


def _state(missing: bool, late: bool, failed: bool, below: bool) -> str:
    states = {"missing": missing, "late": late, "failed": failed, "below_bar": below}
    return next((name for name, holds in states.items() if holds), "on_time")


def _below_bars(product: Product, seen: Observed, now: datetime) -> list[str]:
    bars, found = product.bars, []
    changed = seen.source_changed_at(product.sources)
    if bars.source_age_days is not None and changed is not None:
        days = (now - changed).total_seconds() / DAY
        if days > bars.source_age_days:
            found.append(f"newest change in its sources is {days:.0f} days old, bar {bars.source_age_days:g}")
    if bars.quarantined_percent is not None:
        part = seen.quarantined_percent(product.sources)
        if part > bars.quarantined_percent:
            found.append(f"{part:.2f} % of its source rows are in quarantine, bar {bars.quarantined_percent:g} %")
    if bars.open_reviews is not None and sum(seen.reviews.values()) > bars.open_reviews:
        found.append(f"{sum(seen.reviews.values()):,} pairs wait for review, bar {bars.open_reviews:,}")
    if bars.unresolved_percent is not None and (seen.differing_percent or 0) > bars.unresolved_percent:
        found.append(f"{seen.differing_percent:.0f} % of the tie-out differs, bar {bars.unresolved_percent:g} %")
    return found


def _written(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%d %H:%M}"
