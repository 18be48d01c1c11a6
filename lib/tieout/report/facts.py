"""The facts of a report: small frames and figures, one group a chapter; nothing here knows Spark.

Every frame is bounded: its size never grows with the data. An absent table is an empty frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from tieout.report.layout.frames import total

NOBODY = "(no known customer)"
UNEXPLAINED = "unexplained"
"""The tie-out's code for a difference that no reason explains."""


def empty(*columns: str) -> pd.DataFrame:
    """Return a frame with these columns and no rows."""
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})


@dataclass(frozen=True)
class RunFacts:
    """Which run made the figures, on what."""

    run_id: str = ""
    verb: str = ""
    user: str = ""
    version: str = ""
    started_at: str = ""
    as_of: str = ""
    currency: str = "USD"
    systems: dict[str, str] = field(default_factory=dict)
    """System, as people call it → kind: crm, erp or other."""
    models: pd.DataFrame = field(default_factory=lambda: empty("entity", "name", "version", "alias"))
    tables: pd.DataFrame = field(default_factory=lambda: empty("layer", "table", "version", "changed_at"))
    steps: pd.DataFrame = field(default_factory=lambda: empty("step", "seconds"))
    gates: pd.DataFrame = field(default_factory=lambda: empty("entity", "passed", "failed", "state"))
    gate_pages: str | None = None
    """Great Expectations' Data Docs, as a link from the report."""


@dataclass(frozen=True)
class RowFacts:
    """Rows read and what became of them, one row per system, object and entity; columns that changed since."""

    objects: pd.DataFrame = field(
        default_factory=lambda: empty(
            "system", "object", "entity", "bronze", "current", "superseded", "soft_deleted",
            "not_applicable", "quarantined",
        )
    )  # fmt: skip
    drift: pd.DataFrame = field(default_factory=lambda: empty("at", "system", "object", "change", "said"))


@dataclass(frozen=True)
class QuarantineFacts:
    """Rejected rows by rule, with a few examples of each."""

    rules: pd.DataFrame = field(default_factory=lambda: empty("entity", "rule", "severity", "reason", "rows"))
    examples: pd.DataFrame = field(
        default_factory=lambda: empty("entity", "rule", "source", "source_id", "reason", "raw")
    )


@dataclass(frozen=True)
class CustomerFacts:
    """How many real customers, by the systems that know them and by their number of records."""

    by_systems: pd.DataFrame = field(default_factory=lambda: empty("systems", "customers"))
    """`systems` is a tuple of system names."""
    sizes: pd.DataFrame = field(default_factory=lambda: empty("records", "customers"))
    largest: pd.DataFrame = field(default_factory=lambda: empty("tieout_id", "name", "records", "systems"))
    records: int = 0

    @property
    def customers(self) -> int:
        """Return the number of customers."""
        return int(total(self.by_systems, "customers"))


@dataclass(frozen=True)
class MatchFacts:
    """How records of one entity were matched, and how sure that is."""

    entity: str = "account"
    confidence: pd.DataFrame = field(default_factory=lambda: empty("low", "status", "records"))
    weights: pd.DataFrame = field(default_factory=lambda: empty("weight", "status", "pairs"))
    rules: pd.DataFrame = field(default_factory=lambda: empty("rule", "pairs", "accepted"))
    cuts: pd.DataFrame = field(default_factory=lambda: empty("reason", "pairs"))
    levels: pd.DataFrame = field(
        default_factory=lambda: empty("comparison", "level", "m", "u", "weight", "weight_common", "weight_rare")
    )
    sizes: pd.DataFrame = field(default_factory=lambda: empty("records", "clusters"))
    thresholds: dict[str, float] = field(default_factory=dict)
    quality: dict[str, float] = field(default_factory=dict)
    """precision, recall, f1, b3_f1, ece: only when truth was given."""
    calibration: pd.DataFrame = field(default_factory=lambda: empty("predicted", "observed", "cases"))
    curve: pd.DataFrame = field(default_factory=lambda: empty("threshold", "precision", "recall", "f1"))
    review: pd.DataFrame = field(default_factory=lambda: empty("left", "right", "probability", "reason"))
    open_reviews: int = 0


@dataclass(frozen=True)
class TeamFacts:
    """One term that teams define differently, and the customers on whom they differ."""

    term: str = "active_customer"
    teams: pd.DataFrame = field(default_factory=lambda: empty("team", "wording", "owner", "customers"))
    overlaps: pd.DataFrame = field(default_factory=lambda: empty("teams", "customers", "value"))
    """`teams` is a tuple of team names; `value` the contract value of those customers."""
    examples: pd.DataFrame = field(
        default_factory=lambda: empty("teams", "tieout_id", "name", "open_pipeline", "invoiced", "contract_value")
    )


@dataclass(frozen=True)
class TieOutFacts:
    """CRM money against ERP money, by quarter and by reason; `totals` over all quarters, shown or not."""

    quarters: pd.DataFrame = field(
        default_factory=lambda: empty(
            "period", "crm", "ordered", "invoiced", "paid", "not_due", "difference", "tied", "differing"
        )
    )
    reasons: pd.DataFrame = field(
        default_factory=lambda: empty(
            "reason", "label", "wording", "owner", "cases", "customers", "amount", "difference", "to_invoice", "to_cash"
        )
    )
    by_quarter: pd.DataFrame = field(default_factory=lambda: empty("period", "reason", "difference"))
    totals: dict[str, float] = field(default_factory=dict)
    """crm, ordered, invoiced, paid, not_due, difference; tied and differing (customers' quarters); quarters."""

    def whole(self, name: str) -> float:
        """Return a total over all quarters; over those that are listed, where no total is known."""
        if name in self.totals:
            return self.totals[name]
        return total(self.quarters, name) if name in self.quarters else 0.0


@dataclass(frozen=True)
class WorkFacts:
    """What does not agree and waits to be cleared: chains by reason, and the largest of each reason."""

    reasons: pd.DataFrame = field(
        default_factory=lambda: empty("reason", "label", "wording", "owner", "cases", "customers", "amount", "since")
    )
    cases: pd.DataFrame = field(
        default_factory=lambda: empty(
            "reason", "label", "owner", "tieout_id", "name", "period", "amount", "crm", "ordered", "invoiced",
            "paid", "documents",
        )
    )  # fmt: skip

    @property
    def unexplained(self) -> pd.DataFrame:
        """Return the row of what no reason explains, if there is one."""
        return self.reasons[self.reasons["reason"] == UNEXPLAINED]


@dataclass(frozen=True)
class RiskFacts:
    """Money owed and late, receivables by age, and the customers that may leave, with the signs of it."""

    exposure: dict[str, float] = field(default_factory=dict)
    """Sums over all customers, in the reporting currency: overdue, open_receivables, ..."""
    at_risk: pd.DataFrame = field(default_factory=lambda: empty("tieout_id", "name", "value", "why"))
    customers: int = 0
    """Customers at risk, listed or not."""
    signs: pd.DataFrame = field(default_factory=lambda: empty("sign", "customers", "value"))
    ages: pd.DataFrame = field(default_factory=lambda: empty("age", "customers", "items", "amount"))


@dataclass(frozen=True)
class ChangeFacts:
    """What the last finished run said, and which cases and identities moved since."""

    since: str = ""
    """When it made its report (UTC); empty where there was none."""
    before: dict[str, Any] = field(default_factory=dict)
    moved: pd.DataFrame = field(default_factory=lambda: empty("kind", "reason", "label", "owner", "cases", "amount"))
    events: pd.DataFrame = field(default_factory=lambda: empty("entity", "event", "identities"))


@dataclass(frozen=True)
class MetricFacts:
    """Every metric by definition and team."""

    metrics: pd.DataFrame = field(
        default_factory=lambda: empty(
            "metric", "label", "team", "version", "value", "unit", "members", "wording", "owner"
        )
    )


@dataclass(frozen=True)
class ConflictFacts:
    """Fields on which systems disagree, and the changes that wait for each system."""

    fields: pd.DataFrame = field(default_factory=lambda: empty("entity", "field", "owner", "records"))
    examples: pd.DataFrame = field(default_factory=lambda: empty("name", "field", "owner", "values"))
    outbox: pd.DataFrame = field(default_factory=lambda: empty("system", "entity", "field", "changes"))


@dataclass(frozen=True)
class Facts:
    """All that the report shows; `people` tells whether rows about persons were asked for."""

    people: bool = False
    run: RunFacts = field(default_factory=RunFacts)
    work: WorkFacts = field(default_factory=WorkFacts)
    risk: RiskFacts = field(default_factory=RiskFacts)
    changes: ChangeFacts = field(default_factory=ChangeFacts)
    reasons: dict[str, Any] = field(default_factory=dict)
    """The tie-out's reasons against truth, as `reason_figures` returns them; empty without truth."""
    rows: RowFacts = field(default_factory=RowFacts)
    quarantine: QuarantineFacts = field(default_factory=QuarantineFacts)
    customers: CustomerFacts = field(default_factory=CustomerFacts)
    matches: list[MatchFacts] = field(default_factory=list)
    teams: TeamFacts = field(default_factory=TeamFacts)
    tie_out: TieOutFacts = field(default_factory=TieOutFacts)
    metrics: MetricFacts = field(default_factory=MetricFacts)
    conflicts: ConflictFacts = field(default_factory=ConflictFacts)
