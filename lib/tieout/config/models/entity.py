"""The model of `conf/entities/<entity>.yml`."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tieout.config.base import StrictModel, nearest

TYPES = ("string", "int", "bigint", "double", "boolean", "date", "timestamp", "decimal(18,2)", "decimal(18,3)")
DECIMAL = re.compile(r"^decimal\((\d{1,2}),(\d{1,2})\)$")
FIELD_NAME = re.compile(r"^[a-z][a-z0-9_]*$")

# A normaliser is named, or named with its options: `phone` or `{phone: {country: billing_country}}`.
NormaliserUse = str | dict[str, dict[str, Any]]


class FieldConfig(StrictModel):
    """One canonical field: a column of the silver table."""

    type: str = Field(
        default="string", description="string, int, bigint, double, boolean, date, timestamp, decimal(p,s)"
    )
    meaning: str = Field(description="one sentence for people")
    required: bool = Field(default=False, description="a system that holds the entity is expected to fill it")
    normalise: list[NormaliserUse] = Field(default=[], description="normalisers for every source's values")
    values: list[str] = Field(default=[], description="the values that the field may take, when there are few")
    references: str | None = Field(default=None, description="entity of the same system that the field points to")
    money: bool = Field(default=False, description="an amount in the record's currency")
    personal: Literal["none", "contact", "person", "sensitive"] = Field(
        default="none", description="personal-data class: none, contact (business contact data), person, sensitive"
    )
    owner: str | None = Field(default=None, description="system of record, by name or kind (crm, erp)")

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value in TYPES or DECIMAL.match(value):
            return value
        raise ValueError(f"unknown type; allowed: {', '.join(TYPES)}.{nearest(value, list(TYPES))}")


class EntityConfig(StrictModel):
    """One canonical entity: the silver table of its name."""

    entity: str
    meaning: str
    fields: dict[str, FieldConfig] = Field(min_length=1)

    @model_validator(mode="after")
    def _plain_names(self) -> EntityConfig:
        for name in self.fields:
            if not FIELD_NAME.match(name):
                raise ValueError(f"field name {name!r}: use small letters, digits and _")
        return self

    def references(self) -> dict[str, str]:
        """Return field → referenced entity."""
        return {name: field.references for name, field in self.fields.items() if field.references}
