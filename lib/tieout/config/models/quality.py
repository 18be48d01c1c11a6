"""The model of `conf/quality/<entity>.yml`."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from tieout.config.base import StrictModel

OnFail = Literal["quarantine", "warn", "stop"]


class ValueSetSource(StrictModel):
    """A code list whose values are the allowed ones."""

    table: str = Field(description="lookups/<table>.csv")
    column: str | None = Field(default=None, description="column of the list; default its second")


class ExpectationConfig(StrictModel):
    """One expectation, under Great Expectations' own name and with its own arguments."""

    type: str = Field(description="such as expect_column_values_to_not_be_null")
    kwargs: dict[str, Any] = Field(default={}, description="the expectation's own arguments")
    on_fail: OnFail = Field(description="quarantine the rows, warn, or stop with nothing written")
    reason: str = Field(description="why it matters, in words; shown with each rejected row")
    name: str | None = Field(default=None, description="short name of the rule; default from type and column")
    severity: Literal["info", "warning", "critical"] = "warning"
    systems: list[str] = Field(default=[], description="only for these systems; empty means all")
    value_set_from: ValueSetSource | None = Field(default=None, description="`value_set` is read from a code list")

    @field_validator("type")
    @classmethod
    def _snake_name(cls, value: str) -> str:
        if not value.startswith(("expect_", "unexpected_")):
            raise ValueError("write the expectation's name as Great Expectations does: expect_...")
        return value

    @property
    def rule(self) -> str:
        """Return the rule's name, as shown in quarantine and in results."""
        if self.name:
            return self.name
        column = self.kwargs.get("column") or self.kwargs.get("column_A")
        short = self.type.removeprefix("expect_").removeprefix("column_values_to_").removeprefix("column_")
        return f"{column}: {short}" if column else short


class ReferenceConfig(StrictModel):
    """What to do with a row that points to a record that its system does not have."""

    on_fail: Literal["quarantine", "warn", "ignore"] = "warn"
    reason: str = "the record that it points to does not exist"
    systems: list[str] = Field(default=[], description="only for these systems; empty means all")


class QualityConfig(StrictModel):
    """The gate of one entity."""

    entity: str
    expectations: list[ExpectationConfig] = []
    unreadable: dict[str, Literal["quarantine", "warn"]] = Field(
        default={}, description="by field: what to do where the text is no date, number, ...; default quarantine"
    )
    references: dict[str, ReferenceConfig] = Field(
        default={}, description="by reference field of the entity; a field not named here is not checked"
    )
