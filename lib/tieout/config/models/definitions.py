"""The model of `conf/definitions/*.yml`.

Every file may hold any of the sections; `merge` puts them together and checks names across files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, model_validator

from tieout.config.base import StrictModel
from tieout.errors import ConfigError

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Unit = Literal["customers", "money", "percent", "count", "days"]
Combine = Literal["count", "sum", "mean", "max", "ratio"]
ArgumentType = Literal["int", "decimal", "text", "date", "boolean"]
Scalar = bool | int | Decimal | date | str


class Sends(StrictModel):
    """What systems are told of the customers that a rule counts: a value of their account records."""

    to: list[str] = Field(min_length=1, description="systems, by name or kind (crm, erp, other)")
    field: Name = Field(description="canonical field of account; the system's own is in its `write:`")
    value: str = Field(description="canonical value that the field gets")
    instead_of: list[str] = Field(default=[], description="values that it may replace, besides none; default any")
    evidence: list[Name] = Field(
        default=[], description="golden fields whose records are the rule's evidence; the first that is filled"
    )


class Definition(StrictModel):
    """One term, metric or business rule, as one team means it.

    A metric or rule has `sql` that returns one row per customer it counts: `tieout_id` and `value`
    (and `weight` for `combine: ratio`; `why`, an array of texts, where it counts by several signs).
    `:as_of` is the date on which it is asked.
    """

    name: Name
    team: Name
    kind: Literal["metric", "rule", "term"] = "metric"
    label: str = Field(description="the name as people say it")
    wording: str = Field(description="the definition in one or two sentences, precise enough to argue about")
    owner: str = Field(description="who decides about the wording")
    unit: Unit = "customers"
    grain: Literal["customer"] = "customer"
    combine: Combine | None = Field(
        default=None, description="how members make the value; default count for customers, else sum"
    )
    version: int = Field(default=1, ge=1)
    consumers: list[str] = Field(default=[], description="who relies on it: reports, teams, systems")
    column: Name | None = Field(default=None, description="column of gold.customer_360 that carries it")
    sql: str | None = None
    sends: Sends | None = Field(default=None, description="a rule: what the outbox tells systems of its customers")

    @model_validator(mode="after")
    def _sends_of_a_rule(self) -> Definition:
        if self.sends is not None and self.kind != "rule":
            raise ValueError(f"a {self.kind} sends nothing; make it `kind: rule`")
        return self

    @model_validator(mode="after")
    def _sql_fits_kind(self) -> Definition:
        if (self.sql is None) != (self.kind == "term"):
            raise ValueError(f"a {self.kind} {'has no' if self.kind == 'term' else 'needs'} `sql`")
        if self.column is not None and self.kind == "term":
            raise ValueError("a term has no values, so it cannot be a `column`")
        return self

    @property
    def how(self) -> Combine:
        """Return how the members' values make the metric's value."""
        return self.combine or ("count" if self.unit == "customers" else "sum")


class Synonym(StrictModel):
    """Words of different teams and systems for one canonical thing."""

    means: str = Field(description="canonical entity, entity.field or definition")
    words: list[str] = Field(min_length=1)
    note: str | None = None


class Argument(StrictModel):
    """One argument of a question."""

    type: ArgumentType
    default: Scalar
    meaning: str
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    allowed: list[str] = []


class Question(StrictModel):
    """A named business question: SQL over gold and silver with typed, defaulted arguments."""

    name: Name
    wording: str
    owner: str
    team: Name
    arguments: dict[Name, Argument] = {}
    columns: dict[str, str] = Field(min_length=1, description="each column of the answer and its meaning")
    sql: str

    @model_validator(mode="after")
    def _no_reserved_argument(self) -> Question:
        if "as_of" in self.arguments:
            raise ValueError("`as_of` is given to every question; do not declare it")
        return self


class Reason(StrictModel):
    """One line of the tie-out's decision list: the first whose `when` holds names the difference."""

    code: Name
    when: str = Field(description="Spark SQL over the columns that docs/tie_out.md lists")
    wording: str
    owner: str = Field(description="who clears such a difference")
    label: str | None = Field(default=None, description="the reason as people say it; default the code in words")


class TieOutRules(StrictModel):
    """How CRM money is compared with ERP money."""

    tolerance_percent: float = Field(default=0.5, ge=0, description="of the larger amount; beside the absolute")
    fx_percent: float = Field(default=15.0, ge=0, description="widest gap that two currencies explain")
    timing_quarters: int = Field(default=1, ge=0, description="quarters by which one deal's documents may shift")
    link_days: int = Field(default=120, ge=0, description="widest gap in days of a link by amount")
    deal_keys: list[str] = Field(
        default=["source_id"], min_length=1, description="SQL over opportunity: how an order may quote it"
    )
    reference_keys: list[str] = Field(
        default=["customer_reference"], min_length=1, description="SQL over sales_order: what it quotes"
    )
    reasons: list[Reason] = Field(min_length=1)


class DefinitionFile(StrictModel):
    """One file of `conf/definitions/`."""

    definitions: list[Definition] = []
    synonyms: list[Synonym] = []
    questions: list[Question] = []
    tie_out: TieOutRules | None = None


def merge(files: Iterable[DefinitionFile]) -> DefinitionFile:
    """Put the files of `conf/definitions/` together.

    Raises ConfigError when a (name, team), question or 360 column is defined twice, or when there
    is more than one `tie_out` section.
    """
    files = list(files)
    rules = [file.tie_out for file in files if file.tie_out is not None]
    whole = DefinitionFile(
        definitions=[item for file in files for item in file.definitions],
        synonyms=[item for file in files for item in file.synonyms],
        questions=[item for file in files for item in file.questions],
        tie_out=rules[0] if rules else None,
    )
    _refuse_twice("tie_out section", ["tie_out"] * len(rules))
    _refuse_twice("definition", [f"{item.name} of team {item.team}" for item in whole.definitions])
    _refuse_twice("question", [item.name for item in whole.questions])
    _refuse_twice("customer_360 column", [item.column for item in whole.definitions if item.column])
    return whole


def _refuse_twice(what: str, names: list[str]) -> None:
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        found = ", ".join(twice)
        raise ConfigError(f"conf/definitions: {what} given more than once: {found}; keep one of each")
