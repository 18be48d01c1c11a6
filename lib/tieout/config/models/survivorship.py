"""The model of `conf/survivorship/<entity>.yml`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from tieout.config.base import StrictModel

Criterion = Literal["most_recent", "most_complete", "most_frequent", "longest", "earliest"]
Compare = Literal["text", "exact", "name", "street", "town", "person", "no"]
CRITERIA: tuple[Criterion, ...] = ("most_recent", "most_complete", "most_frequent", "longest")


class SpecialCase(StrictModel):
    """A rule for the records for which a condition holds; the first that holds decides."""

    when: str = Field(description="Spark SQL condition over the record's canonical fields and source_system")
    owner: list[str] | None = Field(default=None, description="owners in this case, instead of the field's")
    wins: Literal["always", "last", "never"] | None = Field(
        default=None, description="before every owner, after every owner, or not even when alone"
    )
    why: str | None = Field(default=None, description="one sentence for people")

    @model_validator(mode="after")
    def _does_one_thing(self) -> SpecialCase:
        if (self.owner is None) == (self.wins is None):
            raise ValueError("give either `owner` or `wins`")
        return self


class FieldRule(StrictModel):
    """How the golden value of one field is chosen among a customer's records."""

    owner: list[str] | None = Field(
        default=None, description="systems of record, best first: a system's name or a kind (crm, erp, other)"
    )
    order: list[Criterion] | None = Field(
        default=None, description="what decides after the owner, in turn; earliest is for dates"
    )
    cases: list[SpecialCase] = Field(default=[], description="exceptions by SQL condition")
    compare: Compare | None = Field(
        default=None,
        description="report and correct differences between systems: exact; text ignores case, accents and"
        " punctuation; name, street, town, person also what their words may look like; no: not at all",
    )
    rule: str | None = Field(
        default=None, description="the rule's name, which the outbox carries; default its field or group and owners"
    )
    even_if_newer: bool = Field(
        default=False, description="also correct records that their system changed after the value that wins"
    )


class GroupRule(FieldRule):
    """Fields that are chosen as one, so that a street never meets another record's town."""

    fields: list[str] = Field(min_length=2)
    needs: list[str] = Field(
        default=[], description="records that have all of these come first, whoever owns the group"
    )
    compare_fields: dict[str, Compare] = Field(
        default={}, description="field → how it is compared, where it is not as `compare` of the group says"
    )


class SurvivorshipConfig(StrictModel):
    """The survivorship of one entity."""

    entity: str
    order: list[Criterion] = Field(default=list(CRITERIA), min_length=1, description="order of fields that give none")
    ignore: list[str] = Field(default=[], description="silver fields that the golden record leaves out")
    fields: dict[str, FieldRule] = Field(default={}, description="fields with a rule of their own")
    together: dict[str, GroupRule] = Field(default={}, description="fields that come from one record")

    @model_validator(mode="after")
    def _one_rule_per_field(self) -> SurvivorshipConfig:
        grouped = [field for group in self.together.values() for field in group.fields]
        twice = sorted({f for f in grouped if grouped.count(f) > 1 or f in self.fields})
        if twice:
            raise ValueError(f"{', '.join(twice)}: a field has one rule, its own or one group's")
        return self
