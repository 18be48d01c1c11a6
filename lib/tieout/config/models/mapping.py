"""The model of a source's `to:`, `joins:` and `key:`: how an object becomes canonical entities."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from tieout.config.base import StrictModel
from tieout.config.models.entity import NormaliserUse
from tieout.config.models.reading import Texts
from tieout.config.models.values import ValueOptions


class LookupUse(StrictModel):
    """A code list: the value is looked up in `lookups/<table>.csv` and replaced by what is found."""

    table: str
    key: str | None = Field(default=None, description="column searched; default the file's first")
    value: str | None = Field(default=None, description="column returned; default the file's second")
    where: dict[str, str] = Field(default={}, description="only the rows of the file with these values")
    otherwise: str | None = Field(default=None, description="value for what is not found; `=` keeps it as it is")


def _lookup(value: Any) -> Any:
    return {"table": value} if isinstance(value, str) else value


def _mapping(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class FieldMapping(ValueOptions):
    """Where one canonical value comes from. A plain text in YAML is short for `{column: text}`."""

    column: str | None = Field(default=None, description="an exported column, or alias.column of a join")
    expr: str | None = Field(default=None, description="Spark SQL over the exported columns and joins")
    const: str | int | float | bool | None = Field(default=None, description="the same value for every row")
    json_path: str | None = Field(
        default=None, alias="json", description="path inside a JSON value: $.a.b, $[0].c, $[?primary].value"
    )
    lookup: Annotated[LookupUse | None, BeforeValidator(_lookup, json_schema_input_type=str | LookupUse)] = None
    normalise: list[NormaliserUse] = Field(default=[], description="named normalisers, in order")
    default: str | int | float | bool | None = Field(default=None, description="value where there is none")
    optional: bool = Field(default=False, description="an export without the column is fine")
    money: bool | None = Field(default=None, description="false: not an amount, whatever the entity says")
    negative_when: str | None = Field(
        default=None, description="Spark SQL: rows whose number is negative whatever its sign, e.g. credit notes"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> FieldMapping:
        given = [name for name in ("column", "expr", "const") if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "none of them"
            raise ValueError(f"give exactly one of column, expr, const; found {found}")
        return self


Mapping = Annotated[FieldMapping, BeforeValidator(_mapping, json_schema_input_type=str | FieldMapping)]


class JoinConfig(StrictModel):
    """Current rows of another object of the same system, or of a code list; at most one for each row."""

    object: str | None = Field(default=None, description="an object of this file")
    lookup: str | None = Field(default=None, description="a code list, lookups/<name>.csv, instead of an object")
    on: dict[str, str] = Field(min_length=1, description="expression over this object → column of the other")
    where: str | None = Field(default=None, description="Spark SQL over the other object's columns")
    order_by: str | None = Field(default=None, description="which row is taken where several fit; default newest")
    aggregate: dict[str, str] = Field(
        default={}, description="name → Spark SQL aggregate over the rows that fit, instead of one row"
    )
    optional: bool = Field(default=False, description="an export without the object is fine; its columns are empty")

    @model_validator(mode="after")
    def _one_origin(self) -> JoinConfig:
        if (self.object is None) == (self.lookup is None):
            raise ValueError("give either object or lookup")
        return self


class EachConfig(StrictModel):
    """One canonical row for each element of a JSON array, in a column or made by an expression."""

    column: str | None = Field(default=None, description="the column that holds the array as JSON text")
    expr: str | None = Field(default=None, description="Spark SQL that gives the array as JSON text")
    json_path: str = Field(default="$", alias="json", description="where in the column's JSON the array is")
    alias: str = Field(default="item", alias="as", description="name under which fields read the element")

    @model_validator(mode="after")
    def _one_origin(self) -> EachConfig:
        if (self.column is None) == (self.expr is None):
            raise ValueError("give either column or expr")
        return self


class WriteTarget(StrictModel):
    """Where a canonical value goes back to: the system's own field, its length and its codes.

    A plain text in YAML is short for `{field: text}`.
    """

    field: Texts = Field(
        default=[], max_length=3, description="the system's field; a text may flow on, at spaces, in a second and third"
    )
    object: str | None = Field(default=None, description="the system's object that has the field; default this one")
    length: int | None = Field(default=None, ge=1, description="characters that a field takes")
    lookup: Annotated[LookupUse | None, BeforeValidator(_lookup, json_schema_input_type=str | LookupUse)] = Field(
        default=None,
        description="code list from canonical value (key) to the system's own (value); default the field's own"
        " lookup, backwards",
    )
    codes: dict[str, str] = Field(default={}, description="canonical value → the system's own, for a few of them")
    read_only: str | None = Field(default=None, description="why the system takes no value: computed, derived ...")

    @model_validator(mode="after")
    def _can_be_written(self) -> WriteTarget:
        if bool(self.field) == (self.read_only is not None):
            raise ValueError("give either field or read_only")
        if len(self.field) > 1 and self.length is None:
            raise ValueError(f"a text flows on from {self.field[0]} to {self.field[1]} by their length: give length")
        if self.codes and self.lookup is not None:
            raise ValueError("give either lookup or codes")
        return self


def _target(value: Any) -> Any:
    return {"field": value} if isinstance(value, str) else value


Target = Annotated[WriteTarget, BeforeValidator(_target, json_schema_input_type=str | WriteTarget)]


class EntityMapping(StrictModel):
    """One canonical entity that the object's rows become."""

    where: str | None = Field(default=None, description="Spark SQL: which rows; the others belong elsewhere")
    key: list[Mapping] = Field(default=[], description="default the object's key")
    each: EachConfig | None = None
    fields: dict[str, Mapping] = Field(min_length=1)
    write: dict[str, Target] = Field(
        default={}, description="canonical field → where it goes back to; what is not named is never written"
    )
